"""The examples are good, and complete: every key is shown, with a comment that says what is true."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.commands import split_command
from llamaswap.config.compose import compose
from llamaswap.config.load import load
from llamaswap.config.nodes import MappingNode, Node, ScalarNode
from llamaswap.config.report import Report
from llamaswap.config.schema import Settings
from llamaswap.config.source import Source
from llamaswap.ids import ModelId
from tests.config.places import ANY, Schema, parent, places, plain, underlined

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.yaml"
MATRIX = ROOT / "docs" / "example-matrix.yaml"
PLACES = places()
OLDER = ("groups", "matrix")
"""Places that exist for older files; the same is shown under `routing`."""


class ExampleTests(SynchronousTestCase):
    """`config.example.yaml` and `docs/example-matrix.yaml`."""

    def test_they_load(self) -> None:
        """Both are good, without any variable, and there is nothing to remark."""
        for path in (EXAMPLE, MATRIX):
            self.assertEqual(loaded(path).warnings, (), path)

    def test_they_mean_what_they_say(self) -> None:
        """Macros are in place, and each shows a router at work."""
        groups, matrix = loaded(EXAMPLE), loaded(MATRIX)
        command = split_command(groups.models[ModelId("qwen-32b")].cmd)
        self.assertIn("/srv/models/qwen-32b-q4_k_m.gguf", command)
        self.assertNotIn("#", command)
        self.assertEqual(groups.aliases["qwen-32b:thinking"], "qwen-32b")
        self.assertEqual([group.id for group in groups.groups], ["helpers", "(default)"])
        self.assertEqual(matrix.matrix and list(matrix.matrix.sets), ["helpers", "one-card-each", "both-cards"])

    def test_nothing_is_underlined(self) -> None:
        """Editors find nothing wrong with them, and are told where the schema is in the first line."""
        for path in (EXAMPLE, MATRIX):
            text = path.read_text()
            self.assertEqual(underlined(plain(text)), [], path)
            self.assertTrue(text.startswith("# yaml-language-server: $schema=llamaswap.schema.json\n"), path)

    def test_they_are_complete(self) -> None:
        """Every key is shown, with a comment above or beside it."""
        shown = comments()
        for place, schema in PLACES.items():
            if place and not place.endswith(ANY) and not place.startswith(OLDER) and not schema.get("deprecated"):
                self.assertNotEqual(shown.get(place, ""), "", place)

    def test_comments_tell_the_defaults(self) -> None:
        """A comment ends in the default, or says that the key is needed."""
        for place, comment in comments().items():
            end = expected_end(place, PLACES[place])
            self.assertTrue(comment.endswith(end), f"{place}: {comment!r} does not end in {end!r}")


def loaded(path: Path) -> Settings:
    """What an example means."""
    return load([Source(path.name, path.read_text())])


def comments() -> dict[str, str]:
    """The comment of every key of the examples that has one, by place."""
    found: dict[str, str] = {}
    for path in (EXAMPLE, MATRIX):
        text = path.read_text()
        root = compose(Source(path.name, text), Report())
        assert root is not None
        for place, key in keys(root, ""):
            comment = comment_of(key, text.splitlines())
            if comment:
                found.setdefault(place, comment)
    return found


def keys(node: Node, place: str) -> Iterator[tuple[str, ScalarNode]]:
    """The keys below `node` that the schema knows, but for names of one's own."""
    if not isinstance(node, MappingNode):
        return
    for name, inner in node.values.items():
        known = f"{place}.{name}".lstrip(".")
        if known in PLACES:
            yield known, node.keys[name]
        below = known if known in PLACES else f"{place}.{ANY}"
        if below in PLACES:
            yield from keys(inner, below)


def comment_of(key: ScalarNode, lines: list[str]) -> str:
    """What stands beside the key, else in the lines above it."""
    line = key.place.line - 1
    beside = lines[line].partition(" # ")[2]
    above: list[str] = []
    while not beside and line and lines[line - 1].lstrip().startswith("#"):
        line -= 1
        above.insert(0, lines[line].lstrip()[1:].strip())
    return beside or " ".join(above)


def expected_end(place: str, schema: Schema) -> str:
    """How the comment must end."""
    if place.rpartition(".")[2] in PLACES[parent(place)].get("required", ()):
        return "(needed)"
    match schema.get("default"):
        case None:
            return "(default: none)" if "array" in schema.get("type", ()) else ""
        case "":
            return "(default: none)"
        case bool(value):
            return f"(default: {str(value).lower()})"
        case list(items):
            return f"(default: {', '.join(items)})"
        case value:
            return f"(default: {value})"
