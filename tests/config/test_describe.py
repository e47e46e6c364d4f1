"""Settings in the words of a file mean the same settings."""

from __future__ import annotations

import json
from dataclasses import replace
from types import MappingProxyType

from twisted.trial.unittest import SynchronousTestCase

from llamaswap.config.describe import describe, tell
from llamaswap.config.difference import difference
from llamaswap.config.load import load
from llamaswap.config.schema import DEFAULT_GROUP, Settings
from llamaswap.config.secrets import HIDDEN
from llamaswap.config.source import Source
from tests.config.loading import settings

EVERYTHING = """
macros: {home: /models, size: 7}
apiKeys:
  - k1
  - {key: k2, name: two, models: [a*], scopes: [admin], priority: -3, rateLimit: {requests: 7}, quota: {tokens: 9}}
allowedHosts: [box]
startPort: 9000
globalTTL: 60
logLevel: LOUD
performance: {every: 1m30.5s}
store: {path: /tmp/x.db}
memory: {settle: 0.5, retry: no}
captureBuffer: -1
models:
  a:
    cmd: s --port ${PORT} -m ${home}/${MODEL_ID} "x y"
    aliases: [one]
    ttl: 0
    filters: {stripParams: "top_p, model, temperature", setParams: {a.b: [1, {c: ~}]}, setParamsByID: {"a:hi": {t: 1}}}
    metadata: {size: "${size}", when: 2024-01-01, share: 3.0}
    capabilities: {in: [text], tools: true}
    compat: {ignoreWebsockets: true}
    timeouts: {connect: 0}
    slots: {save: /kept, timeout: 2.5}
  b: {cmd: s, proxy: "http://h:1", cmdStop: "kill ${PID}", checkEndpoint: none}
peers:
  p: {proxy: "http://p", apiKey: secret, models: [x, x, y], failover: [q], refresh: 5}
  q: {proxy: "http://q", models: auto}
selectors: {any: {strategy: spillover, targets: [a, p/x], settings: {spillover: 2}}}
profiles: {q: {pins: {a: b, gone: ~}}}
hooks: {on_startup: {preload: [one, b]}}
groups: {g: {members: [b], swap: false}}
routing: {scheduler: {settings: {fifo: {maxWait: 3, priority: {one: 5}}}}}
"""


def read_again(found: Settings) -> Settings:
    """What the description of `found` means."""
    told = tell(found)
    told["routing"]["router"]["settings"].get("groups", {}).pop(DEFAULT_GROUP, None)  # nobody may write it
    return load([Source("described", json.dumps(told))])


def without_ports(found: Settings) -> Settings:
    """`found`, but for who chose its ports, which a description does not tell."""
    models = {id: replace(model, port=None) for id, model in found.models.items()}
    return replace(found, models=MappingProxyType(models))


class DescribeTests(SynchronousTestCase):
    """There and back."""

    def test_everything(self) -> None:
        """Every section, with defaults and macros in place."""
        found = settings(EVERYTHING)
        self.assertEqual(read_again(found), without_ports(found))

    def test_words(self) -> None:
        """The words are those of a file; a model shows the words of its command too."""
        told = describe(settings(EVERYTHING))
        model = told["models"]["a"]
        self.assertEqual(model["argv"], ["s", "--port", "9000", "-m", "/models/a", "x y"])
        self.assertEqual(model["filters"]["stripParams"], "temperature,top_p")
        self.assertEqual(model["metadata"], {"size": 7, "when": "2024-01-01T00:00:00Z", "share": 3})
        self.assertEqual(
            (told["performance"]["every"], told["captureBuffer"], told["logLevel"]), ("1m30.5s", 0, "info")
        )

    def test_secrets(self) -> None:
        """They are not shown, wherever they stand; all else is, and a difference in them is still one."""
        text = """
            apiKeys: [{key: s3cret-a, name: key}]
            models:
              m: {cmd: "s -m http://u:s3cret-b@h/x.gguf", proxy: "http://u:s3cret-c@h:1", env: ["P=http://s3cret-d@h"]}
            peers:
              apiKey: {proxy: "https://u:s3cret-@e@h/v", apiKey: s3cret-f, models: [x]}
              q: {proxy: "http://q", models: [x]}
            hooks: {after_load: [{webhook: "https://h/s3cret-g"}, {command: "say a@b.c"}]}
        """
        found = settings(text)
        told = describe(found)
        self.assertNotIn("s3cret", json.dumps(told))
        self.assertEqual(told["models"]["m"]["proxy"], f"http://{HIDDEN}@h:1")
        self.assertEqual(told["models"]["m"]["argv"], ["s", "-m", f"http://{HIDDEN}@h/x.gguf"])
        self.assertEqual(told["peers"]["apiKey"]["proxy"], f"https://{HIDDEN}@h/v")
        self.assertEqual([peer["apiKey"] for peer in told["peers"].values()], [HIDDEN, ""])
        self.assertEqual(told["apiKeys"][0]["name"], "key")
        self.assertEqual(
            [hook.get("webhook", hook.get("command")) for hook in told["hooks"]["after_load"]], [HIDDEN, "say a@b.c"]
        )
        for letter, key in (("f", "peers"), ("g", "hooks")):
            other = settings(text.replace(f"s3cret-{letter}", "other"))
            self.assertEqual(difference(found, other).settings, (key,))

    def test_matrix(self) -> None:
        """Costs are told by model, whatever the file called it."""
        found = settings("""
            models: {a/1: {cmd: s, proxy: "http://h"}, b: {cmd: s, proxy: "http://h"}}
            matrix: {vars: {v: a/1}, evict_costs: {v: 3}, sets: {one: v & b, two: b}}
        """)
        told = describe(found)["routing"]["router"]
        self.assertEqual((told["use"], told["settings"]["matrix"]["evict_costs"]), ("matrix", {"a/1": 3}))
        self.assertEqual(read_again(found), found)

    def test_lists_of_profiles(self) -> None:
        """They come back as what they mean today, their names included."""
        found = settings("""
            models: {a: {cmd: s, proxy: "http://h"}, b: {cmd: s, proxy: "http://h"}}
            profiles: {coding: [a, b]}
        """)
        self.assertEqual(read_again(found), found)
