"""Texts that are hard on the loader: it stays quick and small, and quotes no secret."""

from __future__ import annotations

import tracemalloc

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.load import load
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError
from tests.config.loading import problems


class LoaderTests(SynchronousTestCase):
    """Texts that the loader is hard on."""

    def test_each_model_that_shares_a_text_is_told(self) -> None:
        """An anchored text is wrong in two models for two reasons, and in a third place."""
        text = """\
            defs: &b {cmd: 's ${Q} ${R}', proxy: 'http://h:1'}
            models:
              a: {<<: *b, macros: {Q: 1}}
              b: {<<: *b, macros: {R: 1}}
            """
        self.assertEqual([each.path for each in problems(text)], ["models.b.cmd", "models.a.cmd"])

    def test_aliases_of_texts_with_macros_are_no_bomb(self) -> None:
        """150 KB must not become 300 MB: what does not grow is not counted, but is copied for each alias."""
        text = f"macros: {{A: '1234'}}\nd: &d '{'y' * 100_000}${{A}}'\nl: [{','.join(['*d'] * 3000)}]\n"
        self.assertLess(self.peak(text), 100_000_000)

    def test_aliases_of_texts_with_a_port_are_no_bomb(self) -> None:
        """Nor by what is filled in later."""
        metadata = f"{{a: &d '{'y' * 100_000}${{PORT}}', l: [{','.join(['*d'] * 3000)}]}}"
        self.assertLess(self.peak(f"models: {{m: {{cmd: 's ${{PORT}}', metadata: {metadata}}}}}"), 100_000_000)

    def test_messages_are_bounded(self) -> None:
        """A long name that is wrong in a thousand places is not told in full."""
        text = f"d: &d '{'y' * 100_000}'\ngroups: {{g: {{members: [{','.join(['*d'] * 1000)}]}}}}\n"
        self.assertLess(self.peak(text), 100_000_000)

    def peak(self, text: str) -> int:
        tracemalloc.start()
        try:
            load([Source("c.yaml", text)])
        except ConfigurationError:
            pass
        finally:
            peak = tracemalloc.get_traced_memory()[1]
            tracemalloc.stop()
        return peak

    def test_secrets_are_not_quoted(self) -> None:
        """A key or a password that is not what it should be does not come to the log."""
        key = "peers: {p: {proxy: 'http://h', models: [x], apiKey: ${env.KEY}}}"
        for text, value in (
            (key, "*hunter2"),
            ("apiKeys:\n  - ${env.KEY}", "!!int hunter2"),
            ("peers: {p: {proxy: 'http://user:${env.KEY}@h', models: [x]}}", "hunter2/x"),
            ("models: {m: {cmd: s, proxy: 'http://user:${env.KEY}@h'}}", "hunter2#x"),
        ):
            with self.assertRaises(ConfigurationError) as caught:
                load([Source("c.yaml", text)], environ={"KEY": value})
            self.assertNotIn("hunter2", str(caught.exception))

    def test_long_digits(self) -> None:
        """A duration of many digits is refused as quickly as a short one; quadratic, this would take minutes."""
        self.assertEqual(len(problems(f"performance: {{every: '{'1' * 200_000}'}}")), 1)

    def test_no_part_of_a_secret_is_quoted(self) -> None:
        """Not the beginning of a long one that is cut, nor what is left of one that holds another."""
        for value in ("hunter2" + "x" * 100, 'hunter2\\"secret', "short-hunter2"):
            with self.assertRaises(ConfigurationError) as caught:
                load(
                    [Source("c.yaml", "globalTTL: ${env.KEY}\nlogLevel: ${env.OTHER}\nstartPort: '${env.KEY}'\n")],
                    environ={"KEY": value, "OTHER": "short"},
                )
            for problem in (*caught.exception.problems, *caught.exception.warnings):
                self.assertNotIn("hunter2", str(problem))

    def test_values_that_would_break_a_line(self) -> None:
        """What YAML takes for a line break is refused like a newline: it would move every place behind it."""
        for value in ("a\u2028b", "a\x85b"):
            with self.assertRaises(ConfigurationError) as caught:
                load([Source("c.yaml", 'x: "${env.E}"\nstartPort: 0\n')], environ={"E": value})
            self.assertEqual([each.line for each in caught.exception.problems], [1, 2])

    def test_where_a_quote_was_opened_is_told(self) -> None:
        """The end of the file (a line that does not even exist) helps nobody."""
        (problem,) = problems('models: {}\nlogLevel: "info\nstartPort: 5800\n' + "globalTTL: 1\n" * 50)
        self.assertTrue(problem.line == 2 or "line 2" in problem.message, str(problem))

    def test_an_unfinished_last_line_is_told_there(self) -> None:
        """Not at the line behind it, which is not there."""
        (problem,) = problems("models: {m: {cmd: s}")
        self.assertEqual(problem.line, 1)
