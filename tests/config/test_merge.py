"""Several files become one configuration, or every conflict between them is told (section 3)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.load import load
from llamaswap.config.schema import Settings
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError, Problem
from tests.config.loading import keys_of

M = '{cmd: s, proxy: "http://h:1"}'


def loaded(*texts: str) -> Settings:
    return load([Source(f"{name}.yaml", text) for name, text in zip("abcd", texts, strict=False)])


def problems(*texts: str) -> tuple[Problem, ...]:
    try:
        loaded(*texts)
    except ConfigurationError as error:
        return error.problems
    raise AssertionError(f"loads: {texts}")


class MergeTests(SynchronousTestCase):
    """Two files and more."""

    def test_empty_files_contribute_nothing(self) -> None:
        """Nothing, comments, null and `{}`; all of them together are the defaults."""
        self.assertEqual(loaded("", "# x", "~", "{}"), loaded(""))
        self.assertEqual(loaded("", "startPort: 7", "").start_port, 7)

    def test_null_gives_way(self) -> None:
        """To any kind and in either order, spelled out too (oddity 7)."""
        for null in ("", "~", "null"):
            self.assertEqual(keys_of(loaded(f"apiKeys: {null}", "apiKeys: [k]")), ("k",))
            self.assertEqual(loaded("limits: {keepAlive: 3}", f"limits: {null}").limits.keep_alive, 3)

    def test_sections_grow(self) -> None:
        """Mappings key by key, lists one behind the other."""
        merged = loaded(
            "limits: {keepAlive: 3}\napiKeys: [a]", "limits: {bodyIdle: 4}", "apiKeys: [b, a]\nlimits: {keepAlive: 3}"
        )
        self.assertEqual((merged.limits.keep_alive, merged.limits.body_idle), (3, 4))
        self.assertEqual(keys_of(merged), ("a", "b", "a"))

    def test_conflicts_are_told_at_the_later_file(self) -> None:
        """All of them, and nothing else; the message names the key path."""
        found = problems(
            f"startPort: 1\nlimits: {{keepAlive: 5}}\nmodels: {{x: {M}}}",
            f"startPort: 2\nlimits: [1]\nmodels: {{y: {M}, x: {M}}}",
        )
        self.assertEqual(
            [str(problem) for problem in found],
            [
                'b.yaml:1:12: startPort: conflict at "startPort": different value in b.yaml; the other is at a.yaml:1',
                'b.yaml:2:9: limits: conflict at "limits": incompatible kinds in b.yaml; the other is at a.yaml:2',
                'b.yaml:3:44: models.x: duplicate models "x" in b.yaml; the other is at a.yaml:3',
            ],
        )

    def test_named_sections_belong_to_one_file_each(self) -> None:
        """Groups in the new style too; other mappings may be spread."""
        one = "routing: {router: {settings: {groups: {g: {}}}}}"
        self.assertIn('duplicate groups "g" in b.yaml', problems(one, one)[0].message)
        fifo = "routing: {scheduler: {settings: {fifo: {priority: {%s: 1}}}}}"
        spread = loaded(f"models: {{x: {M}, y: {M}}}", fifo % "x", fifo % "y")
        self.assertEqual(dict(spread.priorities), {"x": 1, "y": 1})

    def test_an_anchor_belongs_to_its_file(self) -> None:
        """Equal names in two files are two anchors, whatever the order (oddity 8); another file's is unknown."""
        merged = loaded(f"d: &m {M}\nmodels: {{x: *m}}", "e: &m {proxy: http://i}\nmodels: {y: *m}")
        self.assertEqual([model.proxy for model in merged.models.values()], ["http://h:1", "http://i"])
        self.assertIn(
            "b.yaml:1:13: the alias names an anchor that was not", str(problems("d: &m {}", "models: {y: *m}")[0])
        )

    def test_all_unreadable_files_are_told(self) -> None:
        """One that is no YAML does not hide the mistakes of another."""
        found = problems("a: [", "startPort: 1", "[]", "b: }")
        self.assertEqual([problem.file for problem in found], ["a.yaml", "c.yaml", "d.yaml"])

    def test_a_mistake_names_its_file(self) -> None:
        """Every problem stands where its value was written."""
        found = problems("startPort: 0", "models: {m: {ttl: x, cmd: '${PORT}'}}")
        self.assertEqual([str(problem)[:12] for problem in found], ["a.yaml:1:12:", "b.yaml:1:19:"])

    @given(st.lists(st.sampled_from(["startPort: 7", "", "apiKeys: [k]", "limits: {keepAlive: 3}", "x: {y: {z: 1}}"])))
    def test_files_that_agree_never_conflict(self, texts: list[str]) -> None:
        """The same word in any number of files is that word."""
        merged = loaded(*texts[:4], "")
        self.assertIn(merged.start_port, (7, 5800))
