"""What is changed in requests is read alike for models and peers (section 11)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Filters
from tests.config.loading import FIXED, model, only, settings, warnings


def filters(keys: str) -> Filters:
    """Of a model."""
    return model(f"{FIXED}, filters: {{{keys}}}").filters


def of_peer(keys: str) -> str:
    return f"peers: {{p: {{proxy: http://p, models: [x], filters: {{{keys}}}}}}}"


class FilterTests(SynchronousTestCase):
    """Models."""

    def test_strip(self) -> None:
        """Split, trimmed, sorted, each once; `model` cannot be stripped (V27)."""
        self.assertEqual(
            filters('stripParams: "top_p, model, , top_p,temperature"').strip_params, ("temperature", "top_p")
        )
        for text in ("''", "' , '", "model"):
            self.assertEqual(filters(f"stripParams: {text}").strip_params, ())

    def test_the_name_of_the_model(self) -> None:
        """It is neither stripped nor set, and a warning says so."""
        peer = 'peers: {p: {proxy: "http://h", models: [x], filters: {%s}}}'
        for section in (f"models: {{m: {{{FIXED}, filters: {{%s}}}}}}", peer):
            for keys, told in (
                ("stripParams: 'model, x'", "filters.stripParams: `model` is never stripped"),
                ("setParams: {model: z}", "filters.setParams: `model` is never set"),
                ("setParamsByID: {x: {model: z}}", "filters.setParamsByID.x: `model` is never set"),
            ):
                self.assertIn(told, warnings(section % keys))

    def test_keys_that_do_nothing_good(self) -> None:
        """What will be ignored, or makes every request fail, is a warning with its place."""
        keys = r"""stripParams: "a, b*", setParams: {"x?": 1, "@y": 2, "": 3, "z\\*": 4, a.b: 5}"""
        told = warnings(f"models: {{m: {{{FIXED}, filters: {{{keys}}}}}}}").splitlines()
        self.assertEqual(len(told), 4, told)
        for line, words in zip(
            told,
            (
                "filters.stripParams: `b*` holds a wildcard, which cannot be stripped",
                "filters.setParams: `x?` is not set",
                "filters.setParams: `@y` is not set",
                "filters.setParams: a parameter without a name cannot be set",
            ),
            strict=True,
        ):
            self.assertIn(words, line)

    def test_older_spelling(self) -> None:
        """`strip_params` counts where `stripParams` is absent or empty."""
        for keys, expected in (
            ("strip_params: b", ("b",)),
            ("strip_params: b, stripParams: ''", ("b",)),
            ("stripParams: ~, strip_params: b", ("b",)),
            ("strip_params: b, stripParams: a", ("a",)),
            ("strip_params: b, stripParams: ' '", ()),
        ):
            self.assertEqual(filters(keys).strip_params, expected, keys)

    def test_set(self) -> None:
        """Any values by path, null included; `model` vanishes."""
        self.assertEqual(filters("setParams: {a.b: [1.0], c: ~, model: x}").set_params, {"a.b": [1], "c": None})

    def test_set_by_id(self) -> None:
        """In the order of the file; a name without parameters is kept."""
        found = filters("setParamsByID: {z: {a: 1, model: x}, b: ~, a: {}, c: {model: y}}").set_params_by_id
        self.assertEqual(list(found.items()), [("z", {"a": 1}), ("b", {}), ("a", {}), ("c", {})])

    def test_nothing(self) -> None:
        """Without keys, or without the section, nothing is changed."""
        self.assertEqual([model(FIXED).filters, filters(""), model(f"{FIXED}, filters: ~").filters], [Filters()] * 3)

    def test_wrong_kinds(self) -> None:
        """Told once each."""
        for keys, fault in (
            ("stripParams: [a]", "filters.stripParams: a list where text is needed"),
            ("setParams: [a]", "filters.setParams: a list where a mapping is needed"),
            ("setParamsByID: a", "filters.setParamsByID: string `a` where a mapping is needed"),
            ("setParamsByID: {a: 5}", "filters.setParamsByID.a: `5` where a mapping is needed"),
        ):
            self.assertIn(fault, only(f"models: {{m: {{{FIXED}, filters: {{{keys}}}}}}}"))
            if "stripParams" not in keys:
                self.assertIn(fault, only(of_peer(keys)))
        self.assertIn("filters: a list where a mapping", only(f"models: {{m: {{{FIXED}, filters: [a]}}}}"))


class PeerFilterTests(SynchronousTestCase):
    """Peers."""

    def test_all(self) -> None:
        """The same keys; names under setParamsByID become nobody's alias."""
        loaded = settings(of_peer("stripParams: 'b,a', setParams: {c: 1}, setParamsByID: {d: {e: 2}}"))
        expected = Filters(strip_params=("a", "b"), set_params={"c": 1}, set_params_by_id={"d": {"e": 2}})
        self.assertEqual((loaded.peers["p"].filters, loaded.aliases), (expected, {}))

    def test_older_spelling(self) -> None:
        """Is for models only; the newer one is offered."""
        self.assertIn(
            "unknown key `strip_params` is ignored; did you mean `stripParams`?", warnings(of_peer("strip_params: a"))
        )
