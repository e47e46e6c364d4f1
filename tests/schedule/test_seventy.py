"""Ten minutes of seventy models that may all run at once, and of others that may not run beside them."""

from __future__ import annotations

from functools import partial
from random import Random

from hypothesis import Phase, given
from hypothesis import settings as effort
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.schema import Matrix, Model
from llamaswap.ids import ModelId
from tests.schedule.test_histories import History, Wish
from tests.schedule.test_matrix_policy import MatrixWorld
from tests.support.schedule import settings

CROWD = [f"m{number:02}" for number in range(70)]
OUTSIDERS = ["few", "alone", "unlisted"]
SETS = {"crowd": CROWD, "few": ["few", *CROWD[:10]], "alone": ["alone"]}
SECONDS = 600
LONGEST_LOAD, LONGEST_ANSWER = 5, 4


def world_of(luck: Random) -> MatrixWorld:
    """The models, each with room for a few requests."""
    models = [
        Model(id=ModelId(name), concurrency_limit=luck.randint(1, 4), ttl=luck.choice([0, 0, 20]))
        for name in (*CROWD, *OUTSIDERS)
    ]
    matrix = Matrix(
        sets={name: " & ".join(members) for name, members in SETS.items()},
        evict_costs={ModelId(name): luck.randint(1, 5) for name in luck.sample(CROWD, 20)},
    )
    configuration = settings(models, matrix=matrix, max_wait=15.0, priorities={"m03": 5, "few": -5, "alone": 1})
    combinations = tuple(map(frozenset, SETS.values()))

    def excludes(target: ModelId, other: ModelId) -> bool:
        return target != other and not any({target, other} <= allowed for allowed in combinations)

    return MatrixWorld(configuration, excludes, combinations=combinations)


def wish(luck: Random) -> Wish:
    """Two in a hundred ask for an outsider, and one in six does not wait for long."""
    model = luck.choice(OUTSIDERS if luck.random() < 0.02 else CROWD)
    patience = luck.randint(1, 20) if luck.random() < 1 / 6 else None
    return Wish(0, model, luck.randint(0, LONGEST_ANSWER), patience)


class SeventyTests(SynchronousTestCase):
    @effort(deadline=None, max_examples=3, phases=[Phase.explicit, Phase.reuse, Phase.generate])
    @given(st.integers(0, 2**32 - 1))
    def test_ten_minutes(self, seed: int) -> None:
        """No forbidden combination ever runs, everybody is answered once, and the wait bound holds throughout."""
        luck = Random(seed)
        world = world_of(luck)
        history = History(world, [(luck.randint(1, LONGEST_LOAD), luck.randint(0, 30)) for _ in range(97)])
        when = 0.0
        while when < SECONDS:
            when += luck.expovariate(1.5)
            history.at(when, partial(history.come, wish(luck)))
        history.play()
        world.settle()
        self.see_that_it_was_worth_it(world)

    def see_that_it_was_worth_it(self, world: MatrixWorld) -> None:
        """Many ran at once, some loads failed, some requests left, and outsiders were served."""
        loaded = [load.swap.target for load in world.past if load.error is None]
        self.assertGreater(max(len(load.swap.evict) for load in world.past), 15)
        self.assertGreater(len(world.past) - len(loaded), 3)
        self.assertLess(len(world.granted) + len(world.refused), len(world.requests_seen))
        self.assertGreater(len(set(OUTSIDERS) & set(loaded)), 1)
        self.assertGreater(len(world.granted), 600)
