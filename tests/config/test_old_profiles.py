"""Lists of models, as the first releases had them, still mean what they meant."""

from __future__ import annotations

import json
import re

from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.load import load
from llamaswap.config.routers import Routers
from llamaswap.config.schema import Matrix, Settings
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError
from llamaswap.ids import ModelId
from tests.config.loading import FIXED, only, settings, warnings

MODELS = f"models: {{a: {{{FIXED}, aliases: [al]}}, b: {{{FIXED}}}, org/c: {{{FIXED}}}, m1: {{{FIXED}}}}}\n"
FORM = re.compile(r"write `(.*)` instead, and add the names as aliases: `(.*)`")


def translated(text: str) -> Settings:
    """What the new form that the warning shows says."""
    told = FORM.search(warnings(text))
    assert told is not None
    models = text.splitlines()[0]
    return load([Source("c.yaml", f"{models}\n{told[1]}\nx: {{{told[2]}}}")])


class OldProfileTests(SynchronousTestCase):
    """Lists alone."""

    def test_a_set_for_each(self) -> None:
        """Members may run together; a model that an expression cannot hold gets a var that is nobody's name."""
        loaded = settings(MODELS + "profiles: {coding: [a, b], all: [a, org/c, m1, a]}")
        expected = Matrix(sets={"coding": "a & b", "all": "a & m2 & m1"}, vars={"m2": ModelId("org/c")})
        self.assertEqual((loaded.router, loaded.matrix, loaded.groups, loaded.profiles), ("matrix", expected, (), {}))

    def test_names(self) -> None:
        """Each member can be asked for by way of its profile, with either sign; the model lists these names."""
        loaded = settings(MODELS + "profiles: {coding: [b], x: [al]}")
        names = {"coding:b": "b", "coding/b": "b", "x:a": "a", "x/a": "a", "x:al": "a", "x/al": "a"}
        self.assertEqual(loaded.aliases, {"al": "a", **names})
        self.assertEqual(
            [model.aliases for model in loaded.models.values()],
            [("al", "x:a", "x/a", "x:al", "x/al"), ("coding:b", "coding/b"), (), ()],
        )

    def test_names_are_names(self) -> None:
        """They can be used where models can."""
        text = MODELS + "profiles: {x: [a, b]}\nhooks: {on_startup: {preload: ['x:a']}}\n"
        more = "selectors: {s: {strategy: spillover, targets: ['x:a', x/b]}}"
        self.assertEqual(settings(text + more).preload, ("a",))
        apart = MODELS + "profiles: {x: [a], y: [b]}\nselectors: {s: {strategy: spillover, targets: [a, b]}}"
        self.assertIn("must appear together in one matrix set", only(apart))

    def test_the_new_form_is_shown(self) -> None:
        """And means the same."""
        text = MODELS + "profiles: {coding: [a, b], 'true': [a, org/c]}"
        old, new = settings(text), translated(text)
        self.assertEqual((new.router, new.matrix), (old.router, old.matrix))
        self.assertIn(
            "c.yaml:2:11: profiles: profiles that are lists are the form of the first releases", warnings(text)
        )
        self.assertIn('models: {a: {aliases: ["coding:a", "coding/a", "true:a", "true/a"]}', warnings(text))

    def test_aliases_and_unknown_members(self) -> None:
        """An alias is a warning, an unknown name an error."""
        self.assertIn("profiles.x[0]: al is an alias; taken as model a", warnings(MODELS + "profiles: {x: [al]}"))
        self.assertIn("profiles.x[1]: unknown model zz", only(MODELS + "profiles: {x: [a, zz]}"))

    def test_names_that_are_taken(self) -> None:
        """By a model, an alias, a selector, a peer, or another profile's member."""
        for world, profiles, owner in (
            (f"models: {{a: {{{FIXED}}}, 'x:a': {{{FIXED}}}}}", "x: [a]", "the name x:a, which is a model ID"),
            (f"models: {{a: {{{FIXED}, aliases: [x/a]}}}}", "x: [a]", "the name x/a, which is an alias of model a"),
            (
                f"models: {{a: {{{FIXED}}}}}\nselectors: {{x/a: {{strategy: pin, targets: [a]}}}}",
                "x: [a]",
                "x/a, which is a selector",
            ),
            (
                f"models: {{a: {{{FIXED}}}}}\npeers: {{x: {{proxy: http://p, models: [a]}}}}",
                "x: [a]",
                "x/a, which is a fully qualified peer",
            ),
            (
                f"models: {{c: {{{FIXED}}}, b/c: {{{FIXED}}}}}",
                "a: [b/c], a/b: [c]",
                "a/b/c, which is a name of model b/c",
            ),
        ):
            fault = only(f"{world}\nprofiles: {{{profiles}}}")
            self.assertIn(owner, fault)
            self.assertIn("profiles.", fault)

    def test_rivals(self) -> None:
        """What says otherwise who runs together cannot stand beside them; the new form is shown."""
        for more, rival in (
            ("groups: {g: {members: [a]}}", "groups"),
            ("matrix: {sets: {s: a}}", "matrix"),
            ("routing: {router: {use: group}}", "routing.router"),
            ("routing: {router: {settings: {groups: {g: {members: [a]}}}}}", "routing.router"),
        ):
            fault = only(f"{MODELS}profiles: {{x: [a, b]}}\n{more}")
            self.assertIn(f"profiles: profiles that are lists cannot be used together with {rival}: write `", fault)
            shown = "matrix: {sets: {x: a & b}}"
            self.assertIn(f"`{shown}`" if rival == "matrix" else shown, fault)
        self.assertIn("together with profiles that have pins", only(MODELS + "profiles: {x: [a], y: {pins: {z: a}}}"))
        settings(MODELS + "profiles: {x: [a]}\ngroups: {}\nrouting: {router: {}, scheduler: {use: fifo}}")

    def test_nobody_is_listed(self) -> None:
        """Empty lists change nothing, and can be left out."""
        loaded = settings(MODELS + "profiles: {x: []}")
        self.assertEqual((loaded.router, len(loaded.groups)), ("group", 1))
        self.assertIn("these name no models, so leave them out", loaded.warnings[0])

    def test_wrong_kinds(self) -> None:
        """Told once each; a name is not blank."""
        for profiles in ("x: [a, [b]]", "x: [a], y: b"):
            self.assertIn("where", only(f"{MODELS}profiles: {{{profiles}}}"))
        self.assertIn("names of profiles cannot be empty", only(MODELS + "profiles: {' ': [a]}"))

    def test_where_there_is_no_matrix(self) -> None:
        """The router has to exist."""
        with self.assertRaises(ConfigurationError) as caught:
            load([Source("c.yaml", MODELS + "profiles: {x: [a]}")], routers=Routers(["group"]))
        self.assertIn("unknown router matrix", str(caught.exception))

    @how(deadline=None)
    @given(
        st.dictionaries(
            st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S", "Zs"]), min_size=1, max_size=4),
            st.lists(st.sampled_from(["a", "b", "org/c", "m1"]), min_size=1, max_size=3),
            min_size=1,
            max_size=3,
        )
    )
    def test_any_translation_loads(self, profiles: dict[str, list[str]]) -> None:
        """Whatever the profiles are called, the form that is shown is good, and the same matrix."""
        text = MODELS + json.dumps({"profiles": profiles})[1:-1]
        try:
            old = settings(text)
        except ConfigurationError:
            return  # two of them make the same name
        self.assertEqual(translated(text).matrix, old.matrix)
