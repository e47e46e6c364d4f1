"""Selectors name models that exist, and that can run as their strategy wants (section 13)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.load import load
from llamaswap.config.routers import Routers
from llamaswap.config.schema import Selector
from llamaswap.config.source import Source
from tests.config.loading import FIXED, only, problems, settings, warnings

WORLD = f"""\
models: {{a: {{{FIXED}, aliases: [al]}}, b: {{{FIXED}, filters: {{setParamsByID: {{b2: }}}}}}, c: {{{FIXED}}}}}
peers: {{p: {{proxy: http://p, models: [x, both, a]}}, q: {{proxy: http://q, models: [both]}}}}
"""


def world(keys: str, name: str = "s", more: str = "") -> str:
    """A configuration with one selector."""
    return f"{WORLD}{more}\nselectors: {{{name}: {{{keys}}}}}"


def spillover(targets: str, more: str = "") -> str:
    return world(f"strategy: spillover, targets: [{targets}]", more=more)


class SelectorTests(SynchronousTestCase):
    """One selector."""

    def test_every_key(self) -> None:
        """What is given is taken, targets as they are written."""
        keys = "strategy: warm, targets: [al, ~, b], settings: {spillover: 3}, name: N, description: D, unlisted: on"
        found = settings(world(f"{keys}, metadata: {{a: 1.0}}")).selectors
        expected = Selector(
            id="s", strategy="warm", targets=("al", "b"), spillover=3, name="N", description="D", unlisted=True,
            metadata={"a": 1},
        )  # fmt: skip
        self.assertEqual(found, {"s": expected})

    def test_names(self) -> None:
        """Not blank, and nobody else's; a peer's bare name may be hidden."""
        for name, fault in (
            ("' '", "names of selectors cannot be empty"),
            ("a", "selector a conflicts with model ID a"),
            ("al", "selector al conflicts with a model alias: it stands for model a"),
            ("b2", "selector b2 conflicts with a model alias: it stands for model b"),
            ("p/x", "selector p/x conflicts with a fully qualified peer model name"),
        ):
            self.assertIn(fault, only(world("strategy: pin, targets: [c]", name)))
        self.assertIn("x", settings(world("strategy: pin, targets: [c]", "x")).selectors)

    def test_strategy(self) -> None:
        """One of three, in exact case; the message lists them."""
        for strategy in ("", "strategy: ~, ", "strategy: '', "):
            self.assertIn(
                "strategy is required: valid values are warm, pin, spillover", only(world(strategy + "targets: [a]"))
            )
        fault = "selectors.s.strategy: unknown strategy `Warm`: valid values are warm, pin, spillover"
        self.assertIn(fault, only(world("strategy: Warm, targets: [a]")))

    def test_no_targets(self) -> None:
        """One at least."""
        for targets in ("", ", targets: ~", ", targets: []", ", targets: [~]"):
            self.assertIn("targets must contain at least one entry", only(world(f"strategy: pin{targets}")))

    def test_empty_entry(self) -> None:
        """Lacks everything."""
        self.assertEqual(len(problems(f"{WORLD}selectors: {{s: }}")), 2)

    def test_wrong_kinds(self) -> None:
        """Told once each; unknown keys are warned of at every level."""
        for text in (
            f"{WORLD}selectors: [a]",
            f"{WORLD}selectors: {{s: x}}",
            world("strategy: [a], targets: [a]"),
            world("strategy: pin, targets: a"),
            world("strategy: pin, targets: [[a]]"),
            world("strategy: pin, targets: [a], settings: 5"),
            world("strategy: pin, targets: [a], settings: {spillover: x}"),
            world("strategy: pin, targets: [a], metadata: []"),
        ):
            self.assertIn("where", only(text))
        self.assertIn("did you mean `targets`?", warnings(world("strategy: pin, targets: [a], target: b")))
        self.assertIn("unknown key `limit`", warnings(world("strategy: pin, targets: [a], settings: {limit: 5}")))


class TargetTests(SynchronousTestCase):
    """What a selector may stand for."""

    def test_v30_base_names(self) -> None:
        """Models, aliases, full names and unambiguous bare ones of peers; the selector keeps what was written."""
        targets = ("al", "b2", "p/a", "a", "x", "p/x", "q/both")
        found = settings(world(f"strategy: pin, targets: [{', '.join(targets)}]")).selectors["s"]
        self.assertEqual(found.targets, targets)

    def test_ambiguous_and_unknown(self) -> None:
        """The index is told, and what could be meant."""
        self.assertIn(
            "selectors.s.targets[1]: ambiguous model both: several peers offer it, so name one of p/both, q/both",
            only(world("strategy: pin, targets: [a, both]")),
        )
        self.assertIn("selectors.s.targets[0]: unknown model zz", only(world("strategy: pin, targets: [zz, a]")))

    def test_chaining(self) -> None:
        """A selector is no target, nor is it its own, even where a peer has a model of that name."""
        text = f"{WORLD}selectors: {{x: {{strategy: pin, targets: [a]}}, y: {{strategy: pin, targets: [%s]}}}}"
        for target in "xy":
            self.assertIn(f"selectors.y.targets[0]: {target} is a selector: no selector chaining", only(text % target))

    def test_v34_warm_is_local(self) -> None:
        """A peer's model is never warm here."""
        fault = "selectors.s.targets[1]: x is the model of a peer, and targets must be local for `warm`"
        self.assertIn(fault, only(world("strategy: warm, targets: [a, x]")))

    def test_names_that_may_exist(self) -> None:
        """Where models, aliases or peers cannot be read, nobody is told that a name is unknown."""
        selector = "\nselectors: {s: {strategy: pin, targets: [zz]}}"
        for text in (
            "models: [a]",
            "models: {m: 5}",
            f"models: {{m: {{{FIXED}, aliases: q}}}}",
            "peers: [p]",
            f"models: {{m: {{{FIXED}, filters: {{setParamsByID: [q]}}}}}}",
            "peers: {p: {proxy: http://p, models: q}}",
            "peers: {p: {proxy: http://p, models: [[q]]}}",
        ):
            self.assertIn("where", only(text + selector))


class SpilloverTests(SynchronousTestCase):
    """Targets that must be able to run together."""

    def test_limit(self) -> None:
        """At least 1; other strategies ignore it."""
        keys = "targets: [a], settings: {spillover: 0}"
        self.assertIn(
            "selectors.s.settings.spillover: settings.spillover must be >= 1",
            only(world(f"strategy: spillover, {keys}")),
        )
        settings(world(f"strategy: pin, {keys}"))

    def test_duplicates(self) -> None:
        """One model counts once, whatever it is called; for other strategies it does not matter."""
        for targets, model in (("a, al", "a"), ("x, p/x", "p/x")):
            self.assertIn(f"selectors.s.targets[1]: duplicate resolved model {model}", only(spillover(targets)))
        settings(world("strategy: warm, targets: [a, al]"))

    def test_v32_groups(self) -> None:
        """One group that does not swap; each reason is told at the list."""
        group = "groups: {g: {swap: false, members: [a, b]}, h: {members: [c]}}"
        self.assertEqual(settings(spillover("al, b, x", group)).selectors["s"].spillover, 1)
        for groups, targets, fault in (
            ("", "a, b", "a is not in a group"),
            (group, "c, a", "local targets must share a group with swap false, and h swaps"),
            (group, "a, b, c", "local targets must share one group, and c is not in g"),
            (
                "groups: {g: {swap: false, members: [a]}}",
                "a, b",
                "local targets must share one group, and b is not in g",
            ),
        ):
            self.assertIn(f"selectors.s.targets: {fault}", only(spillover(targets, groups)))

    def test_v33_matrix(self) -> None:
        """One set that can hold them all; in any style."""
        fault = "selectors.s.targets: local targets must appear together in one matrix set"
        self.assertIn(fault, only(spillover("a, b", 'matrix: {sets: {one: "a | b", two: a & c}}')))
        new = "routing: {router: {use: matrix, settings: {matrix: {sets: {one: (a | c) & b}}}}}"
        settings(spillover("al, b, x", new))
        self.assertIn(fault, only(spillover("a, b, c", new)))

    def test_one_local_target(self) -> None:
        """Has nobody to run beside."""
        settings(spillover("a, x, q/both"))

    def test_another_router(self) -> None:
        """Of somebody else's policy nobody knows who can run together."""
        load(
            [Source("c.yaml", spillover("a, b", "routing: {router: {use: other}}"))],
            routers=Routers(["group", "other"]),
        )

    def test_routing_that_is_wrong_already(self) -> None:
        """Is told alone."""
        for routing in (
            "groups: {g: {swap: maybe, members: [a, b]}}",
            "groups: {g: {swap: false, members: a}}",
            'groups: {g: {swap: "${X}", members: [a, b]}}',
            "groups: {g: {swap: false, members: [a, zz]}}",
            "matrix: {}",
            "matrix: {sets: {s: 'a &'}}",
            "matrix: {vars: {v: zz}, sets: {s: v & a}}",
            "routing: {router: {use: Matrix}}",
        ):
            only(spillover("a, b", routing))
