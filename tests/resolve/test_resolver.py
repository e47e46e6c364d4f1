"""Names and `/upstream/` paths to models."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Model, Settings
from llamaswap.ids import ModelId
from llamaswap.resolve.remote import RemoteNames
from llamaswap.resolve.resolver import Resolver


def resolver() -> Resolver:
    ids = {"m": ("al", "m2"), "org/m2": (), "m2": (), "a/b/c": ()}
    models = {ModelId(key): Model(id=ModelId(key), aliases=names) for key, names in ids.items()}
    aliases = {alias: key for key, model in models.items() for alias in model.aliases}
    return Resolver(Settings(models=models, aliases=aliases | {"coding:m": ModelId("m")}), RemoteNames({}))


class ResolverTests(SynchronousTestCase):
    def test_a_model_before_an_alias(self) -> None:
        """An alias that equals a model's ID is shadowed by it."""
        found = [resolver().local(name) for name in ("m", "al", "m2", "nope", "")]
        self.assertEqual([each and each.model.id for each in found], ["m", "m", "m2", None, None])

    def test_names_that_models_do_not_list(self) -> None:
        """Every alias of the settings counts, whoever added it."""
        found = resolver().local("coding:m")
        self.assertEqual(found and found.model.id, "m")

    def test_the_longest_name_in_a_path_wins(self) -> None:
        """Encoded and plain slashes are one, and the rest keeps its encoding."""
        for path, name, rest in (
            ("m/api/x%2Fy", "m", "/api/x%2Fy"),
            ("org/m2/v1", "org/m2", "/v1"),
            ("org%2Fm2/v1", "org/m2", "/v1"),
            ("org%2fm2%2Fv1%20", "org/m2", "/v1%20"),
            ("m", "m", ""),
            ("al/", "al", "/"),
            ("a/b/c/d/e", "a/b/c", "/d/e"),
            ("%6D/x", "m", "/x"),
        ):
            passage = resolver().passage(path)
            assert passage is not None, path
            self.assertEqual((passage.name, passage.rest), (name, rest))

    def test_pins_of_a_path(self) -> None:
        """The longest pin of whole segments is replaced, once, and the longest name is found in what comes of it."""
        pins = {"m": "org/m2", "m/x": "al", "org": "a/b", "off": "", "a/b/c": "off"}
        for path, name, rest in (
            ("m/api/x%2Fy", "org/m2", "/api/x%2Fy"),
            ("m", "org/m2", ""),
            ("m%2Fx/y%20", "al", "/y%20"),
            ("mm2", None, None),
            ("m2/x", "m2", "/x"),
            ("org/c/d", "a/b/c", "/d"),
            ("org/m2/d", None, None),
            ("off/x", None, None),
            ("a/b/c/d", None, None),
        ):
            passage = resolver().passage(path, pins)
            self.assertEqual((passage and passage.name, passage and passage.rest), (name, rest), path)

    def test_a_path_that_names_nothing(self) -> None:
        """Unknown names, prefixes of names and empty paths find nothing."""
        for path in ("", "org", "org/", "mm/x", "a/b", "x/m"):
            self.assertIsNone(resolver().passage(path), path)
