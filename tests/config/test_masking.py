"""Descriptions for anybody to see: no secret is in them, and all else is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from textwrap import dedent
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.describe import describe
from llamaswap.config.load import load
from llamaswap.config.secrets import GONE, HIDDEN, is_secret_name, without_secrets
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError


def described(text: str, environ: Mapping[str, str]) -> dict[str, Any]:
    """What is shown of `text` with these variables."""
    return describe(load([Source("c.yaml", dedent(text))], environ=environ))


def model(keys: str, **environ: str) -> dict[str, Any]:
    """What is shown of a model `m` with these keys, each on a line of its own."""
    lines = "\n".join(f"    {line}" for line in dedent(keys).strip().splitlines())
    text = f"models:\n  m:\n    proxy: http://h:1\n{lines}\n"
    shown: dict[str, Any] = described(text, environ)["models"]["m"]
    return shown


class VariableTests(SynchronousTestCase):
    """Values that came from `${env.NAME}`: the name is shown in their place."""

    def test_command(self) -> None:
        """In the middle of a command, and among its words."""
        shown = model("cmd: s --thing x-${env.A}-y --last z", A="hunter22")
        self.assertEqual(shown["cmd"], "s --thing x-${env.A}-y --last z")
        self.assertEqual(shown["argv"], ["s", "--thing", "x-${env.A}-y", "--last", "z"])

    def test_many_words(self) -> None:
        """A value that is several words is one gap, in the command and among its words."""
        shown = model("cmd: s ${env.A} --n 1", A="--one two three")
        self.assertEqual((shown["cmd"], shown["argv"]), ("s ${env.A} --n 1", ["s", "${env.A}", "--n", "1"]))

    def test_quotes(self) -> None:
        """A value is known with the backslashes that protect it, whatever quotes it stands in."""
        for line in ('cmd: s --x "${env.A}"', 'cmd: "s ${env.A}"', "cmd: 's ${env.A}'", "cmd: |\n  s \\\n  ${env.A}"):
            shown = model(line, A='pa"ss\\word')
            self.assertNotIn("word", json.dumps(shown), line)
            self.assertIn("${env.A}", shown["cmd"], line)

    def test_macros(self) -> None:
        """What a macro brings along, be it by another one; a model's own as well as those of all."""
        text = """
            macros:
              pin: ${env.PIN}
              both: --pin=${pin}
              n: 7
            models:
              a: {proxy: "http://h:1", cmd: "s ${both} --n ${n}", ttl: "${pin}"}
              b: {proxy: "http://h:1", macros: {own: "${pin}0"}, cmd: "s 7 ${own}", ttl: "${n}"}
        """
        shown = described(text, {"PIN": "42"})["models"]
        self.assertEqual((shown["a"]["cmd"], shown["a"]["ttl"]), ("s --pin=${env.PIN} --n 7", "${env.PIN}"))
        self.assertEqual((shown["b"]["cmd"], shown["b"]["ttl"]), ("s 7 ${env.PIN}0", 7))

    def test_short_values(self) -> None:
        """They are masked where they were put, and nowhere else."""
        shown = described(
            """
            globalTTL: ${env.N}
            queueSize: 1
            models:
              a: {proxy: "http://h:1", cmd: "s --gpu ${env.N} --x 12 y1"}
              b: {proxy: "http://h:1", cmd: s --gpu 1}
            """,
            {"N": "1"},
        )
        self.assertEqual((shown["globalTTL"], shown["queueSize"]), ("${env.N}", 1))
        self.assertEqual(shown["models"]["a"]["cmd"], "s --gpu ${env.N} --x 12 y1")
        self.assertEqual(shown["models"]["b"]["cmd"], "s --gpu 1")

    def test_within_a_word(self) -> None:
        """A short value that is no word of its own is found nevertheless."""
        self.assertEqual(model("cmd: s x${env.N}y", N="9")["cmd"], "s x${env.N}y")

    def test_numbers_and_truth(self) -> None:
        """What something else is made of than text, or is told in other words, is masked as a whole."""
        shown = described(
            "performance: {every: '${env.T}'}\nsendLoadingState: ${env.B}\nlogLevel: ${env.L}\nmodels: {}",
            {"T": "90s", "B": "True", "L": "DEBUG"},
        )
        self.assertEqual(shown["performance"]["every"], "${env.T}")
        self.assertEqual((shown["sendLoadingState"], shown["logLevel"]), ("${env.B}", "${env.L}"))

    def test_lists(self) -> None:
        """Items of a list: those that were made of a variable."""
        shown = model("cmd: s\naliases: [one, '${env.A}', 'x-${env.B}']\nenv: ['P=${env.B}', 'Q=3']", A="al", B="3")
        self.assertEqual(shown["aliases"], ["one", "${env.A}", "x-${env.B}"])
        self.assertEqual(shown["env"], ["P=${env.B}", "Q=3"])

    def test_names(self) -> None:
        """Keys of mappings, short and long, and what refers to them."""
        text = """
            models:
              ${env.M}: {proxy: "http://h:1", cmd: s, metadata: {"${env.LONG}": 1, other: 2}}
            hooks: {on_startup: {preload: ["${env.M}"]}}
        """
        shown = described(text, {"M": "mo", "LONG": "hunter22"})
        self.assertEqual(list(shown["models"]), ["${env.M}"])
        self.assertEqual(shown["models"]["${env.M}"]["metadata"], {"${env.LONG}": 1, "other": 2})
        self.assertEqual(shown["hooks"]["on_startup"]["preload"], ["${env.M}"])

    def test_names_that_look_alike(self) -> None:
        """None is lost."""
        text = """
            models:
              m: {proxy: "http://h:1", cmd: s, metadata: {a hunter22: 1, "a ${env.A}": 2}}
        """
        with self.assertRaises(ConfigurationError):
            described(text, {"A": "hunter22"})
        apart = text.replace("a hunter22: 1", '"a ${env.B}": 1')
        shown = described(apart, {"A": "hunter22", "B": "hunter23"})["models"]["m"]["metadata"]
        self.assertEqual(shown, {"a ${env.B}": 1, "a ${env.A}": 2})

    def test_structure(self) -> None:
        """A value that is YAML itself: nothing of it is shown."""
        shown = model("cmd: s\nmetadata: ${env.A}\naliases: ${env.B}", A="{deep: {key: hunter22}}", B="[hunter23, x y]")
        self.assertNotIn("hunter2", json.dumps(shown))
        self.assertNotIn("deep", json.dumps(shown))
        self.assertNotIn("x y", json.dumps(shown))

    def test_comment(self) -> None:
        """YAML takes the end of such a value for a comment; what is left is masked nevertheless."""
        shown = model("cmd: s\nname: ${env.A}", A="hunter22 #rest")
        self.assertEqual(shown["name"], "${env.A}")

    def test_variable_in_a_variable(self) -> None:
        """Both are masked."""
        shown = model("cmd: s --x ${env.A} --y ${env.B}", A="one ${env.B} two", B="77")
        self.assertNotIn("77", json.dumps(shown))
        self.assertNotIn("one", shown["cmd"])

    def test_anchors_and_old_places(self) -> None:
        """What an alias stands for, and sections at the place where they once were."""
        text = """
            models:
              a: {proxy: &p "http://h:${env.P}", cmd: s}
              b: {proxy: *p, cmd: s}
            groups:
              g:
                members: [a]
                swap: ${env.S}
        """
        shown = described(text, {"P": "81", "S": "false"})
        self.assertEqual([shown["models"][id]["proxy"] for id in "ab"], ["http://h:${env.P}"] * 2)
        self.assertEqual(shown["routing"]["router"]["settings"]["groups"]["g"]["swap"], "${env.S}")

    def test_wherever_it_stands(self) -> None:
        """A longer value is masked also where the file has it in its own words."""
        shown = model("cmd: s --x ${env.A}\ndescription: say hunter22", A="hunter22")
        self.assertEqual(shown["description"], "say ${env.A}")

    def test_unused_and_empty(self) -> None:
        """Variables that a file does not mention are nobody's business; empty ones hide nothing."""
        shown = model("cmd: s --x${env.E} home", HOME="home", E="")
        self.assertEqual(shown["cmd"], "s --x home")

    def test_lines(self) -> None:
        """A value with several lines is refused, so there is nothing to show."""
        with self.assertRaises(ConfigurationError) as refused:
            model("cmd: s ${env.A}", A="hunter22\nhunter23")
        self.assertNotIn("hunter2", str(refused.exception))

    def test_the_settings_keep_it_for_themselves(self) -> None:
        """Their `repr`, which may come into a log, does not tell more than before."""
        found = load([Source("c.yaml", "logTimeFormat: ${env.A}\nmodels: {}")], environ={"A": "rfc3339"})
        self.assertNotIn("concealed", repr(found))


class NameTests(SynchronousTestCase):
    """What has the name of a secret."""

    def test_names(self) -> None:
        secret = "api_key apiKey API-KEY x.api_key HF_TOKEN hfToken password DB_PASSWORD client_secret authorization"
        plain = "key max_tokens tokens tokenizer apiKeyFile api_key_file secretary passwords_file name author"
        self.assertEqual([name for name in secret.split() if not is_secret_name(name)], [])
        self.assertEqual([name for name in plain.split() if is_secret_name(name)], [])

    def test_values(self) -> None:
        """In metadata and parameters, at any depth; numbers too, but no truth."""
        keys = "metadata: {a: [{api_key: k-1, n: 1}], password: 12345, token: true}\n"
        keys += "filters: {setParams: {auth: {client_secret: k-2}, max_tokens: 5}}\ncmd: s"
        shown = model(keys)
        self.assertEqual(shown["metadata"], {"a": [{"api_key": HIDDEN, "n": 1}], "password": HIDDEN, "token": True})
        self.assertEqual(shown["filters"]["setParams"], {"auth": {"client_secret": HIDDEN}, "max_tokens": 5})

    def test_environment(self) -> None:
        """Of a model: a value may hold blanks."""
        shown = model("cmd: s\nenv: ['HF_TOKEN=a b c', 'MODE=a b']")
        self.assertEqual(shown["env"], [f"HF_TOKEN={HIDDEN}", "MODE=a b"])

    def test_commands(self) -> None:
        """Flags, assignments and headers."""
        for text, shown in (
            ("s --api-key abc --n 1", f"s --api-key {HIDDEN} --n 1"),
            ("s --api-key=abc --n 1", f"s --api-key={HIDDEN} --n 1"),
            ("s --hf-token 'a b' -n 1", f"s --hf-token {HIDDEN} -n 1"),
            ('s --password="a \\" b"c -n 1', f"s --password={HIDDEN} -n 1"),
            ('s --password "open', f"s --password {HIDDEN}"),
            ("s --api-key-file /k --max-tokens 5", "s --api-key-file /k --max-tokens 5"),
            ("s --token --n 1", "s --token --n 1"),
            ("env HF_TOKEN=abc s", f"env HF_TOKEN={HIDDEN} s"),
            ("docker run -e API_KEY=abc x", f"docker run -e API_KEY={HIDDEN} x"),
            ("curl 'http://h/?api_key=abc'", f"curl 'http://h/?api_key={HIDDEN}'"),
            ('curl -H "Authorization: Bearer abcdef" x', f'curl -H "Authorization: {HIDDEN}" x'),
            ("say Bearer abcdefg", f"say Bearer {HIDDEN}"),
            ("s http://u:p@h/", f"s http://{HIDDEN}@h/"),
        ):
            self.assertEqual(without_secrets(text).replace(GONE, HIDDEN), shown)

    def test_variables_keep_their_names(self) -> None:
        """A secret that came from a variable is shown as that: it says more, and gives nothing away."""
        text = """
            apiKeys:
              - "${env.K}"
              - {key: "${env.L}x", name: two}
            models:
              m:
                proxy: http://h:1
                cmd: s --api-key ${env.K} --token "${env.L}" --password a${env.L}
                env: ["HF_TOKEN=${env.L}", "API_KEY=a ${env.L}"]
                metadata: {secret: "${env.L}"}
        """
        shown = described(text, {"K": "hunter22", "L": "pw"})
        self.assertEqual([key["key"] for key in shown["apiKeys"]], ["${env.K}", HIDDEN])
        shown = shown["models"]["m"]
        self.assertEqual(shown["cmd"], f's --api-key ${{env.K}} --token "${{env.L}}" --password {HIDDEN}')
        self.assertEqual(shown["env"], ["HF_TOKEN=${env.L}", f"API_KEY={HIDDEN}"])
        self.assertEqual(shown["metadata"], {"secret": "${env.L}"})

    def test_keys_of_the_configuration(self) -> None:
        """API keys and peers' keys, also where a command repeats them."""
        text = """
            apiKeys: [k3y-one, {key: k3y-two, name: two}]
            models: {m: {proxy: "http://h:1", cmd: "s k3y-one -x k3y-three"}}
            peers: {p: {proxy: "http://p", apiKey: k3y-three, models: [x]}}
        """
        shown = described(text, {})
        self.assertNotIn("k3y", json.dumps(shown))
        self.assertEqual(shown["models"]["m"]["cmd"], f"s {HIDDEN} -x {HIDDEN}")
        self.assertEqual(shown["models"]["m"]["argv"], ["s", HIDDEN, "-x", HIDDEN])
