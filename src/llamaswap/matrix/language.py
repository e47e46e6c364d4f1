"""Matrix expressions: from text to a program, or to a list of what is wrong with it (configuration section 17.2).

    expr := term ( "|" term )*      term := atom ( "&" atom )*      atom := name | "+" name | "(" expr ")"

The text is a user's: whatever it is, the effort is in proportion to its length, and nothing here recurses deeper than
`MAX_DEPTH`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from llamaswap.errors import LlamaSwapError
from llamaswap.ids import ModelId
from llamaswap.matrix.program import MAX_DEPTH, AllowedSet, Node, Program, all_of, any_of, leaf

_TOO_DEEP = f"nested deeper than {MAX_DEPTH} levels"


@dataclass(frozen=True, slots=True)
class SetProblem:
    """A mistake in the expression of one set."""

    set: str
    message: str
    position: int | None = None
    """Where in the expression, counted in characters from 1; None when it is not at one place."""


def compile_sets(
    sets: Mapping[str, str], vars: Mapping[str, ModelId], models: Collection[str]
) -> tuple[Program | None, list[SetProblem]]:
    """Compile `sets`, in order of definition, or find out all that is wrong with them.

    A name stands for a var, else for the model of that ID. That the models of `vars` exist is for the caller to check.
    """
    compiler = _Compiler(sets, vars, models)
    program = compiler.compile()
    return (None if compiler.problems else program), compiler.problems


# -- text to tree ------------------------------------------------------------------------------------------------


class Token(NamedTuple):
    """`kind` is one of `&`, `|`, `(`, `)`, `+` for a reference and `n` for a name."""

    kind: str
    text: str
    position: int


class Operation(NamedTuple):
    """`parts` joined by the `&` or `|` that is its `kind`."""

    kind: str
    parts: tuple[Tree, ...]


Tree = Token | Operation
"""Of the tokens, names and references."""


class _Malformed(LlamaSwapError):
    """The text is no expression."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position


@dataclass(slots=True)
class _Open:
    """An expression that is being read, from a parenthesis or the very start."""

    position: int
    alternatives: list[Tree] = field(default_factory=list)
    operands: list[Tree] = field(default_factory=list)

    def end_term(self) -> None:
        self.alternatives.append(_joined("&", self.operands))
        self.operands = []

    def end(self) -> Tree:
        self.end_term()
        return _joined("|", self.alternatives)


def _joined(kind: str, parts: list[Tree]) -> Tree:
    return parts[0] if len(parts) == 1 else Operation(kind, tuple(parts))


def parse(text: str) -> Tree:
    """The tree that the expression `text` describes. Raises `_Malformed`."""
    if not text or text.isspace():
        raise _Malformed("empty expression")
    reading = [_Open(0)]
    expects_atom = True
    for token in _tokens(text):
        if expects_atom and token.kind == "(":
            _check_depth(len(reading) + 1, token)
            reading.append(_Open(token.position))
        elif expects_atom and token.kind in "n+":
            reading[-1].operands.append(token)
            expects_atom = False
        elif not expects_atom and token.kind in "&|":
            if token.kind == "|":
                reading[-1].end_term()
            expects_atom = True
        elif not expects_atom and token.kind == ")" and len(reading) > 1:
            inner = reading.pop().end()
            reading[-1].operands.append(inner)
        else:
            raise _Malformed(f"unexpected token {token.text} at position {token.position}", token.position)
    if expects_atom:
        raise _Malformed("unexpected token: the expression ends where a name is expected", len(text) + 1)
    if len(reading) > 1:
        position = reading[-1].position
        raise _Malformed(f"missing ) for the ( at position {position}", position)
    return reading[0].end()


def _check_depth(depth: int, token: Token) -> None:
    if depth > MAX_DEPTH:
        raise _Malformed(_TOO_DEEP, token.position)


def _tokens(text: str) -> Iterator[Token]:
    place = 0
    while place < len(text):
        start, char = place, text[place]
        place += 1
        if char in "&|()":
            yield Token(char, char, start + 1)
        elif not char.isspace():
            place = _end_of_name(text, place if char == "+" else start)
            if place == start:
                raise _Malformed(f"unexpected character {char!r} at position {start + 1}", start + 1)
            if char == "+" and place == start + 1:
                raise _Malformed(f"set name expected after + at position {start + 1}", start + 1)
            yield Token("+" if char == "+" else "n", text[start:place], start + 1)


def _end_of_name(text: str, place: int) -> int:
    while place < len(text) and (text[place].isalpha() or text[place].isdecimal() or text[place] in "_-."):
        place += 1
    return place


# -- trees to a program ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Parsed:
    """An expression, and the names and the sets in it with the places where they occur first."""

    tree: Tree
    names: dict[str, int]
    references: dict[str, int]


class _Compiler:
    """Of one matrix. A set that cannot be compiled takes those that refer to it along, without another word."""

    def __init__(self, sets: Mapping[str, str], vars: Mapping[str, ModelId], models: Collection[str]) -> None:
        self._sets = sets
        self._vars = vars
        self._models = models
        self._parsed: dict[str, _Parsed] = {}
        self._bits: dict[ModelId, int] = {}
        self._nodes: dict[str, Node] = {}
        self._problems: dict[str, list[SetProblem]] = {name: [] for name in sets}

    @property
    def problems(self) -> list[SetProblem]:
        """In order of definition."""
        return [problem for problems in self._problems.values() for problem in problems]

    def compile(self) -> Program:
        """What can be compiled; `problems` says what cannot."""
        for name, expression in self._sets.items():
            self._parse(name, expression)
        order = self._in_order()
        for name in order:
            self._build(name)
        sets = [AllowedSet(name, self._sets[name], self._nodes[name]) for name in order if name in self._nodes]
        return Program(tuple(sets), tuple(self._bits), self._bits)

    def _complain(self, name: str, message: str, position: int | None) -> None:
        self._problems[name].append(SetProblem(name, f"set {name}: {message}", position))

    def _parse(self, name: str, expression: str) -> None:
        try:
            tree = parse(expression)
        except _Malformed as malformed:
            self._complain(name, str(malformed), malformed.position)
            return
        self._parsed[name] = parsed = _Parsed(tree, {}, {})
        for token in _tokens(expression):
            if token.kind == "n":
                parsed.names.setdefault(token.text, token.position)
            elif token.kind == "+":
                parsed.references.setdefault(token.text[1:], token.position)
        for text, position in parsed.names.items():
            if self._model(text) is None:
                self._complain(name, f"unknown var or model {text} at position {position}", position)
        for text, position in parsed.references.items():
            if text not in self._sets:
                self._complain(name, f"reference to undefined set {text} at position {position}", position)

    def _model(self, name: str) -> ModelId | None:
        if name in self._vars:
            return self._vars[name]
        return ModelId(name) if name in self._models else None

    def _in_order(self) -> list[str]:
        """Depth-first, what is referred to first; in order of definition otherwise."""
        order: dict[str, None] = {}
        path: dict[str, Iterator[str]] = {}
        for root in self._parsed:
            if root not in order:
                path[root] = iter(self._parsed[root].references)
            while path:
                name, references = next(reversed(path.items()))
                deeper = self._not_yet(name, references, path, order)
                if deeper is None:
                    order[path.popitem()[0]] = None
                else:
                    path[deeper] = iter(self._parsed[deeper].references)
        return list(order)

    def _not_yet(
        self, name: str, references: Iterator[str], path: Collection[str], order: Collection[str]
    ) -> str | None:
        """The next set that has to come before `name`."""
        for reference in references:
            if reference in path:
                position = self._parsed[name].references[reference]
                self._complain(name, f"circular reference: set {reference} leads back here", position)
            elif reference in self._parsed and reference not in order:
                return reference
        return None

    def _build(self, name: str) -> None:
        parsed = self._parsed[name]
        if self._problems[name] or any(reference not in self._nodes for reference in parsed.references):
            return
        node = self._node(parsed.tree)
        if node.depth > MAX_DEPTH:
            self._complain(name, f"{_TOO_DEEP}, references included", None)
        else:
            self._nodes[name] = node

    def _node(self, tree: Tree) -> Node:
        if isinstance(tree, Operation):
            parts = [self._node(part) for part in tree.parts]
            return all_of(parts) if tree.kind == "&" else any_of(parts)
        if tree.kind == "+":
            return self._nodes[tree.text[1:]]
        model = self._model(tree.text)
        assert model is not None  # or there would be a problem
        return leaf(self._bits.setdefault(model, 1 << len(self._bits)))
