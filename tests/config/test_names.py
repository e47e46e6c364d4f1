"""What a name of a model means (section 10)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.names import Names, remote_names
from llamaswap.config.schema import Peer
from llamaswap.ids import ModelId

M, N = ModelId("m"), ModelId("n")
PEERS = (
    Peer(id="p", proxy="", models=("x", "both", "m", "q/y")),
    Peer(id="q", proxy="", models=("y", "both", "a/b")),
)
NAMES = Names(models=[M, N], aliases={"al": M, "n": M, "x": N}, remote=remote_names({peer.id: peer for peer in PEERS}))


class NameTests(SynchronousTestCase):
    """Looking up."""

    def test_here(self) -> None:
        """IDs hide aliases; nobody else's names are found."""
        self.assertEqual([NAMES.find(name) for name in ("m", "n", "al", "p/x", "y", "zz", "")], [M, N, M] + [None] * 4)

    def test_anywhere(self) -> None:
        """Names here hide bare ones of peers, full names hide equal bare ones; two offers are none."""
        for name, meant in (
            ("m", "m"), ("x", "n"), ("p/x", "p/x"), ("p/m", "p/m"), ("y", "q/y"), ("q/y", "q/y"), ("p/q/y", "p/q/y"),
            ("a/b", "q/a/b"), ("both", None), ("q/both", "q/both"), ("zz", None), ("p/zz", None),
        ):  # fmt: skip
            self.assertEqual(NAMES.base(name), meant, name)

    def test_what_a_peer_may_list(self) -> None:
        """Any name below a peer that is asked for its models may be one; the name of the peer itself is none."""
        names = Names(models=[M], aliases={"p/al": M}, remote=NAMES.remote, open=["p", "o/o"])
        for name, meant in (("p/zz", "p/zz"), ("p/x", "p/x"), ("p/al", "m"), ("o/o/zz", "o/o/zz"), ("both", None),
                            ("p/", None), ("p", None), ("q/zz", None), ("o/zz", None), ("pp/zz", None)):  # fmt: skip
            self.assertEqual(names.base(name), meant, name)
        self.assertFalse(names.is_full("p/zz"))

    def test_full_names(self) -> None:
        """`<peer>/<model>`, never split at a slash."""
        full = {name for name in NAMES.remote if NAMES.is_full(name)}
        self.assertEqual(full, {"p/x", "p/both", "p/m", "p/q/y", "q/y", "q/both", "q/a/b"})

    def test_words(self) -> None:
        """Unknown and ambiguous names are different mistakes; of names that may exist only the second is one."""
        self.assertEqual(NAMES.fault("zz"), "unknown model zz")
        partial = Names(models=[], aliases={}, remote=NAMES.remote, complete=False)
        self.assertIsNone(partial.fault("zz"))
        self.assertIn("name one of p/both, q/both", partial.fault("both") or "")


class HintTests(SynchronousTestCase):
    def test_what_was_meant(self) -> None:
        """A name that is nearly one that there is."""
        names = Names(models={ModelId("carol"): None}, aliases={"gpt-4o": ModelId("carol")})
        self.assertEqual(names.fault("carool"), "unknown model carool; did you mean `carol`?")
        self.assertEqual(names.fault("gpt4o"), "unknown model gpt4o; did you mean `gpt-4o`?")
        for name in ("zzz", "c" * 200):
            self.assertEqual(names.fault(name), f"unknown model {name}")
