"""The JSON Schema: good in itself, and of the same keys and defaults as the loader."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, ClassVar

from jsonschema import Draft202012Validator
from twisted.trial.unittest import SynchronousTestCase

from llamaswap import config
from llamaswap.config.describe import describe
from llamaswap.config.fields import Key
from llamaswap.config.json_schema import config_schema, validator
from llamaswap.config.load import load
from llamaswap.config.schema import Group, Matrix, Model, Peer, Profile, Selector, Settings
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError
from llamaswap.ids import ModelId
from tests.config.places import ANY, good, parent, places, underlined, with_value, without

PLACES = places()
SECTIONS = {place: schema for place, schema in PLACES.items() if "properties" in schema}
KEYWORDS = frozenset(
    "$schema $id $ref $defs $comment title description default examples deprecated type enum const not anyOf properties"
    " additionalProperties propertyNames required minProperties items contains minItems pattern minLength minimum"
    " exclusiveMinimum patternErrorMessage".split()
)
"""Of draft 2020-12, but for the last, which editors show where a text does not match its pattern."""
SAMPLE = Settings(
    models={ModelId("m"): Model(id=ModelId("m"))},
    peers={"m": Peer(id="m", proxy="http://h", models=("x",))},
    selectors={"s": Selector(id="s", strategy="pin", targets=("m",))},
    profiles={"p": Profile(name="p", pins={"m": "n"})},
    groups=(Group(id="m"),),
)
"""One of each kind, with the defaults of everything else."""


class FormTests(SynchronousTestCase):
    """The schema itself."""

    def test_draft(self) -> None:
        """It is a schema of draft 2020-12, with a name of its own."""
        schema = config_schema()
        Draft202012Validator.check_schema(schema)
        self.assertEqual(
            (schema["$schema"], schema["$id"]), (Draft202012Validator.META_SCHEMA["$id"], "urn:llamaswap:config")
        )

    def test_keywords(self) -> None:
        """Every keyword is a known one; a misspelt one would be ignored in silence."""
        self.assertEqual({word for schema in subschemas(config_schema()) for word in schema} - KEYWORDS, set())

    def test_definitions(self) -> None:
        """What is defined is used, and what is used is defined."""
        schema = config_schema()
        used = {inner["$ref"].split("/")[2] for inner in subschemas(schema) if "$ref" in inner}
        self.assertEqual(used, set(schema["$defs"]))
        self.assertEqual(list(validator().iter_errors({})), [])

    def test_descriptions(self) -> None:
        """Every key is described, in sentences."""
        for place, schema in PLACES.items():
            if place.endswith(ANY) and "properties" not in schema:
                continue
            self.assertRegex(schema.get("description", ""), r"^\S.*[.…)]$", place)

    def test_a_copy_each(self) -> None:
        """Who changes the schema does not change that of others."""
        config_schema().clear()
        self.assertIn("models", config_schema()["properties"])


class KeyTests(SynchronousTestCase):
    """The keys are those of the loader."""

    TABLES: ClassVar = {
        "sections.KEYS": [""],
        "server.KEYS": [""],
        "server.INHERITED": [""],
        "server.LIMITS": ["limits"],
        "server.PERFORMANCE": ["performance"],
        "models.KEYS": ["models.*"],
        "models.CAPABILITIES": ["models.*.capabilities"],
        "filters.KEYS": ["models.*.filters", "peers.*.filters"],
        "timeouts.KEYS": ["models.*.timeouts", "peers.*.timeouts"],
        "groups.KEYS": ["routing.router.settings.groups.*", "groups.*"],
        "peers.KEYS": ["peers.*"],
        "selectors.KEYS": ["selectors.*"],
        "profiles.KEYS": ["profiles.*"],
    }
    """Every table of the loader, and what it reads."""
    NOT_WRITTEN = frozenset(("models.*.argv",))
    """What descriptions show beside the keys of files: the words of `cmd`."""

    def test_tables(self) -> None:
        """Every key of every table of the loader stands in the schema, wherever the table is used."""
        found = dict(tables())
        self.assertEqual(set(found), set(self.TABLES))
        for name, keys in found.items():
            for place in self.TABLES[name]:
                self.assertLessEqual({key.name for key in keys}, set(PLACES[place]["properties"]), name)

    def test_descriptions_of_settings(self) -> None:
        """Every key that a description of settings has stands in the schema, also those that are in no table."""
        matrix = Matrix(sets={"m": "m"}, vars={"m": ModelId("m")}, evict_costs={ModelId("m"): 1})
        others = Settings(matrix=matrix, router="matrix", store_path="x")
        named = {place for settings in (SAMPLE, others) for place, _ in leaves(describe(settings))}
        self.assertEqual(named - set(PLACES), self.NOT_WRITTEN)

    def test_known(self) -> None:
        """The loader knows every key of the schema."""
        for place in PLACES:
            if place and not place.endswith(ANY):
                self.assertNotIn("unknown key", "".join(warnings(with_value(good(place), place, None))), place)

    def test_unknown(self) -> None:
        """A section is closed where the loader warns of unknown keys, but for those of the test below."""
        for place, schema in SECTIONS.items():
            name = f"{place}.misspelt" if place else "misspelt"
            warned = any("unknown key `misspelt`" in line for line in warnings(with_value(good(place), name, 1)))
            self.assertTrue(warned, place)
            if place not in ("", "routing.router.settings"):
                self.assertIs(schema["additionalProperties"], False, place)

    def test_open(self) -> None:
        """The top level is open for holders of anchors, and the settings of routers for those of extensions."""
        for place in ("", "routing.router.settings"):
            self.assertNotIn("additionalProperties", PLACES[place])


class DefaultTests(SynchronousTestCase):
    """The defaults are those of the loader."""

    OTHERWISE = frozenset(("models.*.ttl", "models.*.unloadTimeout", "models.*.proxy"))
    """Settings hold what the default stands for: a value of the whole server, or a URL that is made of it."""
    INHERITED = frozenset(("models.*.queueSize", "models.*.queueTimeout", "models.*.sendLoadingState"))
    """Their default is what the same key says for the whole server."""

    def test_as_described(self) -> None:
        """A default is what settings hold when nothing is given."""
        described = dict(leaves(describe(SAMPLE)))
        for place, schema in PLACES.items():
            if "default" in schema and place not in self.OTHERWISE and not place.startswith("groups."):
                self.assertEqual(described[place], schema["default"], place)

    def test_given(self) -> None:
        """To give the default is to give nothing."""
        for place, schema in PLACES.items():
            if "default" in schema:
                given = with_value(good(place), place, schema["default"])
                self.assertEqual(loaded(given), loaded(without(good(place), place)), place)

    def test_complete(self) -> None:
        """Every key has a default, if it is not needed and not older, does not inherit, and is no mapping or list."""
        for place, schema in PLACES.items():
            needed = place.rpartition(".")[2] in PLACES[parent(place)].get("required", ())
            is_empty = {"object", "array"} & {*schema.get("type", ())}
            if not (needed or is_empty or place.endswith(ANY) or schema.get("deprecated") or place in self.INHERITED):
                self.assertIn("default", schema, place)


class RefusalTests(SynchronousTestCase):
    """What editors underline."""

    def test_misspelt_keys(self) -> None:
        """A key that no section has is reported at the section, by its name."""
        (error,) = validator().iter_errors({"models": {"m": {"cmd": "s", "proxi": "http://h"}}})
        self.assertEqual(list(error.absolute_path), ["models", "m"])
        self.assertIn("'proxi' was unexpected", error.message)
        self.assertEqual(underlined({"limits": {"keepalive": 1}}), ["limits"])
        self.assertEqual(
            underlined({"peers": {"p": {"proxy": "http://h", "models": ["x"], "apikey": "k"}}}), ["peers.p"]
        )

    def test_wrong_kinds(self) -> None:
        """What is neither of the right kind nor a macro is reported at its place."""
        for place, value in (
            ("startPort", "5800"),
            ("startPort", True),
            ("models", ["m"]),
            ("models.m", "cmd"),
            ("models.m.cmd", ["s"]),
            ("models.m.ttl", "10m"),
            ("models.m.aliases", "gpt"),
            ("models.m.unlisted", "maybe"),
            ("models.m.unlisted", 1),
            ("models.m.timeouts.connect", [1]),
            ("models.m.filters.setParams", "a: 1"),
            ("performance.every", 15),
            ("performance.every", "15"),
            ("performance.every", "1d"),
            ("hooks.on_startup.preload", "m"),
            ("matrix.evict_costs.m", None),
        ):
            self.assertEqual(underlined(with_value({}, place, value)), [place], value)

    def test_wrong_values(self) -> None:
        """What is not among the words, or outside the range, is reported at its place."""
        for place, value in (
            ("startPort", 0),
            ("globalTTL", -1),
            ("models.m.ttl", -2),
            ("queueTimeout", -0.5),
            ("limits.bodyIdle", 0),
            ("logToStdout", "Both"),
            ("routing.scheduler.use", "lifo"),
            ("selectors.s.strategy", "hot"),
            ("matrix.evict_costs.m", 0),
            ("store.path", " "),
        ):
            faults = underlined(with_value(good(place), place, value))
            self.assertEqual(faults, [place], value)

    def test_items(self) -> None:
        """An item of a list is reported by its number."""
        self.assertEqual(underlined({"apiKeys": ["good", "not good", ""]}), ["apiKeys.1", "apiKeys.2"])
        self.assertEqual(
            underlined({"models": {"m": {"capabilities": {"in": ["text", "video"]}}}}), ["models.m.capabilities.in.1"]
        )

    def test_missing(self) -> None:
        """What a section cannot be without."""
        for tree in (
            {"peers": {"p": {"proxy": "http://h"}}},
            {"selectors": {"p": {}}},
            {"profiles": {"p": None}},
            {"store": {}},
        ):
            self.assertNotEqual(underlined(tree), [], tree)

    def test_names(self) -> None:
        """Names that cannot be."""
        for tree in (
            {"macros": {"a.b": 1}},
            {"macros": {"PORT": 1}},
            {"groups": {"(default)": None}},
            {"selectors": {" ": {}}},
        ):
            self.assertNotEqual(underlined(tree), [], tree)


def subschemas(schema: Any) -> Iterator[dict[str, Any]]:
    """The schema and every schema in it."""
    yield schema
    for key in ("properties", "$defs"):
        for inner in schema.get(key, {}).values():
            yield from subschemas(inner)
    for key in ("additionalProperties", "propertyNames", "items", "contains", "not"):
        if isinstance(schema.get(key), dict):
            yield from subschemas(schema[key])
    for inner in schema.get("anyOf", ()):
        yield from subschemas(inner)


def tables() -> Iterator[tuple[str, tuple[Key, ...]]]:
    """The tables of keys of every module that reads configurations, by name."""
    for found in iter_modules(config.__path__):
        module = import_module(f"{config.__name__}.{found.name}")
        for name, value in vars(module).items():
            if isinstance(value, tuple) and value and all(isinstance(item, Key) for item in value):
                yield f"{found.name}.{name}", value


def leaves(tree: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    """What a description of settings holds, by place."""
    if not isinstance(tree, dict) or (
        place in PLACES and "object" in PLACES[place]["type"] and place not in (*SECTIONS, *BELOW)
    ):
        yield place, tree
        return
    for key, value in tree.items():
        names = place in BELOW and key not in PLACES[place].get("properties", {})
        yield from leaves(value, ".".join(filter(None, (place, ANY if names else key))))


BELOW = {parent(place) for place in PLACES if place.endswith(ANY)}
"""Where one gives names of one's own."""


def loaded(tree: object) -> Settings:
    """What a configuration of these plain values means."""
    return load([Source("c.yaml", json.dumps(tree))])


def warnings(tree: object) -> list[str]:
    """What the loader remarks on a configuration of these plain values, whether it is good or not."""
    try:
        return list(loaded(tree).warnings)
    except ConfigurationError as error:
        return list(map(str, error.warnings))
