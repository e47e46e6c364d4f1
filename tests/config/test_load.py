"""A text becomes settings, or all of its problems at once."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.load import load
from llamaswap.config.schema import DEFAULT_IGNORE_PATH, Group, Limits, Settings
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError
from tests.config.loading import FIXED, keys_of, only, problems, settings, warnings


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
        self.assertEqual(keys_of(settings('apiKeys: [k1, "a\\tb", k1]')), ("k1", "a\tb", "k1"))
        self.assertEqual(keys_of(settings("apiKeys: []")), ())
        self.assertEqual(keys_of(settings("apiKeys: [123456]")), ("123456",))

    def test_a_file_with_keys_never_runs_open(self) -> None:
        """Whatever is not a good key is an error, never fewer keys (R07, R08)."""
        for text in ("[k, 0x5]", "[~]", "[true]", "[[k]]", "[{k: v}]", "[2024-01-01]", "key", "5", "{k: v}"):
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
        self.assertIn("ignorePaths[0]: a list where text", only("upstream: {ignorePaths: [[], x]}"))

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

    def test_inherited(self) -> None:
        """What models inherit stands in the settings too."""
        text = "globalTTL: 1\nunloadTimeout: 2\nqueueSize: 3\nqueueTimeout: 4\nsendLoadingState: on\n"
        loaded = settings(text + f"models: {{m: {{{FIXED}}}, n: {{{FIXED}, sendLoadingState: off}}}}")
        found = (loaded.global_ttl, loaded.unload_timeout, loaded.queue_size, loaded.queue_timeout)
        self.assertEqual((*found, loaded.send_loading_state), (1, 2, 3, 4.0, True))
        self.assertEqual([model.send_loading_state for model in loaded.models.values()], [True, False])

    def test_activity(self) -> None:
        """Sizes that make no sense act as the default, or as nothing."""
        self.assertEqual(
            [settings(f"metricsMaxInMemory: {n}").metrics_max_in_memory for n in (-1, 0, 7)], [1000, 1000, 7]
        )
        self.assertEqual([settings(f"captureBuffer: {n}").capture_buffer for n in (-1, 0, 7.9, "~")], [0, 0, 7, 5])

    def test_performance(self) -> None:
        """At least five seconds; zero is as if absent (R01, R02, V25)."""
        found = [settings(f"performance: {{every: {every}}}").performance.every for every in ("0s", "'0'", "~", "1m5s")]
        self.assertEqual(found, [5.0, 5.0, 5.0, 65.0])
        self.assertTrue(settings("performance: {disabled: yes}").performance.disabled)
        for every in ("4999ms", "-5s", "1ns"):
            fault = only(f"performance: {{every: {every}}}")
            self.assertIn(f"performance.every: every must be at least 5s, got {every}", fault)
        self.assertIn("`10` where a duration with its unit", only("performance: {every: 10}"))
        self.assertIn("unknown key `enable`", warnings("performance: {enable: true}"))

    def test_store(self) -> None:
        """A path that is not blank, trimmed (R06, oddity 26)."""
        self.assertEqual([settings(f"store: {given}").store_path for given in ("~", "{path: ' a b '}")], [None, "a b"])
        for text in ("{}", "{path: }", "{path: ''}", "{path: ' '}"):
            self.assertIn("store.path must not be empty", only(f"store: {text}"))
        self.assertIn("the character NUL", only('store: {path: "a\\0"}'))
        self.assertIn("store: string `x` where a mapping", only("store: x"))
        self.assertIn("store.path: a list where text", only("store: {path: [a]}"))

    def test_session_headers(self) -> None:
        """Trimmed, blanks dropped, each once in its first spelling; null is an empty list (V25)."""

        def found(text: str) -> tuple[str, ...]:
            return settings(f"ui: {text}").session_id_headers

        self.assertEqual(found('{activity: {session_id: [" X-A ", x-a, "", X-B, ~]}}'), ("X-A", "X-B"))
        for text in ("{activity: {session_id: ~}}", "{activity: {session_id: []}}"):
            self.assertEqual(found(text), ())
        for text in ("~", "{}", "{activity: }", "{activity: {}}"):
            self.assertEqual(found(text), Settings().session_id_headers)
        self.assertIn("ui.activity.session_id: string `X` where a list", only("ui: {activity: {session_id: X}}"))
        self.assertEqual(len(problems("ui: {activity: X}")), 1)


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
