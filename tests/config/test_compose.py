"""YAML text becomes a tree that knows its places, or is refused at the right one (section 2.1)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.compose import MAX_ALIASED, compose
from llamaswap.config.nodes import MappingNode, Node, ScalarNode, SequenceNode
from llamaswap.config.parse import MAX_DEPTH
from llamaswap.config.report import Report
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError


def data(node: Node | None) -> object:
    """The tree without its places."""
    match node:
        case MappingNode(values=values):
            return {key: data(value) for key, value in values.items()}
        case SequenceNode(items=items):
            return [data(item) for item in items]
        case ScalarNode(value=value):
            return value
    return None


def read(text: str) -> object:
    """What `text` holds; no mistake is allowed."""
    report = Report()
    root = compose(Source("c.yaml", text), report)
    report.raise_errors()
    return data(root)


class GoodTests(SynchronousTestCase):
    """What is accepted."""

    def test_places(self) -> None:
        """Every node and key knows its line and column, both counted from 1."""
        root = compose(Source("c.yaml", "a: 1\nb:\n  - x\n  - {c: y}\n"), Report())
        assert isinstance(root, MappingNode)
        key, items = root.keys["b"], root.values["b"]
        assert isinstance(items, SequenceNode)
        self.assertEqual((key.place, items.place), (("c.yaml", 2, 1), ("c.yaml", 3, 3)))
        inner = items.items[1]
        assert isinstance(inner, MappingNode)
        self.assertEqual(inner.values["c"].place, ("c.yaml", 4, 9))

    def test_literal(self) -> None:
        """A node knows whether its characters can be counted in the file."""
        text = '[a && b, \'c\', "d", &x e, !!str f, ü 😀 g, 0x10, "\\x41", h  ]\n'
        root = compose(Source("c.yaml", text), Report())
        assert isinstance(root, SequenceNode)
        found = {node.text: node.literal for node in root.items if isinstance(node, ScalarNode)}
        counted = {name for name, literal in found.items() if literal}
        self.assertEqual(counted, {"a && b", "ü 😀 g", "0x10", "h"})
        folded = compose(Source("c.yaml", "a &\n  b"), Report())
        assert isinstance(folded, ScalarNode)
        self.assertFalse(folded.literal)

    def test_nothing(self) -> None:
        """An empty text, comments only, or an empty document is no root or null."""
        for text in ("", "# only\n\n", "---\n", "\ufeff"):
            self.assertIsNone(read(text))

    def test_first_document_only(self) -> None:
        """Later documents are not read, whatever they hold."""
        self.assertEqual(read("a: 9\n---\na: 2\na: 3\n"), {"a": 9})
        self.assertEqual(read("a: 9\n...\n@@@\n"), {"a": 9})

    def test_byte_order_mark_and_line_ends(self) -> None:
        """A BOM and Windows line ends change nothing."""
        self.assertEqual(read("\ufeffa: 1\r\nb: |\r\n  x\r\n  y\r\n"), {"a": 1, "b": "x\ny\n"})

    def test_json(self) -> None:
        """JSON is YAML, its `\\/` and its surrogate pairs included."""
        self.assertEqual(
            read('{"a": "x\\/y", "b":[1,true,null], "c": "\\ud83d\\ude00"}'),
            {"a": "x/y", "b": [1, True, None], "c": "😀"},
        )

    def test_oddity_28(self) -> None:
        """`%YAML 1.2` and block text that starts with a tab are accepted, and white space stays as written."""
        self.assertEqual(read("%YAML 1.2\n---\na: 1\n"), {"a": 1})
        self.assertEqual(read("a: |\n  \tx\n  y\n"), {"a": "\tx\ny\n"})
        self.assertEqual(read("a: |\n\n  x\n"), {"a": "\nx\n"})

    def test_tabs_between_words(self) -> None:
        """A tab separates a value from its key, and from a comment."""
        self.assertEqual(read("a:\t1\t# one\nb: x\ty\n"), {"a": 1, "b": "x\ty"})

    def test_blank_in_braces(self) -> None:
        """A blank value in a flow mapping is null, as in block style (oddity 27)."""
        self.assertEqual(read("{a: , b, c: 1}"), {"a": None, "b": None, "c": 1})

    def test_keys_are_their_text(self) -> None:
        """A key that looks like a number or a date is called what was written (oddities 1 and 23)."""
        self.assertEqual(
            read("{70: a, 1.10: b, true: c, ~: d, 2024-01-01: e}"),
            {"70": "a", "1.10": "b", "true": "c", "~": "d", "2024-01-01": "e"},
        )

    def test_anchors_and_merges(self) -> None:
        """Explicit keys win over merged ones, earlier sources over later ones, and merging is shallow."""
        text = "x: &x {a: 1, d: {p: 1}}\ny: &y {a: 2, b: 2}\nz: {<<: [*x, *y], b: 3, d: {q: 1}}\nw: {b: 9, <<: *y}\n"
        self.assertEqual(
            read(text),
            {
                "x": {"a": 1, "d": {"p": 1}},
                "y": {"a": 2, "b": 2},
                "z": {"a": 1, "b": 3, "d": {"q": 1}},
                "w": {"a": 2, "b": 9},
            },
        )

    def test_an_anchor_may_be_used_again(self) -> None:
        """The later definition counts from where it stands."""
        self.assertEqual(read("[&a 1, *a, &a 2, *a]"), [1, 1, 2, 2])

    def test_a_quoted_merge_key_is_a_key(self) -> None:
        """Only the plain word merges."""
        self.assertEqual(read('{"<<": 1}'), {"<<": 1})


class BadTests(SynchronousTestCase):
    """What is refused, and where."""

    def check(self, text: str, *expected: str) -> None:
        with self.assertRaises(ConfigurationError) as caught:
            read(text)
        found = [str(problem) for problem in caught.exception.problems]
        self.assertEqual(len(found), len(expected), found)
        for line, part in zip(found, expected, strict=True):
            self.assertIn(part, line)

    def test_syntax(self) -> None:
        """The place of a syntax error is told."""
        self.check("a: 1\nb: [1\n", "c.yaml:2:1: not valid YAML")
        self.check("a:\n\tb: 1\n", "c.yaml:2:1: not valid YAML")
        self.check("a: 1\nb: \x00\n", "c.yaml:2:4: not valid YAML: the character U+0000 is not allowed")

    def test_the_parser_that_got_further_tells(self) -> None:
        """Text that only one parser takes does not hide the mistake behind it."""
        self.check("a:\t1\nb: [1\n", "c.yaml:2:1")
        self.check("a: |\n  \tx\n  y\nb: [1\n", "c.yaml:4:1")

    def test_text_after_the_root(self) -> None:
        """Nothing that follows the root is lost silently."""
        self.check('{"a": 1}\nb: 2\n', "c.yaml:2:1")

    def test_duplicate_keys(self) -> None:
        """At any depth, compared by text, with both lines; all are told."""
        self.check(
            "a: 1\n'a': 2\nb: {c: 1, c: 2}\n", "c.yaml:2:1: key `a` is already defined at line 1", "key `c` is already"
        )
        self.assertEqual(read("{1: a, 0x1: b}"), {"1": "a", "0x1": "b"})

    def test_merges_of_other_things(self) -> None:
        """`<<` takes mappings only, and stands once."""
        self.check("{<<: 5}", "`<<` takes a mapping")
        self.check("{<<: [{a: 1}, 2]}", "`<<` takes a mapping")
        self.check("{<<: ~}", "`<<` takes a mapping")
        self.check("{<<: {a: 1}, <<: {b: 1}}", "key `<<` is already defined")

    def test_aliases(self) -> None:
        """Unknown anchors and cycles are refused."""
        self.check("a: *x", "1:4: the alias names an anchor that was not defined before")
        self.check("a: &x [*x]", "1:8: the anchor `x` contains itself")

    def test_expansion_is_bounded(self) -> None:
        """A few lines cannot become millions of values, nor a tree that is too deep for a recursive reader."""
        bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
        bomb += "".join(f"a{i + 1}: &a{i + 1} [{', '.join([f'*a{i}'] * 9)}]\n" for i in range(9))
        self.check(bomb, f"aliases expand to more than {MAX_ALIASED} values")
        half = "[" * 60, "]" * 60
        self.check(f"- &a {half[0]}{half[1]}\n- {half[0]}*a{half[1]}\n", f"nested more than {MAX_DEPTH} levels deep")
        self.check("[" * 100_000, "nest")

    def test_keys_that_are_no_words(self) -> None:
        """A list or mapping cannot be a key."""
        self.check("? [a]\n: 1\n", "1:3: a key must be one word")

    def test_tags_and_escapes(self) -> None:
        """A tag that does not fit and half a character are told with their place."""
        self.check("a: !!int x\nb: !!bool yes\n", "1:4: cannot decode `x` as int", "2:4: cannot decode `yes` as bool")
        self.check('a: "\\ud83d"', "half of a surrogate pair")
        self.check('a: "\\UFFFFFFFF"', "c.yaml:1:")
