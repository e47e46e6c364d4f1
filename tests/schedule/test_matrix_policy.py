"""Which models make room: the matrix policy alone, through the core, and in random histories (lifecycle section 7)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, run_state_machine_as_test
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import NOTHING, Matrix, Model, Settings
from llamaswap.ids import ModelId
from llamaswap.notices import State
from llamaswap.schedule.events import Effect, Event, Running, Swap, Verdict
from llamaswap.schedule.eviction import MatrixPolicy, make_policy
from tests.schedule.test_histories import LOADS, QUICK, WISHES, History, Life, Wish
from tests.support.matrix import SHAPES, Expression, Reference, filled, written
from tests.support.schedule import Driver, World
from tests.support.schedule import settings as configuration


def matrix(vars: Mapping[str, str] = NOTHING, costs: Mapping[str, int] = NOTHING, **sets: str) -> Matrix:
    return Matrix(
        sets=sets,
        vars={name: ModelId(model) for name, model in vars.items()},
        evict_costs={ModelId(model): cost for model, cost in costs.items()},
    )


def policy(models: str, matrix: Matrix) -> MatrixPolicy:
    return MatrixPolicy(configuration(models, matrix=matrix))


def running(models: str) -> tuple[Running, ...]:
    return tuple(Running(ModelId(name), State.READY, 0, 0, 0.0, 0.0) for name in models.split())


def decide(policy: MatrixPolicy, target: str, models: str) -> Verdict:
    return policy.decide(ModelId(target), running(models), 0.0)


class MatrixPolicyTests(SynchronousTestCase):
    def test_verdict(self) -> None:
        """A verdict names the set, and says in one line what was chosen, and why."""
        asked = policy("a b v L", matrix(s1="(a |\n b)  & v", s2="L", costs={"v": 50}))
        self.assertEqual(
            decide(asked, "b", "a v"),
            Verdict((ModelId("a"),), "s1", 1, "matrix set s1: (a | b) & v, allows b+v, cost 1"),
        )
        self.assertEqual(decide(asked, "L", "a v").cost, 51)

    def test_nothing_runs(self) -> None:
        """The reason says so (S-79)."""
        verdict = decide(policy("a b c", matrix(first="a & b", second="a & c")), "a", "")
        self.assertEqual(verdict, Verdict((), "first", 0, "matrix set first: a & b, allows a+b, no models running"))

    def test_s82_in_no_set(self) -> None:
        """A model in no set runs alone."""
        verdict = decide(policy("a b z", matrix(s="a & b")), "z", "a b")
        self.assertEqual(verdict, Verdict((ModelId("a"), ModelId("b")), why="matrix: no set allows more beside z"))

    def test_target_runs(self) -> None:
        """Nothing goes for a model that runs, even if the others may not run beside it."""
        asked = policy("a b c", matrix(s="a & b", t="c"))
        self.assertEqual((decide(asked, "a", "a b").evict, decide(asked, "a", "a b").set), ((), "s"))
        self.assertEqual((decide(asked, "a", "a c").evict, decide(asked, "a", "a c").set), ((), None))

    def test_vars_and_costs(self) -> None:
        """Vars stand for models, and costs are by model (S-80)."""
        asked = policy("org/a b c", matrix(x="v & c", y="v & b", vars={"v": "org/a"}, costs={"b": 10}))
        self.assertEqual(decide(asked, "org/a", "b c").evict, ("c",))

    def test_long_expression(self) -> None:
        """The log gets the beginning of a long one."""
        asked = policy("a b", matrix(s=" | ".join(["a & b"] * 100)))
        self.assertLess(len(decide(asked, "a", "b").why), 300)

    def test_asked_again(self) -> None:
        """Asked about several targets and then about something else, it always answers what it is shown."""
        asked = policy("a b c", matrix(s="a & b", t="c"))
        shown = running("a b")
        for _ in range(2):
            self.assertEqual(asked.decide(ModelId("c"), shown, 0.0).evict, ("a", "b"))
            self.assertEqual(asked.decide(ModelId("a"), shown, 1.0).evict, ())
            self.assertEqual(decide(asked, "c", "b").evict, ("b",))
            self.assertEqual(decide(asked, "c", "b a").evict, ("b", "a"))

    def test_made_by_name(self) -> None:
        """The router `matrix` names it."""
        self.assertIsInstance(make_policy(configuration("a", matrix=matrix(s="a"))), MatrixPolicy)

    def test_unusable(self) -> None:
        """Without a matrix, or with one that is wrong, there is no such policy."""
        with self.assertRaisesRegex(ValueError, "the router matrix has no matrix"):
            make_policy(Settings(router="matrix"))
        with self.assertRaisesRegex(ValueError, "set s: unknown var or model b at position 5; set t: empty expression"):
            policy("a", matrix(s="a & b", t=""))


class ThroughTheCoreTests(SynchronousTestCase):
    def test_s77_apart(self) -> None:
        """Sets of one model each: a ready, request b: a is stopped."""
        driver = Driver(configuration("a b", matrix=matrix(s="a", t="b")))
        driver.run("a")
        ticket = driver.arrive("b")
        self.assertEqual(driver.begun[-1].evict, ("a",))
        driver.end_swap("b")
        self.assertEqual(driver.granted[-1], ticket)

    def test_s79_first_set(self) -> None:
        """Two sets hold a, nothing runs: the first is taken."""
        driver = Driver(configuration("a b c", matrix=matrix(first="a & b", second="a & c")))
        driver.arrive("a")
        self.assertEqual(driver.begun[-1].why, "matrix set first: a & b, allows a+b, no models running")

    def test_s80_costs(self) -> None:
        """b costs 10 and c 1: c goes, though its set comes first."""
        every = matrix(x="a & c", y="a & b", z="b & c", costs={"b": 10, "c": 1})
        driver = Driver(configuration("a b c", matrix=every))
        driver.run("b")
        driver.run("c")
        driver.arrive("a")
        self.assertEqual(driver.begun[-1].evict, ("c",))

    def test_s81_subset(self) -> None:
        """target & (a | (a & b)): nobody goes, for the larger combination holds all that run."""
        driver = Driver(configuration("a b t", matrix=matrix(s="t & (a | (a & b))")))
        driver.run("a")
        driver.run("b")
        driver.arrive("t")
        self.assertEqual(driver.begun[-1].evict, ())

    def test_s82_in_no_set(self) -> None:
        """A model in no set waits for all others to be idle, and runs alone."""
        driver = Driver(configuration("a b z", matrix=matrix(s="a & b")))
        driver.run("a")
        b = driver.arrive("b")
        driver.end_swap("b")
        driver.arrive("z")
        self.assertEqual(driver.targets, ["a", "b"])
        driver.serve(b)
        self.assertEqual(driver.begun[-1].evict, ("a", "b"))

    def test_s83_outsider(self) -> None:
        """Six groups of ten, one of each running, or seventy models that all run: only the outsider goes."""
        groups = [[f"g{group}{one}" for one in range(10)] for group in range(6)]
        six = "target & " + " & ".join(f"({' | '.join(members)})" for members in groups)
        seventy = [f"m{number:02}" for number in range(69)]
        for expression, running in (
            (six, [members[3] for members in groups]),
            (" & ".join(["target", *seventy]), seventy),
        ):
            models = f"target outsider {' '.join(model for members in groups for model in members)} {' '.join(seventy)}"
            beside = " & ".join(["outsider", *running])
            driver = Driver(configuration(models, matrix=matrix(s=expression, t=beside)))
            for model in ("outsider", *running):
                driver.run(model)
            driver.arrive("target")
            self.assertEqual((driver.begun[-1].target, driver.begun[-1].evict), ("target", ("outsider",)))

    def test_s84_precedence(self) -> None:
        """a | b & c allows a alone, and b with c; +x inlines a set."""
        driver = Driver(configuration("a b c d", matrix=matrix(s="a | b & c", t="d & +s")))
        driver.run("b")
        driver.run("c")
        driver.run("d")
        self.assertEqual([swap.evict for swap in driver.begun], [(), (), ()])
        driver.arrive("a")
        self.assertEqual(driver.begun[-1].evict, ("b", "c"))

    def test_s84_errors(self) -> None:
        """A circle, an unknown name, and what is no expression are no matrix."""
        for expression in ("+s", "+gone", "nobody", "()", "(a", "a)", "", "a &", "a b"):
            with self.assertRaisesRegex(ValueError, "set s: "):
                policy("a b", matrix(s=expression))

    def test_s78_together(self) -> None:
        """a & b: both load in parallel, and both serve."""
        driver = Driver(configuration("a b", matrix=matrix(s="a & b")))
        tickets = driver.arrivals("a b")
        self.assertEqual([(swap.target, swap.evict) for swap in driver.begun], [("a", ()), ("b", ())])
        driver.end_swap("b")
        driver.end_swap("a")
        self.assertEqual(driver.granted, [tickets[1], tickets[0]])

    def test_loading_counts_as_running(self) -> None:
        """What is loading makes room like what runs, once it is there."""
        driver = Driver(configuration("a b c", matrix=matrix(s="a & (b | c)")))
        driver.run("a")
        b, _ = driver.arrivals("b c")
        self.assertEqual(driver.targets, ["a", "b"])
        driver.end_swap("b")
        driver.serve(b)
        self.assertEqual((driver.begun[-1].target, driver.begun[-1].evict), ("c", ("b",)))

    def test_overdue_while_victims_stop(self) -> None:
        """A younger swap waits if an overdue request would have to wait for its target, though only until it is up."""
        driver = Driver(configuration("a b c d", matrix=matrix(s="(a | b) & (c | d)"), max_wait=3))
        driver.run("c")
        a = driver.arrive("a")
        driver.end_swap("a")
        driver.arrive("b")
        driver.advance(5)
        driver.arrive("d")
        self.assertEqual(driver.targets, ["c", "a"])
        driver.serve(a)
        self.assertEqual((driver.begun[-1].target, driver.begun[-1].evict), ("b", ("a",)))

    def test_why(self) -> None:
        """The reason travels with the swap."""
        driver = Driver(configuration("a b", matrix=matrix(s="a", t="b")))
        driver.run("a")
        driver.arrive("b")
        self.assertEqual(driver.begun[-1].why, "matrix set t: b, allows b, cost 1")


# -- histories ---------------------------------------------------------------------------------------------------

MODELS = "abcde"


@dataclass(eq=False)
class MatrixWorld(World):
    """A world that also knows which models may be in memory together."""

    combinations: tuple[frozenset[str], ...] = ()

    def feed(self, event: Event) -> list[Effect]:
        effects = super().feed(event)
        loaded = {load.swap.target: load for load in self.loads.values()}
        present = {model for model, state in self.states.items() if state in (State.READY, State.STOPPING)}
        present |= {model for model, load in loaded.items() if not load.swap.evict}  # others wait for their victims
        to_be = {model for model, state in self.states.items() if state in (State.READY, State.STARTING)}
        for models in (present, to_be):
            together = len(models) < 2 or any(models <= allowed for allowed in self.combinations)
            assert together, f"a forbidden combination: {sorted(models)}"
        return effects

    def _check_swap(self, swap: Swap) -> None:
        """No other combination would have cost less; but a second try for want of memory may cost what it likes."""
        if not swap.why.startswith("second try"):
            running = {model for model, state in self.states.items() if state is not State.STOPPED} - {swap.target}
            costs = [self._cost(running - allowed) for allowed in self.combinations if swap.target in allowed]
            assert self._cost(swap.evict) <= min(costs, default=self._cost(running)), "too dear"
        super()._check_swap(swap)

    def _cost(self, models: Iterable[str]) -> int:
        assert self.settings.matrix is not None
        return sum(self.settings.matrix.evict_costs.get(ModelId(model), 1) for model in models)


@st.composite
def matrix_worlds(draw: st.DrawFn) -> MatrixWorld:
    """Any small matrix; some models may be in no set."""
    sets: dict[str, Expression] = {}
    for name, shape in zip("stu", draw(st.lists(SHAPES, min_size=1, max_size=3)), strict=False):
        sets[name] = filled(shape, MODELS, list(sets))
    reference = Reference(sets)
    combinations = {combination for name in sets for combination in reference.expansion(name)}
    models = [
        Model(
            id=ModelId(name),
            concurrency_limit=draw(st.integers(1, 3)),
            queue_timeout=draw(st.sampled_from([0.0, 0.0, 6.0])),
            ttl=draw(st.sampled_from([0, 0, 4])),
        )
        for name in MODELS
    ]
    costs = dict(zip(MODELS, draw(st.lists(st.integers(1, 3), max_size=5)), strict=False))
    every = Matrix(
        sets={name: written(each) for name, each in sets.items()},
        evict_costs={ModelId(model): cost for model, cost in costs.items()},
    )
    settings = configuration(models, matrix=every, max_wait=draw(st.sampled_from([0.0, 3.0, 8.0])))

    def excludes(target: ModelId, other: ModelId) -> bool:
        return target != other and not any({target, other} <= allowed for allowed in combinations)

    return MatrixWorld(settings, excludes, combinations=tuple(combinations))


class MatrixLife(Life):
    """Anything may happen at any moment, under a matrix; but it stays in force."""

    reconfigure = None  # type: ignore[assignment]

    @initialize(world=matrix_worlds())
    def begin(self, world: World) -> None:
        self.world = world


class MatrixHistoryTests(SynchronousTestCase):
    @settings(QUICK, max_examples=800)
    @given(matrix_worlds(), WISHES, LOADS)
    def test_simulated_time(self, world: MatrixWorld, wishes: list[Wish], loads: list[tuple[int, int]]) -> None:
        """No forbidden combination is ever in memory, everybody is answered once, and the wait bound holds."""
        history = History(world, loads)
        history.expect(wishes)
        history.play()
        world.settle()

    def test_any_order_of_events(self) -> None:
        """Late timers, deaths, unloads and failures at any moment: no forbidden combination, and nothing is left."""
        run_state_machine_as_test(MatrixLife, settings=settings(QUICK, max_examples=300, stateful_step_count=40))
