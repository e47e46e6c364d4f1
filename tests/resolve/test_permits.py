"""Which models an API key is for."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Peer
from llamaswap.errors import Forbidden
from llamaswap.exchange import Caller
from llamaswap.resolve.permits import is_confined, may_use, require_use
from llamaswap.resolve.targets import Local, Remote
from tests.support.web import model

PEER = Peer(id="px", proxy="http://p", models=("org/pm",))


def caller(*patterns: str) -> Caller:
    return Caller("k", patterns)


class PermitTests(SynchronousTestCase):
    def test_patterns(self) -> None:
        """Shell patterns of the ID, with respect to case; an alias does not count."""
        target = Local(model("Qwen-3", aliases=("al",)), "al")
        for pattern, good in {
            "Qwen*": True,
            "Qwen-[0-9]": True,
            "*": True,
            "qwen*": False,
            "al": False,
            "Qwen": False,
        }.items():
            self.assertEqual(may_use(caller(pattern), target), good, pattern)
        self.assertTrue(may_use(caller("x", "Qwen-?"), target))

    def test_peers(self) -> None:
        """Their models by either name."""
        for name in ("px/org/pm", "org/pm"):
            target = Remote(PEER, "org/pm", name)
            for pattern, good in {"px/*": True, "org/pm": True, "px/org/pm": True, "px": False, "py/*": False}.items():
                self.assertEqual(may_use(caller(pattern), target), good, (name, pattern))

    def test_everything(self) -> None:
        """Without keys, and without patterns."""
        target = Local(model("m"), "m")
        self.assertTrue(may_use(None, target) and may_use(caller(), target))

    def test_refusal(self) -> None:
        """It names the model as it was asked for."""
        error = self.assertRaises(Forbidden, require_use, caller("x"), Local(model("m"), "alias"))
        self.assertEqual((error.status, "model alias" in str(error)), (403, True))
        require_use(caller("m"), Local(model("m"), "alias"))

    def test_confined(self) -> None:
        """Who is not for all models, or no admin."""
        self.assertFalse(is_confined(None) or is_confined(Caller("k")))
        self.assertTrue(is_confined(caller("*")))
        self.assertTrue(is_confined(Caller("k", scopes=frozenset(("inference", "read")))))
