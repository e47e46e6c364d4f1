"""The models of peers by name: those of the configuration, and those that a peer lists."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Model, Peer, Settings
from llamaswap.ids import ModelId
from llamaswap.resolve.remote import RemoteNames
from llamaswap.resolve.resolver import Resolver


def names(*taken: str, **peers: tuple[str, ...]) -> RemoteNames:
    """Peers with the models that the configuration names; `_` in an ID stands for a slash."""
    ids = {peer.replace("_", "/"): models for peer, models in peers.items()}
    return RemoteNames({id: Peer(id=id, proxy="http://h", models=models) for id, models in ids.items()}, taken)


def meant(remote: RemoteNames, *wanted: str) -> list[str | None]:
    """What each name stands for, as `<peer>:<model there>`."""
    found = [remote.find(name) for name in wanted]
    return [f"{each.peer.id}:{each.model}" if each else None for each in found]


class ConfiguredTests(SynchronousTestCase):
    """What the configuration names."""

    def test_s90_names(self) -> None:
        """S-90: `p/X` and the bare `X`, until a second peer has an X; a full name beats an equal bare one."""
        self.assertEqual(meant(names(p=("X",)), "p/X", "X", "p", "p/"), ["p:X", "p:X", None, None])
        two = names(p=("X",), q=("X", "p/X"))
        self.assertEqual(meant(two, "X", "p/X", "q/X", "q/p/X"), [None, "p:X", "q:X", "q:p/X"])

    def test_all(self) -> None:
        """Each once, by its full name, in the order of the file."""
        remote = names(q=("b", "a"), p=("a",))
        self.assertEqual([each.name for each in remote.all()], ["q/b", "q/a", "p/a"])
        self.assertEqual((remote.of("q"), remote.of("nobody")), (("b", "a"), ()))
        self.assertEqual(remote.deepest, 2)


class ListedTests(SynchronousTestCase):
    """What peers list."""

    def test_they_join_those_of_the_configuration(self) -> None:
        """And go again, which the configured ones never do."""
        remote = names(p=("X",), q=())
        self.assertEqual(remote.follow("p", ("Y", "X")), ())
        remote.follow("q", ("a/b/c",))
        self.assertEqual(meant(remote, "p/X", "p/Y", "Y", "q/a/b/c"), ["p:X", "p:Y", "p:Y", "q:a/b/c"])
        self.assertEqual([each.name for each in remote.all()], ["p/X", "p/Y", "q/a/b/c"])
        self.assertEqual(remote.deepest, 4)
        remote.follow("p", ("Z",))
        self.assertEqual((meant(remote, "p/X", "p/Y", "Z"), remote.of("p")), (["p:X", None, "p:Z"], ("X", "Z")))

    def test_two_offers_are_none(self) -> None:
        """A bare name that two peers list is nobody's; one that the configuration gives stays where it is."""
        remote = names(p=("X",), q=(), r=())
        for peer in "qr":
            remote.follow(peer, ("X", "Y"))
        self.assertEqual(meant(remote, "X", "Y", "q/Y", "r/X"), ["p:X", None, "q:Y", "r:X"])

    def test_two_peers_with_the_same_full_name(self) -> None:
        """The first in the file has it, whichever was looked at first; the other is told, and may get it later."""
        remote = names(a=(), a_b=())
        self.assertEqual(remote.follow("a/b", ("c",)), ())
        self.assertEqual(meant(remote, "a/b/c"), ["a/b:c"])
        self.assertEqual(remote.follow("a", ("b/c", "d")), ())
        self.assertEqual(meant(remote, "a/b/c"), ["a:b/c"])
        self.assertEqual(remote.follow("a/b", ("c",)), ("a/b/c",))
        self.assertEqual((remote.of("a/b"), [each.name for each in remote.all()]), ((), ["a/b/c", "a/d"]))
        remote.follow("a", ())
        self.assertEqual(meant(remote, "a/b/c"), ["a/b:c"])

    def test_the_configuration_comes_first(self) -> None:
        """No list takes a name from it: a full one, a bare one, or that of something here."""
        remote = names("q/al", "m", a_b=("c",), p=("q/x",), q=(), a=())
        self.assertEqual(remote.follow("a", ("b/c",)), ("a/b/c",))
        self.assertEqual(remote.follow("q", ("x", "al", "m")), ("q/x",))
        self.assertEqual(meant(remote, "a/b/c", "q/x", "q/al", "m", "q/m"), ["a/b:c", "p:q/x", None, None, "q:m"])
        self.assertEqual(remote.of("q"), ("m",))

    def test_names_below_another_peer_are_its_own(self) -> None:
        """Also while that one lists nothing: nobody takes its requests by listing a model of that name."""
        peers = {id: Peer(id=id, proxy="http://h", models=(), refresh=60) for id in ("px", "evil", "org/deep")}
        names = RemoteNames(peers)
        names.follow("evil", ["px/m", "org/deep/m", "org/m", "evil/m"])
        self.assertEqual([names.find(name) for name in ("px/m", "org/deep/m")], [None, None])
        for name, model in (("org/m", "org/m"), ("evil/px/m", "px/m"), ("evil/m", "evil/m")):
            found = names.find(name)
            self.assertEqual(found and (found.peer.id, found.model), ("evil", model))

    def test_strangers(self) -> None:
        """A peer that is there no more lists nothing."""
        remote = names(p=("X",))
        self.assertEqual((remote.follow("gone", ("Y",)), meant(remote, "Y", "gone/Y")), ((), [None, None]))


class ResolverTests(SynchronousTestCase):
    """A resolver sees what its peers list from the next request on."""

    def test_names_and_paths(self) -> None:
        """Also names that are deeper than all before."""
        remote = names(p=())
        local = Model(id=ModelId("m"))
        resolver = Resolver(Settings(models={local.id: local}), remote)
        self.assertIsNone(resolver.passage("p/a/b/c/v1"))
        remote.follow("p", ("a/b/c", "m"))
        passage = resolver.passage("p/a/b/c/v1")
        assert passage is not None
        self.assertEqual((passage.name, passage.rest), ("p/a/b/c", "/v1"))
        self.assertEqual(resolver.resolve("m"), resolver.local("m"))
        self.assertIsNotNone(resolver.resolve("p/m"))
