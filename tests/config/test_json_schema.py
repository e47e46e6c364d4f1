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
from llamaswap.config import models, routing, selectors, server
from llamaswap.config.describe import describe
from llamaswap.config.fields import Key
from llamaswap.config.json_schema import config_schema, validator
from llamaswap.config.load import load
from llamaswap.config.schema import (
    CAPTURE_LEVELS,
    ROUTERS,
    Group,
    IdleModel,
    Matrix,
    Model,
    Peer,
    Profile,
    Selector,
    Settings,
    Slots,
)
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError
from llamaswap.ids import ModelId
from tests.config.places import ANY, good, parent, places, with_value, without

PLACES = places()
SECTIONS = {place: schema for place, schema in PLACES.items() if "properties" in schema}
OWN_NAMES = {parent(place) for place in PLACES if place.endswith(ANY)}
"""Sections that hold names of one's own."""
KEYWORDS = frozenset(
    "$schema $id $ref $defs $comment title description default examples deprecated type enum const not anyOf properties"
    " additionalProperties propertyNames required minProperties items contains minItems pattern minLength minimum"
    " exclusiveMinimum patternErrorMessage allOf".split()
)
"""Of draft 2020-12, but for the last, which editors show where a text does not match its pattern."""
SAMPLE = Settings(
    models={ModelId("m"): Model(id=ModelId("m"), slots=Slots(save="/x"))},
    peers={"m": Peer(id="m", proxy="http://h", models=("x",))},
    selectors={"s": Selector(id="s", strategy="pin", targets=("m",))},
    profiles={"p": Profile(name="p", pins={"m": "n"})},
    groups=(Group(id="m"),),
    idle_model=IdleModel(model=ModelId("m")),
    store_path="x",
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
        "activity.KEYS": [""],
        "activity.CAPTURES": ["captures"],
        "activity.REDACT": ["captures.redact"],
        "activity.STORE": ["store"],
        "server.KEYS": [""],
        "server.INHERITED": [""],
        "server.LIMITS": ["limits"],
        "server.MEMORY": ["memory"],
        "server.PERFORMANCE": ["performance"],
        "server.PROMETHEUS": ["prometheus"],
        "models.KEYS": ["models.*"],
        "models.CAPABILITIES": ["models.*.capabilities"],
        "slots.KEYS": ["models.*.slots"],
        "filters.KEYS": ["models.*.filters", "peers.*.filters"],
        "timeouts.KEYS": ["models.*.timeouts", "peers.*.timeouts"],
        "hooks.IDLE_MODEL": ["hooks.idle_model"],
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
        for table, kind in (("hooks.KEYS", "hook"), ("keys.KEYS", "apiKey")):  # of items of a list
            names = {key.name for key in found.pop(table)}
            self.assertEqual(names, set(config_schema()["$defs"][kind]["properties"]))
        for table, kind in (("keys.RATE_LIMIT", "rateLimit"), ("keys.QUOTA", "quota")):
            names = {key.name for key in found.pop(table)}
            self.assertEqual(names, set(config_schema()["$defs"]["apiKey"]["properties"][kind]["properties"]))
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
        """A section is closed where the loader tells of unknown keys, but for those of the test below."""
        for place, schema in SECTIONS.items():
            name = f"{place}.misspelt" if place else "misspelt"
            told = any("unknown key" in line for line in remarks(with_value(good(place), name, 1)))
            self.assertTrue(told, place)
            if place not in ("", "routing.router.settings"):
                self.assertIs(schema["additionalProperties"], False, place)

    def test_open(self) -> None:
        """The top level is open for holders of anchors, and the settings of routers for those of extensions."""
        for place in ("", "routing.router.settings"):
            self.assertNotIn("additionalProperties", PLACES[place])

    def test_words(self) -> None:
        """Where the loader knows a few words, editors offer them."""
        for place, words in (
            ("logLevel", server.LOG_LEVELS),
            ("logTimeFormat", server.LOG_TIME_FORMATS),
            ("logToStdout", server.LOG_OUTPUTS),
            ("captures.level", CAPTURE_LEVELS),
            ("routing.router.use", ROUTERS),
            ("routing.scheduler.use", routing.SCHEDULERS),
            ("selectors.*.strategy", selectors.STRATEGIES),
        ):
            schema = PLACES[place]
            offered = schema["examples"] if "examples" in schema else schema["anyOf"][0]["enum"]
            self.assertEqual(set(offered) - {"", None}, set(words), place)
        for key in ("in", "out"):
            offered = PLACES[f"models.*.capabilities.{key}"]["items"]["anyOf"][0]["enum"]
            self.assertEqual(set(offered) - {None}, set(models.MODALITIES))


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
        """To give the default is to give nothing, whatever is inherited."""
        inherited = {"globalTTL": 60, "unloadTimeout": 20}
        for place, schema in PLACES.items():
            if "default" in schema:
                given = with_value({**inherited, **good(place)}, place, schema["default"])
                self.assertEqual(loaded(given), loaded(without({**inherited, **good(place)}, place)), place)

    def test_complete(self) -> None:
        """What has no default is needed, older, inherited, or empty when nothing is given."""
        described = dict(leaves(describe(SAMPLE)))
        for place, schema in PLACES.items():
            needed = place.rpartition(".")[2] in PLACES[parent(place)].get("required", ())
            if needed or place.endswith(ANY) or schema.get("deprecated") or place in self.INHERITED:
                continue
            if {"object", "array"} & {*schema.get("type", ())} and "default" not in schema:
                self.assertFalse(described.get(place), place)
            else:
                self.assertIn("default", schema, place)


def subschemas(schema: Any) -> Iterator[dict[str, Any]]:
    """The schema and every schema in it."""
    yield schema
    for key in ("properties", "$defs"):
        for inner in schema.get(key, {}).values():
            yield from subschemas(inner)
    for key in ("additionalProperties", "propertyNames", "items", "contains", "not"):
        if isinstance(schema.get(key), dict):
            yield from subschemas(schema[key])
    for inner in (*schema.get("anyOf", ()), *schema.get("allOf", ())):
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
    if not isinstance(tree, dict) or place not in (*SECTIONS, *OWN_NAMES):
        yield place, tree
        return
    for key, value in tree.items():
        name = ANY if place in OWN_NAMES else key
        yield from leaves(value, f"{place}.{name}".lstrip("."))


def loaded(tree: object) -> Settings:
    """What a configuration of these plain values means."""
    return load([Source("c.yaml", json.dumps(tree))])


def remarks(tree: object) -> list[str]:
    """Errors as well."""
    try:
        return list(loaded(tree).warnings)
    except ConfigurationError as error:
        return list(map(str, (*error.problems, *error.warnings)))


def warnings(tree: object) -> list[str]:
    """What the loader remarks on a configuration of these plain values, whether it is good or not."""
    try:
        return list(loaded(tree).warnings)
    except ConfigurationError as error:
        return list(map(str, error.warnings))
