"""The API keys: text, or a mapping that says what the key is good for."""

from __future__ import annotations

from textwrap import dedent

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.describe import describe
from llamaswap.config.difference import difference
from llamaswap.config.load import load
from llamaswap.config.schema import ApiKey, Quota, RateLimit, Settings
from llamaswap.config.secrets import HIDDEN
from llamaswap.config.source import Source
from llamaswap.errors import ConfigurationError
from tests.config.loading import only, problems, settings, warnings

SECRET = "sk-very-secret"


def with_environment(text: str, **environ: str) -> Settings:
    return load([Source("c.yaml", dedent(text))], environ=environ)


def fault(text: str, **environ: str) -> str:
    """What is wrong with `text` under these variables."""
    try:
        with_environment(text, **environ)
    except ConfigurationError as error:
        (problem,) = error.problems
        return str(problem)
    raise AssertionError(f"loads: {text}")


class ReadingTests(SynchronousTestCase):
    def test_text(self) -> None:
        """A key that is mere text has all rights, and is called by its place."""
        self.assertEqual(
            settings("apiKeys: [a, b]").api_keys, (ApiKey(key="a", name="key-1"), ApiKey(key="b", name="key-2"))
        )

    def test_least_mapping(self) -> None:
        """Without more, a mapping may ask models and look."""
        (key,) = settings("apiKeys: [{key: a}]").api_keys
        self.assertEqual(key, ApiKey(key="a", name="key-1", scopes=("inference", "read")))

    def test_everything(self) -> None:
        """Every word of a mapping."""
        (key,) = settings("""
            apiKeys:
              - {key: 12, name: " box ", models: [q*, p/x], scopes: [admin, inference], priority: -2,
                 rateLimit: {requests: 3, per: 1m30s}, quota: {tokens: 5}}
        """).api_keys
        self.assertEqual(
            key,
            ApiKey(
                key="12",
                name="box",
                models=("q*", "p/x"),
                scopes=("inference", "admin"),
                priority=-2,
                rate_limit=RateLimit(requests=3, per=90.0),
                quota=Quota(tokens=5, per=86400.0),
            ),
        )

    def test_environment(self) -> None:
        """The key may stand in a variable, and is taken as it is."""
        found = with_environment("apiKeys: [{env: K, name: n}]", K='a"\\b')
        self.assertEqual([(key.key, key.env, key.name) for key in found.api_keys], [('a"\\b', "K", "n")])

    def test_environment_that_is_no_key(self) -> None:
        """One that is not set, or holds no key, is an error: nobody is let in, or shut out, by mistake."""
        self.assertIn("environment variable K is not set", fault("apiKeys: [{env: K}]"))
        for value in ("", "a b", "a\nb", "a\0b", "\udcff"):
            told = fault("apiKeys: [{env: K}]", K=value)
            self.assertIn("environment variable K: an api key must be", told)
        self.assertIn("not both", fault("apiKeys: [{env: K, key: x}]", K="y"))

    def test_needed(self) -> None:
        """A mapping without a key is an error."""
        self.assertIn("give the key as `key`", only("apiKeys: [{name: x}]"))

    def test_mistakes(self) -> None:
        """What is allowed is said."""
        for keys, words in {
            "scopes: [write]": "unknown scope 'write': there are inference, read, admin",
            "scopes: []": "name at least one of inference, read, admin",
            "models: []": "leave `models` out for all",
            'models: [""]': "an empty pattern",
            "name: ' '": "1 to 64 printable characters",
            'name: "a\\nb"': "1 to 64 printable characters",
            "rateLimit: {per: 1m}": "rateLimit needs `requests`",
            "rateLimit: {requests: 0}": "must be >= 1",
            "rateLimit: {requests: 1, per: 0.5s}": "must be at least 1s",
            "quota: {}": "quota needs `tokens`",
            "priority: high": "an integer is needed",
        }.items():
            self.assertIn(words, only(f"apiKeys: [{{key: k, {keys}}}]"), keys)

    def test_names_are_unique(self) -> None:
        """Two keys of one name could not be told apart, also where one is called by its place."""
        self.assertIn("the name a is that of apiKeys[0]", only("apiKeys: [{key: k, name: a}, {key: l, name: a}]"))
        self.assertIn("the name key-2 is that of apiKeys[0]", only("apiKeys: [{key: k, name: key-2}, l]"))

    def test_misspelt_words(self) -> None:
        """To ignore one would leave the key good for more than was meant."""
        for word, meant in {
            "model: [a]": "unknown key `model`; did you mean `models`?",
            "scope: [read]": "unknown key `scope`; did you mean `scopes`?",
            "ratelimit: {requests: 1}": "unknown key `ratelimit`; did you mean `rateLimit`?",
            "quotas: {tokens: 1}": "unknown key `quotas`; did you mean `quota`?",
            "rateLimit: {requests: 1, every: 1h}": "unknown key; there are requests, per",
            "quota: {tokens: 1, perr: 1h}": "unknown key `perr`; did you mean `per`?",
        }.items():
            self.assertIn(meant, only(f"apiKeys: [{{key: a, {word}}}]"))

    def test_models_that_are_none(self) -> None:
        """A pattern without a model is odd, unless a peer may turn out to have one."""
        models = "models: {a: {cmd: s, proxy: 'http://h:1'}}"
        peers = "peers: {p: {proxy: 'http://h', models: [x]}}"
        text = f"{models}\n{peers}\napiKeys: [k, {{key: l, models: [a, 'p/*', x, 'zzz*']}}]"
        self.assertEqual(warnings(text), "c.yaml:3:45: apiKeys[1].models[3]: `zzz*` matches no model")
        open_peer = "peers: {p: {proxy: 'http://h', models: auto}}"
        self.assertEqual(warnings(f"{models}\n{open_peer}\napiKeys: [{{key: l, models: ['zzz*']}}]"), "")

    def test_one_key_twice(self) -> None:
        """It may not say two things."""
        settings("apiKeys: [k, k]")
        self.assertIn("the same key as apiKeys[0], with other rights", only("apiKeys: [k, {key: k}]"))


class SecrecyTests(SynchronousTestCase):
    def test_messages(self) -> None:
        """No mistake about a key shows it."""
        for text in (
            f"[{{key: '{SECRET} x'}}]",
            f"[{{key: [{SECRET}]}}]",
            f"[[{SECRET}]]",
            f"{{a: {SECRET}}}",
            f"[{{key: {SECRET}, name: a-{SECRET}}}]",
            f"[{SECRET}, {{key: {SECRET}}}]",
            f"[{{key: {SECRET}, env: X}}]",
        ):
            self.assertNotIn(SECRET, only(f"apiKeys: {text}"), text)

    def test_wherever_a_slip_has_put_it(self) -> None:
        """As the word of a mapping, behind an asterisk, as the name of a variable, or of another key."""
        for text in (
            f"[{SECRET}: laptop]",
            f"[{{{SECRET}}}]",
            f"[{{key: other-key, {SECRET}: laptop}}]",
            f"[*{SECRET}]",
            f"[{{env: {SECRET}}}]",
            f"[{SECRET}, {{key: other-key, name: {SECRET}}}]",
            f"[{SECRET}, {{key: other-key, name: of-{SECRET}}}]",
        ):
            found = problems(f"apiKeys: {text}")
            self.assertNotIn(SECRET, "".join(map(str, found)), text)
        self.assertIn("the name shows the text of a key", only("apiKeys: [{key: abc, name: abc}]"))

    def test_settings(self) -> None:
        """Neither their text nor their description shows it, and nobody can take the description for a file."""
        found = settings(f"apiKeys: [{SECRET}, {{key: {SECRET}2}}]")
        self.assertNotIn(SECRET, repr(found))
        told = describe(found)["apiKeys"]
        self.assertNotIn(SECRET, str(told))
        self.assertEqual([key["key"] for key in told], [HIDDEN, HIDDEN])
        self.assertIn("cannot contain spaces", only(f"apiKeys: [{HIDDEN}]"))

    def test_another_key_is_a_difference(self) -> None:
        """Although no description shows it."""
        self.assertEqual(difference(settings("apiKeys: [a]"), settings("apiKeys: [b]")).settings, ("apiKeys",))
        self.assertTrue(difference(settings("apiKeys: [a]"), settings("apiKeys: [a]")).empty)

    @given(st.text(st.characters(codec="utf-8"), min_size=1).filter(lambda text: not set(text) & set(" \n\r\0")))
    def test_any_variable(self, value: str) -> None:
        """Every text that a header can hold is a key, and is shown nowhere."""
        found = with_environment("apiKeys: [{env: K, name: '0'}]", K=f"<{value}>")
        self.assertEqual(found.api_keys[0].key, f"<{value}>")
        self.assertNotIn(f"<{value}>", repr(found) + str(describe(found)))
