"""Each key of a model is checked, and what it leaves out is inherited (sections 8 and 10)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.commands import Dialect
from llamaswap.config.load import load
from llamaswap.config.schema import NO_CHECK, Capabilities, Model, Timeouts
from llamaswap.config.source import Source
from llamaswap.ids import ModelId
from tests.config.loading import FIXED, model, only, settings, warnings


class KeyTests(SynchronousTestCase):
    """One model."""

    def test_v01_minimal(self) -> None:
        """A command is enough."""
        loaded = settings('models:\n  m: {cmd: "srv --port ${PORT}"}\n')
        expected = Model(id=ModelId("m"), cmd="srv --port 5800", proxy="http://localhost:5800", port=5800)
        self.assertEqual(loaded.models, {"m": expected})
        self.assertEqual((expected.check_endpoint, expected.ttl, expected.unload_timeout), ("/health", 0, 10))

    def test_every_key(self) -> None:
        """What is given is taken."""
        limits = "ttl: 5, unloadTimeout: 6, concurrencyLimit: 7, queueSize: 8, queueTimeout: 9.5"
        words = 'useModelName: u, name: " N ", description: " D ", cmdStop: "kill ${PID}", checkEndpoint: /ready'
        keys = f"{limits}, {words}, env: [A=1], aliases: [x], unlisted: yes"
        self.assertEqual(
            model(f"{FIXED}, {keys}"),
            Model(
                id=ModelId("m"), cmd="s", proxy="http://h:1", env=("A=1",), aliases=("x",), use_model_name="u",
                ttl=5, unload_timeout=6, concurrency_limit=7, queue_size=8, queue_timeout=9.5, unlisted=True,
                name=" N ", description=" D ", cmd_stop="kill ${PID}", check_endpoint="/ready",
            ),
        )  # fmt: skip

    def test_null_is_absent(self) -> None:
        """A key without a value keeps its default."""
        self.assertEqual(model("cmd: '${PORT}', proxy: , ttl: ~, env: ~, name:").proxy, "http://localhost:5800")

    def test_null_model_is_an_empty_one(self) -> None:
        """A model without keys is told what it lacks, as `{}` is (oddity 3)."""
        self.assertIn("model m: there is no cmd", only("models:\n  m:\n"))

    def test_v21_numeric_id(self) -> None:
        """An ID that looks like a number is its text (oddity 1)."""
        self.assertEqual(
            list(settings('models: {70: {cmd: "${PORT}"}, 1.10: {cmd: "${PORT}"}}').models), ["1.10", "70"]
        )

    def test_ids_are_sorted_free_text(self) -> None:
        """Nothing is trimmed, and the order is that of code points."""
        self.assertEqual(
            list(
                settings(
                    "models: {b/c: {proxy: http://h}, ' a': {proxy: http://h}, '': {proxy: http://h}, B: {proxy: http://h}}"
                ).models
            ),
            ["", " a", "B", "b/c"],
        )

    def test_v07_comments_of_a_command(self) -> None:
        """The stored command keeps all but its comment lines, cmdStop likewise."""
        loaded = settings("""
            models:
              m:
                proxy: http://h:1
                cmd: |
                  srv \\
                    # no
                    b # yes

                cmdStop: |
                  # no
                  halt
        """).models[ModelId("m")]
        self.assertEqual((loaded.cmd, loaded.cmd_stop), ("srv \\\n  b # yes\n", "halt\n"))

    def test_ttl(self) -> None:
        """-1 is the global value, 0 never, less is refused (R21)."""
        text = f"globalTTL: 60\nmodels: {{a: {{{FIXED}}}, b: {{{FIXED}, ttl: 0}}, c: {{{FIXED}, ttl: -1}}}}"
        self.assertEqual([model.ttl for model in settings(text).models.values()], [60, 0, 60])
        self.assertIn("models.m.ttl: invalid TTL value -2", only(f"models: {{m: {{{FIXED}, ttl: -2}}}}"))

    def test_unload_timeout(self) -> None:
        """0 is the global value, of which 0 is the default; negative ones are refused."""
        text = "unloadTimeout: %d\nmodels: {a: {%s}, b: {%s, unloadTimeout: 45}, c: {%s, unloadTimeout: 0}}"
        for given, inherited in ((0, 10), (20, 20)):
            loaded = settings(text % (given, FIXED, FIXED, FIXED))
            self.assertEqual([model.unload_timeout for model in loaded.models.values()], [inherited, 45, inherited])
        self.assertIn("invalid unloadTimeout value -1", only(f"models: {{m: {{{FIXED}, unloadTimeout: -1}}}}"))

    def test_concurrency_limit(self) -> None:
        """Less than 1 is the default; the ComfyUI model has at least 50 (V25, V29)."""
        self.assertEqual(model(f"{FIXED}, concurrencyLimit: -4").concurrency_limit, 10)
        for given, limit in ((5, 50), (80, 80)):
            loaded = settings(f"models: {{comfyui_auto: {{cmd: '${{PORT}}', concurrencyLimit: {given}}}}}")
            self.assertEqual(loaded.models[ModelId("comfyui_auto")].concurrency_limit, limit)

    def test_queue(self) -> None:
        """Size and timeout are global or a model's own; 0 is a value of its own."""
        two = f"models: {{a: {{{FIXED}}}, b: {{{FIXED}, queueSize: 0, queueTimeout: 0}}}}"
        text = f"queueSize: 5\nqueueTimeout: 2.5\n{two}"
        self.assertEqual(
            [(model.queue_size, model.queue_timeout) for model in settings(text).models.values()], [(5, 2.5), (0, 0.0)]
        )
        self.assertIn("queueSize: must be >= 0, not -1", only("queueSize: -1"))
        self.assertIn(
            "models.m.queueTimeout: must be >= 0, not -1", only(f"models: {{m: {{{FIXED}, queueTimeout: -1}}}}")
        )

    def test_proxy(self) -> None:
        """A proxy is a URL (R22); one that no request can reach is a warning."""
        self.assertIn("models.m.proxy: invalid proxy URL", only('models: {m: {cmd: s, proxy: "127.0.0.1:8080"}}'))
        loaded = settings('models: {m: {cmd: s, proxy: ""}, n: {cmd: s, proxy: "localhost:80"}}')
        self.assertEqual([model.proxy for model in loaded.models.values()], ["", "localhost:80"])
        self.assertEqual(["not an http:// or https:// URL" in warning for warning in loaded.warnings], [True, True])

    def test_w09_check_endpoint(self) -> None:
        """A malformed path is refused at load, `none` is recognised, and what is kept can be sent."""
        self.assertEqual(model(f'{FIXED}, checkEndpoint: " none "').check_endpoint, NO_CHECK)
        self.assertEqual(model(f'{FIXED}, checkEndpoint: "/a b"').check_endpoint, "/a%20b")
        for path in ("/%zz", "http://h:port/", "/a\\nb"):
            self.assertIn(
                "models.m.checkEndpoint: invalid path", only(f'models: {{m: {{{FIXED}, checkEndpoint: "{path}"}}}}')
            )

    def test_no_character_nul(self) -> None:
        """What a process is started with cannot hold the character NUL."""
        for keys in ('cmd: "s\\0", proxy: "http://h"', f'{FIXED}, cmdStop: "\\0"', f'{FIXED}, env: ["A=\\0"]'):
            self.assertIn("holds the character NUL", only(f"models: {{m: {{{keys}}}}}"))

    def test_overruled_key(self) -> None:
        """A model's healthCheckTimeout is checked and has no effect, as ever."""
        self.assertEqual(settings(f"models: {{m: {{{FIXED}, healthCheckTimeout: 5}}}}").warnings, ())
        self.assertIn("an integer is needed", only(f"models: {{m: {{{FIXED}, healthCheckTimeout: x}}}}"))

    def test_not_a_mapping(self) -> None:
        """`models` and each model are mappings."""
        self.assertIn("models: a list where a mapping is needed", only("models: [a]"))
        self.assertIn("models.m: string `x` where a mapping is needed", only("models: {m: x}"))
        self.assertEqual(settings("models:").models, {})

    def test_loading_state(self) -> None:
        """The global word, unless a model has its own."""
        text = f"sendLoadingState: true\nmodels: {{a: {{{FIXED}}}, b: {{{FIXED}, sendLoadingState: no}}}}"
        self.assertEqual([model.send_loading_state for model in settings(text).models.values()], [True, False])
        self.assertFalse(model(FIXED).send_loading_state)

    def test_timeouts(self) -> None:
        """Keys override singly, 0 stays 0, and less than that is no limit either (V26)."""
        given = model(f"{FIXED}, timeouts: {{connect: 0, responseHeader: 120, idleConn: -5, keepalive: ~}}").timeouts
        self.assertEqual(given, Timeouts(connect=0, response_header=120, idle_conn=0))
        self.assertEqual(
            model(f"{FIXED}, timeouts: {{tlsHandshake: 1, expectContinue: 2}}").timeouts.expect_continue, 2
        )
        odd = warnings(f"models: {{m: {{{FIXED}, timeouts: {{keepAlive: 5}}}}}}")
        self.assertIn("models.m.timeouts: unknown key `keepAlive` is ignored; did you mean `keepalive`?", odd)
        self.assertNotIn("no effect", str(warnings(f"models: {{m: {{{FIXED}, timeouts: {{connect: 5}}}}}}")))

    def test_memory(self) -> None:
        """The two keys of the section, each with its default."""
        loaded = settings("memory: {settle: 0}")
        self.assertEqual((loaded.memory_settle, loaded.memory_retry), (0.0, True))
        loaded = settings("memory: {retry: no}")
        self.assertEqual((loaded.memory_settle, loaded.memory_retry), (5.0, False))
        self.assertIn("must be >= 0", only("memory: {settle: -1}"))

    def test_websockets(self) -> None:
        """As the file says, but never counted for ComfyUI's model (V29)."""
        self.assertTrue(model(f"{FIXED}, compat: {{ignoreWebsockets: true}}").ignore_websockets)
        text = f"models: {{comfyui_auto: {{{FIXED}, compat: {{ignoreWebsockets: false}}}}}}"
        self.assertTrue(settings(text).models[ModelId("comfyui_auto")].ignore_websockets)

    def test_capabilities(self) -> None:
        """Known modalities in any number, two truths and a size (R24)."""
        given = model(
            f"{FIXED}, capabilities: {{in: [text, text], out: [image], tools: on, reranker: y, context: 8e3}}"
        )
        expected = Capabilities(inputs=("text", "text"), outputs=("image",), tools=True, reranker=True, context=8000)
        self.assertEqual(given.capabilities, expected)
        self.assertEqual(model(f"{FIXED}, capabilities: {{in: [], context: 0}}").capabilities, Capabilities())
        for keys, fault in (
            ("in: [text, video]", "capabilities.in[1]: invalid modality `video`"),
            ("out: [Text]", "capabilities.out[0]: invalid modality `Text`"),
            ("context: -1", "capabilities.context: must be >= 0"),
            ("in: text", "capabilities.in: string `text` where a list is needed"),
        ):
            self.assertIn(fault, only(f"models: {{m: {{{FIXED}, capabilities: {{{keys}}}}}}}"))

    def test_metadata(self) -> None:
        """A mapping of anything, ready for JSON."""
        self.assertEqual(
            model(f"{FIXED}, metadata: {{a: [1.0, ~], 5: 2024-01-01}}").metadata,
            {
                "a": [1, None],
                "5": "2024-01-01T00:00:00Z",
            },
        )
        self.assertIn("metadata: a list where a mapping", only(f"models: {{m: {{{FIXED}, metadata: [a]}}}}"))


class PlatformTests(SynchronousTestCase):
    """What the platform decides."""

    def test_default_stop_command(self) -> None:
        """Signals on POSIX systems, `taskkill` on Windows; what the file says comes first."""
        source = Source("c.yaml", "models: {m: {proxy: 'http://h'}, n: {proxy: 'http://h', cmdStop: x}}")
        for dialect, expected in ((Dialect.POSIX, ""), (Dialect.WINDOWS, "taskkill /f /t /pid ${PID}")):
            models = load([source], dialect=dialect).models.values()
            self.assertEqual([model.cmd_stop for model in models], [expected, "x"])
