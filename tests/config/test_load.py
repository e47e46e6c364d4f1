"""A text becomes settings, or all of its problems at once."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.load import load
from llamaswap.config.schema import DEFAULT_IGNORE_PATH, Group, Limits, Settings
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError
from tests.config.loading import FIXED, only, problems, settings


class DefaultTests(SynchronousTestCase):
    """Nothing given."""

    def test_v02_empty(self) -> None:
        """An empty text, comments only, or null: all defaults and an empty default group."""
        expected = Settings(groups=(Group(id="(default)"),))
        for text in ("", "# nothing here\n", "~", "{}"):
            self.assertEqual(load([Source("c.yaml", text)]), expected)

    def test_null_sections(self) -> None:
        """A section without content is as if absent."""
        expected = Settings(groups=(Group(id="(default)"),))
        names = "models routing groups matrix apiKeys allowedHosts upstream limits logLevel logToStdout startPort peers"
        self.assertEqual(settings("".join(f"{name}:\n" for name in names.split())), expected)

    def test_root_must_be_a_mapping(self) -> None:
        """A list or a word at the top is refused, an empty list too (oddity 18)."""
        for text in ("foo", "[1]", "[]", "''"):
            self.assertIn("c.yaml:1:1: the top level must be a mapping", only(text))


class ServerKeyTests(SynchronousTestCase):
    """Top-level keys."""

    def test_health_check_timeout(self) -> None:
        """Less than 15 becomes 15; a fraction is cut off (V25, R10)."""
        self.assertEqual(
            [settings(f"healthCheckTimeout: {given}").health_check_timeout for given in ("3.9", "-1", "16", "~")],
            [15, 15, 16, 120],
        )
        self.assertIn("healthCheckTimeout: string `20` where an integer is needed", only('healthCheckTimeout: "20"'))

    def test_r03_global_ttl(self) -> None:
        """Not negative; nor is unloadTimeout."""
        self.assertIn("globalTTL must be >= 0", only("globalTTL: -1"))
        self.assertIn("unloadTimeout must be >= 0", only("unloadTimeout: -1"))

    def test_api_keys(self) -> None:
        """Text only, in order, duplicates and tabs included."""
        self.assertEqual(settings('apiKeys: [k1, "a\\tb", k1]').api_keys, ("k1", "a\tb", "k1"))
        self.assertEqual(settings("apiKeys: []").api_keys, ())

    def test_a_file_with_keys_never_runs_open(self) -> None:
        """Whatever is not a good key is an error, never fewer keys (R07, R08)."""
        for text in ("[k, 5]", "[~]", "[true]", "[[k]]", "[{k: v}]", "[2024-01-01]", "key", "5", "{k: v}"):
            self.assertEqual(len(problems(f"apiKeys: {text}")), 1, text)
        self.assertIn("apiKeys[1] cannot contain spaces", only('apiKeys: [ok, "a b"]'))
        self.assertIn("empty api key", only('apiKeys: [""]'))

    def test_keys_are_never_quoted(self) -> None:
        """No message shows a key."""
        for text in ('["my secret"]', "secret", "{secret: 1}"):
            self.assertNotIn("secret", only(f"apiKeys: {text}"))

    def test_allowed_hosts(self) -> None:
        """A list of names, compared without regard to case."""
        self.assertEqual(settings("allowedHosts: [Box.LAN, 10.0.0.5]").allowed_hosts, ("box.lan", "10.0.0.5"))
        self.assertIn("an empty host name", only("allowedHosts: ['']"))
        self.assertIn("a list is needed", only("allowedHosts: box"))

    def test_ignore_paths(self) -> None:
        """RE2 patterns; an empty list leaves the default (oddity 21, R09)."""
        self.assertEqual(settings("upstream: {ignorePaths: ['^/x', ~, y$]}").ignore_paths, ("^/x", "y$"))
        self.assertEqual(settings("upstream: {ignorePaths: []}").ignore_paths, (DEFAULT_IGNORE_PATH,))
        self.assertIn(
            "upstream.ignorePaths[1]: invalid regular expression `(?=x)`", only('upstream: {ignorePaths: [a, "(?=x)"]}')
        )

    def test_logging(self) -> None:
        """Levels and formats are trimmed, lower-cased and never refused; outputs are exact (V25, R05)."""
        loaded = settings('logLevel: " WARN "\nlogTimeFormat: RFC3339\nlogToStdout: both\nlogRequests: true')
        self.assertEqual((loaded.log_level, loaded.log_time_format, loaded.log_to_stdout), ("warn", "rfc3339", "both"))
        odd = settings("logLevel: LOUD\nlogTimeFormat: iso\n")
        self.assertEqual((odd.log_level, odd.log_time_format, len(odd.warnings)), ("info", "", 2))
        self.assertIn("logToStdout must be one of proxy, upstream, both, none", only("logToStdout: Both"))
        self.assertIn("logToStdout must be one of", only("logToStdout: ''"))

    def test_aliases_in_the_list(self) -> None:
        """A truth."""
        self.assertTrue(settings("includeAliasesInList: on").include_aliases_in_list)

    def test_limits(self) -> None:
        """Positive numbers; bytes are whole."""
        given = settings(
            "limits: {headerBytes: 1, headerSeconds: 0.5, bodyBytes: 2.9, bodyIdle: 3, keepAlive: 4}"
        ).limits
        self.assertEqual(given, Limits(header_bytes=1, header_seconds=0.5, body_bytes=2, body_idle=3.0, keep_alive=4.0))
        self.assertEqual(
            len(problems("limits: {headerBytes: 0, headerSeconds: 0, bodyBytes: -1, bodyIdle: .inf, keepAlive: x}")), 5
        )

    def test_unsupported_sections(self) -> None:
        """What later versions read is a warning with its line; it is not looked at."""
        loaded = settings('macros: {a: "${b}"}\npeers: []\nprofiles: {p: [a]}\n')
        expected = [
            f"c.yaml:{line}:1: `{name}` is not supported by this version and is ignored"
            for line, name in ((1, "macros"), (2, "peers"), (3, "profiles"))
        ]
        self.assertEqual(list(loaded.warnings), expected)


class ProblemTests(SynchronousTestCase):
    """Everything wrong, at once."""

    def test_ten_mistakes_are_ten_problems(self) -> None:
        """Each with its own line, in the order of the text."""
        text = f"""\
startPort: 0
healthCheckTimeout: soon
logToStdout: Both
apiKeys: ["a b"]
models:
  a: {{{FIXED}, ttl: -2}}
  b: {{cmd: s}}
  c: {{{FIXED}, name: "${{X}}"}}
  a: {{}}
groups:
  g: {{members: [zz]}}
limits: {{keepAlive: 0}}
"""
        found = problems(text)
        self.assertEqual([problem.line for problem in found], [1, 2, 3, 4, 6, 7, 8, 9, 11, 12])
        self.assertEqual({problem.file for problem in found}, {"c.yaml"})

    def test_warnings_come_along(self) -> None:
        """A misspelt key, often the cause of a problem, is told beside it."""
        with self.assertRaises(ConfigurationError) as caught:
            settings('models: {m: {cmd: s, prozy: "http://h:1"}}')
        self.assertIn("did you mean `proxy`?", str(caught.exception.warnings[0]))

    def test_nothing_is_told_of_a_text_that_is_no_yaml(self) -> None:
        """A text that cannot be read has one problem."""
        self.assertEqual(len(problems("a: [1\nb: 2\nstartPort: 0\n")), 1)

    def test_v20_duplicate_model(self) -> None:
        """The second definition is the problem, however it is quoted."""
        self.assertIn(
            "c.yaml:1:32: key `m` is already defined at line 1", only('models: {m: {proxy: http://h}, "m": {}}')
        )
