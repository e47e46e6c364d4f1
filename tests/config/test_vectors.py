"""The worked examples of the contract (section 23); where this program decides otherwise, that is said."""

from __future__ import annotations

from collections.abc import Mapping
from textwrap import dedent

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.commands import split_command
from llamaswap.config.load import load
from llamaswap.config.schema import Capabilities, Group, Model, Settings, Timeouts
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError
from llamaswap.ids import ModelId
from tests.config.loading import keys_of
from tests.config.places import check_agreement

NO_VARIABLES: Mapping[str, str] = {}


def load_vector(text: str, environ: Mapping[str, str] = NO_VARIABLES) -> Settings:
    """What the configuration `text` means; if it is good, the JSON Schema must take it too."""
    loaded = load([Source("c.yaml", dedent(text))], environ=environ)
    check_agreement(dedent(text), loaded.warnings)
    return loaded


class Vectors(SynchronousTestCase):
    """Ways to say what a vector expects."""

    def model(self, settings: Settings, name: str = "m") -> Model:
        return settings.models[ModelId(name)]

    def rejects(self, text: str, *words: str, environ: Mapping[str, str] = NO_VARIABLES) -> None:
        """It is refused for one reason, which is told in these words."""
        with self.assertRaises(ConfigurationError, msg=text) as caught:
            load_vector(text, environ)
        (problem,) = caught.exception.problems
        for word in words:
            self.assertIn(word, str(problem))


class ModelVectorTests(Vectors):
    """V01 to V07, V20 and V21: models, ports and commands."""

    def test_v01(self) -> None:
        """A minimal file."""
        found = load_vector('models:\n  m: {cmd: "srv --port ${PORT}"}\n')
        model = self.model(found)
        self.assertEqual(
            (model.cmd, model.proxy, model.check_endpoint), ("srv --port 5800", "http://localhost:5800", "/health")
        )
        self.assertEqual((model.ttl, model.unload_timeout, found.health_check_timeout), (0, 10, 120))
        self.assertEqual((found.router, found.groups), ("group", (Group(id="(default)", members=(ModelId("m"),)),)))

    def test_v02(self) -> None:
        """An empty document."""
        for text in ("", "# nothing here\n"):
            self.assertEqual(load_vector(text), Settings(groups=(Group(id="(default)"),)))

    def test_v03(self) -> None:
        """Ports follow sorted IDs, one per model, fixed ports take none."""
        found = load_vector("""
            startPort: 9000
            models:
              zeta:  {cmd: "s ${PORT} ${PORT}"}
              beta:  {cmd: "s -p 7000", proxy: "http://127.0.0.1:7000"}
              Alpha: {cmd: "s ${PORT}", proxy: "http://gpu1:1234"}
        """)
        self.assertEqual(
            {model.id: model.port for model in found.models.values()}, {"Alpha": 9000, "beta": None, "zeta": 9001}
        )
        self.assertEqual(self.model(found, "Alpha").proxy, "http://gpu1:1234")
        zeta = self.model(found, "zeta")
        self.assertEqual((zeta.cmd, zeta.proxy), ("s 9001 9001", "http://localhost:9001"))

    def test_v04(self) -> None:
        """A fixed port without proxy."""
        self.rejects('models:\n  m: {cmd: "srv --port 7000"}\n', "model m: proxy uses ${PORT} but cmd does not")

    def test_v05(self) -> None:
        """PORT only in a comment line."""
        text = """
            models:
              m:
                cmd: |
                  srv --port 7000
                  # --port ${PORT}
        """
        self.rejects(text, "model m: proxy uses ${PORT} but cmd does not")

    def test_v06(self) -> None:
        """PORT elsewhere, not in cmd."""
        text = 'models:\n  m: {cmd: srv, proxy: "http://h:1", cmdStop: "halt ${PORT}"}\n'
        self.rejects(text, "${PORT}", "m.cmdStop")

    def test_v07(self) -> None:
        """Comments, blank lines and inline hash in cmd."""
        found = load_vector("""
            models:
              m:
                proxy: http://h:1
                cmd: |
                  srv --a 1 \\
                    # dropped
                    --b "x y"   # kept

                    --c 'p "q"'
        """)
        cmd = self.model(found).cmd
        self.assertEqual(cmd, 'srv --a 1 \\\n  --b "x y"   # kept\n\n  --c \'p "q"\'\n')
        words = ["srv", "--a", "1", "--b", "x y", "#", "kept", "--c", 'p "q"']
        self.assertEqual(split_command(cmd), words)

    def test_v20(self) -> None:
        """A duplicate key."""
        text = 'models:\n  m: {cmd: s, proxy: "http://h:1"}\n  "m": {cmd: t, proxy: "http://h:1"}\n'
        self.rejects(text, "c.yaml:3:3", "key `m` is already defined at line 2")

    def test_v21(self) -> None:
        """A numeric model ID is its text, as proposed for oddity 1."""
        self.assertEqual(list(load_vector('models:\n  70: {cmd: "s ${PORT}"}\n').models), ["70"])


class KeyVectorTests(Vectors):
    """V25 to V29: keys of the server and of models."""

    def test_v25(self) -> None:
        """Clamps and coercion."""
        found = load_vector("""
            healthCheckTimeout: 3.9
            unloadTimeout: 0
            sendLoadingState: "on"
            performance: {every: 0s}
            logLevel: LOUD
            metricsMaxInMemory: -1
            ui: {activity: {session_id: [" X-A ", x-a, "", X-B]}}
            models:
              m: {cmd: s, proxy: "http://h:1", name: 1.10, concurrencyLimit: -4}
        """)
        model = self.model(found)
        self.assertEqual((found.health_check_timeout, found.unload_timeout, found.send_loading_state), (15, 10, True))
        self.assertEqual((found.performance.every, found.log_level, found.metrics_max_in_memory), (5.0, "info", 1000))
        self.assertEqual(found.session_id_headers, ("X-A", "X-B"))
        self.assertEqual((model.send_loading_state, model.name, model.concurrency_limit), (True, "1.1", 10))

    def test_v26(self) -> None:
        """ttl and timeouts."""
        found = load_vector("""
            globalTTL: 60
            models:
              a: {cmd: s, proxy: "http://h:1"}
              b: {cmd: s, proxy: "http://h:1", ttl: 0, unloadTimeout: 45, timeouts: {connect: 0, responseHeader: 120}}
              c: {cmd: s, proxy: "http://h:1", ttl: -1}
        """)
        self.assertEqual([model.ttl for model in found.models.values()], [60, 0, 60])
        self.assertEqual([model.unload_timeout for model in found.models.values()], [10, 45, 10])
        expected = Timeouts(
            connect=0, keepalive=30, response_header=120, tls_handshake=10, expect_continue=1, idle_conn=90
        )
        self.assertEqual(self.model(found, "b").timeouts, expected)

    def test_v27(self) -> None:
        """Filters and automatic aliases."""
        found = load_vector("""
            models:
              m:
                cmd: s
                proxy: http://h:1
                aliases: ["m:fast"]
                filters:
                  strip_params: "top_p, model, , top_p,temperature"
                  setParamsByID: {m: {t: 1}, "m:fast": {t: 2}, "m:slow": ~}
        """)
        model = self.model(found)
        self.assertEqual(model.filters.strip_params, ("temperature", "top_p"))
        self.assertEqual(model.filters.set_params_by_id, {"m": {"t": 1}, "m:fast": {"t": 2}, "m:slow": {}})
        self.assertEqual((model.aliases, found.aliases), (("m:fast", "m:slow"), {"m:fast": "m", "m:slow": "m"}))

    def test_v28(self) -> None:
        """An automatic alias equals another model; a listed one would be shadowed."""
        text = """
            models:
              a: {cmd: s, proxy: "http://h:1", %s}
              b: {cmd: s, proxy: "http://h:1"}
        """
        self.rejects(text % "filters: {setParamsByID: {b: {t: 1}}}", "key b conflicts with an existing model ID")
        self.assertEqual(load_vector(text % "aliases: [b]").aliases, {})

    def test_v29(self) -> None:
        """The ComfyUI model."""
        text = 'models:\n  comfyui_auto: {cmd: "c ${PORT}", concurrencyLimit: 5, compat: {ignoreWebsockets: false}}\n'
        model = self.model(load_vector(text), "comfyui_auto")
        self.assertEqual((model.concurrency_limit, model.ignore_websockets), (50, True))


class NameVectorTests(Vectors):
    """V30 to V36: peers, selectors, profiles and hooks."""

    V30 = """
        models:
          shared: {cmd: s, proxy: "http://h:1", aliases: [sh]}
        peers:
          p: {proxy: "http://p", models: [shared, org/x]}
          q: {proxy: "http://q", models: [y, both]}
          r: {proxy: "http://r", models: [both]}
        selectors:
          s1: {strategy: pin, targets: [sh, p/shared, org/x, p/org/x, y, q/both%s]}
    """

    def test_v30(self) -> None:
        """Peers and name resolution."""
        found = load_vector(self.V30 % "").selectors["s1"]
        self.assertEqual(found.targets, ("sh", "p/shared", "org/x", "p/org/x", "y", "q/both"))
        self.rejects(self.V30 % ", both", "targets[6]", "ambiguous model both")

    def test_v31(self) -> None:
        """The namespace of peers."""
        text = 'peers:\n  a:   {proxy: "http://p", models: [b/c]}\n  a/b: {proxy: "http://q", models: [c]}\n'
        self.rejects(text, "a/b/c", "ambiguous", "the peers a and a/b")
        peer = '\npeers: {p: {proxy: "http://p", models: [x]}}\n'
        fixed = 'cmd: s, proxy: "http://h:1"'
        self.rejects(f"models: {{p/x: {{{fixed}}}}}{peer}", "model p/x conflicts with the fully qualified")
        self.rejects(
            f"models: {{m: {{{fixed}, aliases: [p/x]}}}}{peer}",
            "alias of model m p/x conflicts with the fully qualified",
        )
        model = f"models: {{m: {{{fixed}}}}}{peer}"
        self.rejects(
            f"{model}selectors: {{p/x: {{strategy: pin, targets: [m]}}}}",
            "selector p/x conflicts with a fully qualified",
        )
        self.rejects(
            f"{model}profiles: {{f: {{pins: {{p/x: m}}}}}}", "profile pin p/x conflicts with a fully qualified"
        )

    def test_v32(self) -> None:
        """Spillover in groups."""
        text = """
            models:
              a: {cmd: s, proxy: "http://h:1"}
              b: {cmd: s, proxy: "http://h:1"}
            groups: {%s}
            selectors:
              any: {strategy: spillover, targets: [%s]}
        """
        good = "pool: {swap: false, members: [a, b]}"
        self.assertEqual(load_vector(text % (good, "a, b")).selectors["any"].spillover, 1)
        self.rejects(text % (good.replace("false", "true"), "a, b"), "must share a group with swap false")
        apart = "pool: {swap: false, members: [a]}, other: {swap: false, members: [b]}"
        self.rejects(text % (apart, "a, b"), "must share one group")
        self.rejects(text % ("", "a, b"), "a is not in a group")
        self.rejects(text % (good, "a, a"), "targets[1]", "duplicate resolved model a")

    def test_v33(self) -> None:
        """Spillover in a matrix."""
        text = """
            models:
              a: {cmd: s, proxy: "http://h:1"}
              b: {cmd: s, proxy: "http://h:1"}
            matrix: {sets: {one: "a %s b"}}
            selectors:
              any: {strategy: spillover, targets: [a, b]}
        """
        self.rejects(text % "|", "must appear together in one matrix set")
        self.assertEqual(load_vector(text % "&").router, "matrix")

    def test_v34(self) -> None:
        """Warm needs local targets; no chaining."""
        text = """
            models: {a: {cmd: s, proxy: "http://h:1"}}
            peers: {p: {proxy: "http://p", models: [x]}}
            selectors: {w: {strategy: warm, targets: [a, %s]}}
        """
        self.rejects(text % "x", "targets[1]", "must be local for `warm`")
        self.rejects(text % "w", "targets[1]", "no selector chaining")

    def test_v35(self) -> None:
        """Profiles."""
        text = """
            models: {a: {cmd: s, proxy: "http://h:1"}}
            selectors: {s: {strategy: pin, targets: [a]}}
            profiles:
              p: {pins: {%s}}
        """
        pins = load_vector(text % 'a: s, off: ~, gone: "", x: a').profiles["p"].pins
        self.assertEqual(pins, {"a": "s", "off": "", "gone": "", "x": "a"})
        self.rejects(text % "x: y, y: a", "profile p: pin x references unknown model y")
        self.rejects(text % "", "pins must contain at least one entry")

    def test_v36(self) -> None:
        """Preload clean-up; dropped names are a warning, as proposed for oddity 20."""
        found = load_vector("""
            models: {a: {cmd: s, proxy: "http://h:1", aliases: [aa]}}
            hooks: {on_startup: {preload: [" aa ", nope, "", a]}}
        """)
        self.assertEqual(found.preload, ("a", "a"))
        self.assertIn("nope", " ".join(found.warnings))


class RoutingVectorTests(Vectors):
    """V37 to V41: routers and the scheduler."""

    ONE = 'models: {a: {cmd: s, proxy: "http://h:1"}}\n'

    def test_v37(self) -> None:
        """Groups and the default group."""
        found = load_vector("""
            models:
              a: {cmd: s, proxy: "http://h:1"}
              b: {cmd: s, proxy: "http://h:1"}
              c: {cmd: s, proxy: "http://h:1"}
            routing: {router: {settings: {groups: {g: {exclusive: false, members: [b]}}}}}
        """)
        a, b, c = map(ModelId, "abc")
        expected = (
            Group(id="g", members=(b,), swap=True, exclusive=False, persistent=False),
            Group(id="(default)", members=(a, c), swap=True, exclusive=True),
        )
        self.assertEqual((found.router, found.groups), ("group", expected))

    def test_v38(self) -> None:
        """Legacy and new style together."""
        legacy = self.ONE + "groups: {g: {members: [a]}}\n"
        self.rejects(legacy + "routing: {router: {use: group}}", "migrate")
        self.assertEqual(load_vector(legacy + "routing: {scheduler: {use: fifo}}").groups[0].id, "g")

    def test_v39(self) -> None:
        """A member twice; an unknown one is refused too, as proposed for oddity 4."""
        self.rejects(
            self.ONE + "groups: {g: {members: [a]}, h: {members: [a]}}", "a is used in multiple groups", "g and h"
        )
        self.rejects(self.ONE + "groups: {g: {members: [zz]}}", "unknown model zz")

    def test_v40(self) -> None:
        """An inactive matrix is not validated."""
        text = self.ONE + 'routing: {router: {use: group, settings: {matrix: {sets: {s: "((("}}}}}'
        found = load_vector(text)
        self.assertEqual((found.router, found.matrix), ("group", None))

    def test_v41(self) -> None:
        """A priority of a model that does not exist."""
        text = self.ONE + "routing: {scheduler: {settings: {fifo: {priority: {a: 5, zz: 1}}}}}"
        self.rejects(text, "priority references unknown model zz")


class MacroVectorTests(Vectors):
    """V08 to V19: macros."""

    def test_v08(self) -> None:
        """Order, an override at the global's place, MODEL_ID."""
        found = load_vector("""
            macros:
              root: /models
              size: 7b
              file: "${root}/${size}/${MODEL_ID}.gguf"
            models:
              a: {cmd: "s ${file}", proxy: "http://h:1"}
              b: {cmd: "s ${file}", proxy: "http://h:1", macros: {size: 70b}}
        """)
        self.assertEqual(
            [model.cmd for model in found.models.values()], ["s /models/7b/a.gguf", "s /models/70b/b.gguf"]
        )

    def test_v09(self) -> None:
        """A forward reference."""
        text = """
            macros: {A: "x-${B}", B: later}
            models:
              m: {cmd: "s ${A}", proxy: "http://h:1"}
        """
        self.rejects(text, "unknown macro ${B}", "m.cmd")

    def test_v10(self) -> None:
        """An undefined reference in an unused macro."""
        text = 'macros: {A: "x-${NOPE}"}\nmodels:\n  m: {cmd: s, proxy: "http://h:1"}\n'
        self.assertEqual(self.model(load_vector(text)).cmd, "s")

    def test_v11(self) -> None:
        """A global macro using a model-only macro."""
        text = """
            macros: {G: "v${L}"}
            models:
              m: {cmd: "s ${G}", proxy: "http://h:1", macros: {L: 1}}
        """
        self.rejects(text, "unknown macro ${L}", "m.cmd")

    def test_v12(self) -> None:
        """Typing."""
        found = load_vector("""
            macros: {I: 12, F: 0.70, B: true, S: "12", C: "${I}"}
            models:
              m:
                cmd: "s ${I} ${F} ${B}"
                proxy: http://h:1
                ttl: "${C}"
                metadata: {i: "${C}", f: "${F}", b: "${B}", s: "${S}", t: "n=${I} f=${F}", l: ["${I}", "x${I}"]}
        """)
        model = self.model(found)
        self.assertEqual((model.cmd, model.ttl), ("s 12 0.7 true", 12))
        expected = {"i": 12, "f": 0.7, "b": True, "s": "12", "t": "n=12 f=0.7", "l": [12, "x12"]}
        self.assertEqual(model.metadata, expected)
        self.assertEqual([type(model.metadata[key]) for key in "ifbs"], [int, float, bool, str])

    def test_v13(self) -> None:
        """A string macro into an int key."""
        self.rejects('macros: {S: "12"}\nhealthCheckTimeout: "${S}"\n', "string `12` where an integer is needed")

    def test_v14(self) -> None:
        """Names."""
        self.rejects("macros: {bad.name: 1}", "bad.name", "has invalid characters")
        self.rejects(f"macros: {{{'x' * 64}: 1}}", "exceeds 63 characters")
        load_vector(f"macros: {{{'x' * 63}: 1}}")
        for name in ("PORT", "PID", "MODEL_ID"):
            self.rejects(f"macros: {{{name}: 1}}", name, "reserved")
        self.rejects('macros: {"": 1}', "has invalid characters")

    def test_v15(self) -> None:
        """Values."""
        for value in ("[1]", "~", "{a: 1}", "2024-01-01"):
            self.rejects(f"macros: {{A: {value}}}", "must be scalar")
        self.rejects('macros: {A: "a ${A}"}', "self-reference")

    def test_v16(self) -> None:
        """PID."""
        text = """
            macros: {halt: "kill ${PID}"}
            models:
              m: {cmd: %s, proxy: "http://h:1", %s}
        """
        self.assertEqual(self.model(load_vector(text % ("s", 'cmdStop: "${halt}"'))).cmd_stop, "kill ${PID}")
        for words in (('"${halt}"', "name: N"), ("s", 'env: ["A=${halt}"]'), ("s", 'metadata: {a: "${halt}"}')):
            self.rejects(text % words, "${PID}")

    def test_v17(self) -> None:
        """Mapping keys are not expanded, but for setParamsByID's."""
        found = load_vector("""
            macros: {K: x}
            models:
              m:
                cmd: s
                proxy: "http://h:1"
                metadata: {"${K}": 1}
                filters: {setParamsByID: {"${MODEL_ID}:${K}": {t: 1}}}
        """)
        model = self.model(found)
        self.assertEqual((model.metadata, model.aliases), ({"${K}": 1}, ("m:x",)))
        self.assertEqual((model.filters.set_params_by_id, found.aliases), ({"m:x": {"t": 1}}, {"m:x": "m"}))

    def test_v18(self) -> None:
        """Unknown keys and their placeholders."""
        text = """
            defs: {note: "${anything}"}
            models:
              m: {cmd: s, proxy: "http://h:1", colour: %s}
        """
        load_vector(text % "blue")
        self.rejects(text % '"${anything}"', "model m", "colour", "${anything}")

    def test_v19(self) -> None:
        """Anchors expand per model."""
        found = load_vector("""
            defs: &base {cmd: "s ${Q} --port ${PORT}", macros: {Q: low}}
            models:
              a: {<<: *base}
              b: {<<: *base, macros: {Q: high}, name: B}
        """)
        self.assertEqual([model.cmd for model in found.models.values()], ["s low --port 5800", "s high --port 5801"])


class EnvironmentVectorTests(Vectors):
    """V22 to V24: variables of the environment."""

    def test_v22(self) -> None:
        """Texts, numbers and quotes; a comment needs no variable."""
        text = """
            # ${env.E_UNSET} in a YAML comment is fine
            apiKeys: ["${env.E_KEY}"]
            startPort: ${env.E_N}
            models:
              m:
                cmd: s
                proxy: "http://h:1"
                metadata: {dq: "${env.E_Q}", sq: '${env.E_Q}', n: "${env.E_N}", lit: "${env.1}"}
        """
        found = load_vector(text, {"E_KEY": "k1", "E_N": "42", "E_Q": 'a"b'})
        self.assertEqual((keys_of(found), found.start_port), (("k1",), 42))
        self.assertEqual(self.model(found).metadata, {"dq": 'a"b', "sq": 'a\\"b', "n": "42", "lit": "${env.1}"})

    def test_v23(self) -> None:
        """A comment inside a command is no YAML comment."""
        text = """
            models:
              m:
                proxy: http://h:1
                cmd: |
                  # ${env.E_UNSET}
                  s
        """
        self.rejects(text, "E_UNSET", "not set")

    def test_v24(self) -> None:
        """A value with a newline."""
        self.rejects('apiKeys: ["${env.E_NL}"]', "E_NL", "contains newlines", environ={"E_NL": "a\nb"})


class RejectionTests(Vectors):
    """The table of one-line rejections."""

    MODEL = 'models: {m: {cmd: s, proxy: "http://h:1", %s}}'

    def test_r01(self) -> None:
        """Too often."""
        self.rejects("performance: {every: 4999ms}", "performance", "every must be at least 5s", "4999ms")

    def test_r02(self) -> None:
        """A duration without unit."""
        self.rejects("performance: {every: 10}", "performance.every", "`10` where a duration with its unit")

    def test_r03(self) -> None:
        """A negative ttl."""
        self.rejects("globalTTL: -1", "globalTTL must be >= 0")

    def test_r04(self) -> None:
        """Port 0; the message says what is allowed (oddity 12)."""
        self.rejects("startPort: 0", "startPort must be >= 1")

    def test_r05(self) -> None:
        """An output that there is not."""
        self.rejects("logToStdout: Both", "logToStdout must be one of proxy, upstream, both, none")

    def test_r06(self) -> None:
        """A store without path."""
        self.rejects("store: {}", "store.path must not be empty")

    def test_r07(self) -> None:
        """A key with a blank."""
        self.rejects('apiKeys: [ok, "a b"]', "apiKeys[1] cannot contain spaces")

    def test_r08(self) -> None:
        """An empty key."""
        self.rejects('apiKeys: [""]', "empty api key")

    def test_r09(self) -> None:
        """A pattern that RE2 does not know."""
        self.rejects('upstream: {ignorePaths: ["(?=x)"]}', "upstream.ignorePaths", "invalid regular expression `(?=x)`")

    def test_r10(self) -> None:
        """Quoted digits."""
        self.rejects('healthCheckTimeout: "20"', "string `20` where an integer is needed")

    def test_r11(self) -> None:
        """MODEL_ID outside models."""
        self.rejects('logLevel: "${MODEL_ID}"', "logLevel: unknown macro ${MODEL_ID}")

    def test_r12(self) -> None:
        """Macros that are a list."""
        self.rejects("macros: []", "macros must be a mapping")

    def test_r13(self) -> None:
        """A peer without proxy."""
        self.rejects("peers: {p: {models: [x]}}", "peer p: proxy is required")

    def test_r14(self) -> None:
        """A peer without models."""
        self.rejects('peers: {p: {proxy: "http://h", models: []}}', "peers.p", "models cannot be empty")

    def test_r15(self) -> None:
        """A peer's proxy that is no URL."""
        self.rejects('peers: {p: {proxy: "10.0.0.1:80", models: [x]}}', "peers.p", "invalid peer proxy URL")

    def test_r16(self) -> None:
        """A router that there is not."""
        self.rejects("routing: {router: {use: Group}}", "unknown router Group", "group, matrix")

    def test_r17(self) -> None:
        """A matrix router without a matrix."""
        self.rejects("routing: {router: {use: matrix}}", "settings.matrix is not set")

    def test_r18(self) -> None:
        """A scheduler that there is not."""
        self.rejects("routing: {scheduler: {use: lifo}}", "unknown scheduler lifo", "fifo")

    def test_r19(self) -> None:
        """A matrix without sets."""
        self.rejects("matrix: {}", "matrix: at least one set")

    def test_r20(self) -> None:
        """Profiles that are lists are taken as what they were in the first releases; here its member is unknown."""
        self.rejects("profiles: {p: [a]}", "profiles.p[0]: unknown model a")

    def test_r21(self) -> None:
        """A ttl below -1."""
        self.rejects(self.MODEL % "ttl: -2", "models.m", "invalid TTL value -2")

    def test_r22(self) -> None:
        """A proxy that is no URL."""
        self.rejects('models: {m: {cmd: s, proxy: "127.0.0.1:8080"}}', "models.m", "invalid proxy URL")

    def test_r23(self) -> None:
        """An alias given twice."""
        self.rejects(self.MODEL % "aliases: [q, q]", "duplicate alias q in model m")

    def test_r24(self) -> None:
        """A modality that there is not."""
        self.rejects(self.MODEL % "capabilities: {in: [video]}", "capabilities.in", "video")
        self.assertEqual(self.model(load_vector(self.MODEL % "capabilities: {in: []}")).capabilities, Capabilities())


class ExpressionTests(Vectors):
    """The table of matrix expressions: models a, b and c, sets s and t."""

    def test_expressions(self) -> None:
        """Each is accepted, or refused with its reason."""
        for expression, fault in (
            ("a & (b | c)", None),
            ("a && b", "unexpected token &"),
            ("a b", "unexpected token b"),
            ("(a", "missing )"),
            ("()", "unexpected token )"),
            ("+ t", "set name expected after +"),
            ("+s", "circular reference"),
            ("+nope", "undefined set nope"),
            ("zz", "unknown var or model zz"),
            ("a/b", "unexpected character '/'"),
            (" ", "empty expression"),
        ):
            models = ", ".join(f'{name}: {{cmd: s, proxy: "http://h:1"}}' for name in "abc")
            text = f"models: {{{models}}}\nmatrix: {{sets: {{s: '{expression}', t: a}}}}\n"
            if fault is None:
                self.assertEqual(load_vector(text).router, "matrix")
            else:
                self.rejects(text, "matrix.sets.s: set s", fault)
