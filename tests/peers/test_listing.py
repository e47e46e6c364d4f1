"""What another server lists, hostile ones included."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Peer
from llamaswap.notices import State
from llamaswap.peers.listing import LONGEST_NAME, MOST_NAMES, offered_models
from llamaswap.resolve.remote import RemoteNames
from llamaswap.resolve.resolver import Resolver
from llamaswap.web.listing import model_list
from tests.support.web import model, settings_of


def offered(*entries: Any) -> tuple[str, ...]:
    return offered_models(json.dumps({"object": "list", "data": entries}).encode())


def entry(id: Any, **ours: Any) -> dict[str, Any]:
    return {"id": id, "object": "model", "meta": {"llamaswap": ours}}


class OfferTests(SynchronousTestCase):
    def test_any_server(self) -> None:
        """Entries of servers that know nothing of us count, each once, in their order."""
        self.assertEqual(offered({"id": "b"}, {"id": "a/x"}, {"id": "b"}, {"id": "c", "meta": None}), ("b", "a/x", "c"))
        self.assertEqual(offered({"id": "d", "meta": {"llamaswap": 5}}, {"id": "e", "meta": [1]}), ("d", "e"))
        self.assertEqual(offered(), ())

    def test_of_our_kind_only_own_models(self) -> None:
        """What stands for others there, or is a peer's of theirs, is not offered: names would grow for ever."""
        others = [entry(kind, type=kind) for kind in ("alias", "peer", "selector", "profile", "new kind")]
        self.assertEqual(offered(entry("m", type="model"), *others, entry("n")), ("m", "n"))

    def test_our_own_list(self) -> None:
        """Is read as it is meant: aliases are no models."""
        settings = settings_of(model("m", aliases=("al",)), model("org/n"), include_aliases_in_list=True)
        listed = model_list(settings, Resolver(settings, RemoteNames({})), lambda _: State.STOPPED, 1)
        self.assertEqual(len(listed["data"]), 3)
        self.assertEqual(offered_models(json.dumps(listed).encode()), ("m", "org/n"))

    def test_names_that_nobody_could_use(self) -> None:
        """Long, empty and invisible ones, and what is no text."""
        odd = ["", " ", "a\nb", "a\0", "\u202eabc", "\ud800", "x" * (LONGEST_NAME + 1), 5, None, ["a"]]
        self.assertEqual(offered(*map(entry, odd), entry("x" * LONGEST_NAME), "text", 5, {}), ("x" * LONGEST_NAME,))

    def test_too_many(self) -> None:
        """The first ones count."""
        names = tuple(map(str, range(MOST_NAMES + 5)))
        self.assertEqual(offered(*map(entry, names)), names[:MOST_NAMES])

    def test_no_list(self) -> None:
        """Whatever else it is."""
        others = (b'"data"', b'{"data": {"id": "a"}}', b'{"data": null}', b"[" * 100_000, b"\xff")
        for body in (b"", b"<html>", b"{}", b"[]", *others):
            self.assertRaises(ValueError, offered_models, body)

    @given(st.binary(max_size=200))
    def test_any_bytes(self, body: bytes) -> None:
        """Names, or ValueError."""
        try:
            self.assertIsInstance(offered_models(body), tuple)
        except ValueError:
            pass


class CircleTests(SynchronousTestCase):
    def test_two_servers_that_list_each_other(self) -> None:
        """After any number of looks each knows the other's own models, and nothing else."""
        own = {"a": ("x",), "b": ("y", "z")}
        remote = {id: RemoteNames({other: Peer(id=other, proxy="http://h", models=())}) for id, other in ("ab", "ba")}

        def listed(id: str) -> bytes:
            theirs = [entry(each.name, type="peer") for each in remote[id].all()]
            return json.dumps({"data": [*(entry(name, type="model") for name in own[id]), *theirs]}).encode()

        for _ in range(5):
            for id, other in ("ab", "ba"):
                remote[id].follow(other, offered_models(listed(other)))
        self.assertEqual([each.name for each in remote["a"].all()], ["b/y", "b/z"])
        self.assertEqual([each.name for each in remote["b"].all()], ["a/x"])
