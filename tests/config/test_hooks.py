"""What is done at the start, when nobody asks for anything, and at the turns of a model's life (section 15)."""

from __future__ import annotations

import json
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.describe import tell
from llamaswap.config.schema import MOMENTS, Hook, IdleModel
from llamaswap.ids import ModelId
from tests.config.loading import FIXED, only, problems, settings, warnings
from tests.config.places import underlined

MODELS = f"models: {{a: {{{FIXED}, aliases: [aa]}}, b: {{{FIXED}}}}}\npeers: {{p: {{proxy: http://p, models: [x]}}}}\n"
A, B = ModelId("a"), ModelId("b")


class PreloadTests(SynchronousTestCase):
    """`hooks.on_startup.preload`."""

    def preload(self, names: str) -> str:
        return f"{MODELS}hooks: {{on_startup: {{preload: {names}}}}}"

    def test_v36_clean_up(self) -> None:
        """Trimmed, blanks dropped, aliases resolved; order and repetitions stay."""
        self.assertEqual(settings(self.preload('[" aa ", "", ~, a]')).preload, ("a", "a"))
        self.assertEqual(settings(self.preload("~")).preload, ())

    def test_other_names(self) -> None:
        """What is no model here is dropped with a warning (oddity 20)."""
        text = self.preload("[nope, x, a, p/x]")
        self.assertEqual(settings(text).preload, ("a",))
        for index, name in ((0, "nope"), (1, "x"), (3, "p/x")):
            self.assertIn(f"hooks.on_startup.preload[{index}]: {name} is not a model of this server", warnings(text))

    def test_wrong_kinds(self) -> None:
        """Told once, at every level; unknown keys are warned of."""
        for text in (self.preload("a"), self.preload("[[a]]"), "hooks: [a]", "hooks: {on_startup: a}"):
            self.assertIn("where", only(text))
        self.assertIn("did you mean `on_startup`?", warnings("hooks: {onStartup: {}}"))
        self.assertIn("unknown key `load`", warnings("hooks: {on_startup: {load: [a]}}"))


class IdleModelTests(SynchronousTestCase):
    """`hooks.idle_model`."""

    def idle(self, keys: str) -> str:
        return f"{MODELS}hooks: {{idle_model: {keys}}}"

    def test_what_it_means(self) -> None:
        """An alias is its model; five minutes when nothing is said."""
        self.assertEqual(settings(self.idle("{model: ' aa '}")).idle_model, IdleModel(model=A, after=300.0))
        self.assertEqual(settings(self.idle("{model: b, after: 0.5}")).idle_model, IdleModel(model=B, after=0.5))
        self.assertIsNone(settings(self.idle("~")).idle_model)

    def test_mistakes(self) -> None:
        """The model must be one of this server, and the time some."""
        for keys, fault in (
            ("{model: nope}", "hooks.idle_model.model: nope is not a model of this server"),
            ("{model: p/x}", "hooks.idle_model.model: p/x is not a model of this server"),
            ("{after: 5}", "hooks.idle_model: idle_model: model is needed"),
            ("{model: ' '}", "hooks.idle_model.model: idle_model: model is needed"),
            ("{model: a, after: 0}", "hooks.idle_model.after: must be > 0"),
            ("{model: a, after: 5m}", "where a number of seconds is needed"),
            ("a", "where a mapping is needed"),
        ):
            self.assertIn(fault, only(self.idle(keys)))

    def test_a_mistake_elsewhere_is_told_once(self) -> None:
        """A model that is unknown because peers cannot be read is not complained of as well."""
        found = problems(f"models: {{a: {{{FIXED}}}}}\npeers: []\nhooks: {{idle_model: {{model: x}}}}")
        self.assertEqual([problem.path for problem in found], ["peers"])


class HookTests(SynchronousTestCase):
    """`hooks.before_load` and the other turns of a model's life."""

    def hooks(self, entries: str, moment: str = "before_load") -> str:
        return f"{MODELS}hooks: {{{moment}: {entries}}}"

    def read(self, entries: str, moment: str = "before_load") -> tuple[Hook, ...]:
        return settings(self.hooks(entries, moment)).hooks.get(moment, ())

    def test_what_it_means(self) -> None:
        """A list in its order, one that stands alone, and the defaults."""
        for moment in MOMENTS:
            self.assertEqual(self.read("{command: say x}", moment), (Hook(command="say x"),))
        both = self.read(
            "[{command: one, timeout: 0.5, required: yes, models: [aa, b, a]}, ~, {webhook: 'https://h/x'}]"
        )
        one = Hook(command="one", timeout=0.5, required=True, models=(A, B))
        self.assertEqual(both, (one, Hook(webhook="https://h/x")))
        for nothing in ("~", "[]", "[~]"):
            self.assertEqual(self.read(nothing), ())

    def test_it_is_described_in_the_words_of_a_file(self) -> None:
        """What was read is what the description means."""
        text = self.hooks("[{command: one, required: true, models: [a]}, {webhook: 'http://h'}]")
        told = tell(settings(text))["hooks"]
        again = settings(f"{MODELS}hooks: {json.dumps(told)}")
        self.assertEqual(again.hooks, settings(text).hooks)

    def test_macros(self) -> None:
        """They are filled in, as everywhere."""
        text = "macros: {host: h1, span: 3}\n" + self.hooks("{webhook: 'http://${host}/x', timeout: '${span}'}")
        self.assertEqual(settings(text).hooks["before_load"], (Hook(webhook="http://h1/x", timeout=3.0),))

    def test_one_of_two(self) -> None:
        """Nothing to do, or two things at once, is a mistake."""
        for entry in ("{}", "{timeout: 3}", "{command: x, webhook: 'http://h'}", "{command: ~}"):
            self.assertIn("hooks.before_load: either `command` or `webhook` is needed", only(self.hooks(entry)))
        self.assertIn("hooks.before_load[1]: either", only(self.hooks("[{command: x}, {}]")))

    def test_commands(self) -> None:
        """They have words, of which none can be one that no program can be given."""
        self.assertIn("names no program", only(self.hooks('{command: " "}')))
        self.assertIn("the character NUL", only(self.hooks('{command: "x \\0"}')))

    def test_urls(self) -> None:
        """They can be posted to; what is wrong with them is told without showing them."""
        for url, fault in (
            ("ftp://h/SECRET", "it must begin with http:// or https://"),
            ("/SECRET", "it must begin with http:// or https://"),
            ("http:///SECRET", "it names no host"),
            ("http://h:99999/SECRET", "its host or port cannot be read"),
            ("http://a..b/SECRET", "its host cannot be the name of a host"),
            ("http://h/SECRET\\nx", "it holds a control character"),
            ("http://h/%SECRET", ""),
        ):
            told = only(self.hooks(f'{{webhook: "{url}"}}'))
            self.assertIn(f"hooks.before_load.webhook: invalid webhook URL: {fault}", told)
            self.assertNotIn("SECRET", told.replace("%SE", ""))
        for url in ("http://user:pw@[::1]:8/x?y", "HTTPS://h", "http://ü.example/ü"):
            self.assertEqual(self.read(f'{{webhook: "{url}"}}')[0].webhook, url)

    def test_wrong_kinds(self) -> None:
        """Every key, told once; editors underline the same place."""
        kinds: dict[str, tuple[Any, ...]] = {
            "command": ([1], {}),
            "timeout": ("5s", True, [1]),
            "required": ("maybe", 1),
            "models": ("a", {}, [[1]]),
        }
        for key, values in kinds.items():
            for value in values:
                entry = json.dumps([{"command": "x", key: value}])
                self.assertIn("where", only(self.hooks(entry)), entry)
                (place,) = underlined({"hooks": {"before_load": json.loads(entry)}})
                self.assertIn(f"hooks.before_load.0.{key}", place)
        wrong: list[Any] = ["x", 5, ["x"], [[]]]
        for entries in wrong:
            self.assertIn("where", only(self.hooks(json.dumps(entries))))
            self.assertNotEqual(underlined({"hooks": {"before_load": entries}}), [])
        self.assertIn("must be > 0", only(self.hooks("{command: x, timeout: 0}")))

    def test_unknown_keys(self) -> None:
        """As everywhere: a warning, with what was probably meant."""
        self.assertIn("did you mean `command`?", warnings(self.hooks("{command: x, comand: y}")))
        self.assertIn("did you mean `after_load`?", warnings(f"{MODELS}hooks: {{afterLoad: ~}}"))

    def test_unknown_models(self) -> None:
        """They are dropped with a warning, and a hook for none of the rest never becomes one for all."""
        text = self.hooks("{command: x, models: [nope, a, p/x]}")
        self.assertEqual(settings(text).hooks["before_load"][0].models, (A,))
        self.assertIn("hooks.before_load.models[0]: nope is not a model of this server", warnings(text))
        for none in ("[nope]", "[]"):
            text = self.hooks(f"{{command: x, models: {none}}}")
            self.assertEqual(settings(text).hooks["before_load"][0].models, ())
            self.assertIn("this hook never runs", warnings(text))

    def test_required_where_nothing_can_be_refused(self) -> None:
        """A stop cannot be prevented: a warning says so."""
        for moment in MOMENTS:
            told = warnings(self.hooks("{command: x, required: true}", moment))
            self.assertEqual("`required` has no effect" in told, moment.endswith("unload"), moment)
