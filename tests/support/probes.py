"""Configuration A of http-api section 24, as far as names and bodies go."""

from __future__ import annotations

from functools import cache

from llamaswap.config.schema import Settings
from tests.config.loading import settings

_TEXT = """\
models:
  m1:
    cmd: srv ${PORT}
    name: " One "
    description: The first
    ttl: 300
    aliases: [al1]
    metadata: {k: 1, context_length: 9}
    capabilities: {in: [text, image], out: [text], tools: true, context: 32000}
    filters:
      stripParams: temperature, model, a.b
      setParams: {top_p: 0.9, nested: {z: 1}}
      setParamsByID: {think: {thinking: true, top_p: 0.1}}
  org/m2: {cmd: "srv ${PORT}", useModelName: real-name}
  hid: {cmd: "srv ${PORT}", unlisted: true}
  one: {cmd: "srv ${PORT}", concurrencyLimit: 1}
  bad: {cmd: "srv ${PORT}"}
  slow: {cmd: "srv ${PORT}"}
  comfyui_auto: {cmd: "srv ${PORT}"}
groups:
  all: {swap: false, members: [m1, org/m2, hid, one, bad, slow, comfyui_auto]}
peers:
  px:
    proxy: http://peer.test
    apiKey: peerkey
    models: [org/pm, uniq]
    filters: {stripParams: temperature, setParams: {pp: 1}}
  dead: {proxy: "http://127.0.0.1:9", models: [gone]}
selectors:
  s-pin: {strategy: pin, targets: [think, uniq], name: Sel}
  s-warm: {strategy: warm, targets: [m1, hid]}
  s-spill: {strategy: spillover, targets: [m1, hid], settings: {spillover: 1}}
profiles:
  p1: {description: D, pins: {pub: think, off: null, m1: hid, psel: s-pin}}
"""


@cache
def configuration_a() -> Settings:
    """Its settings."""
    return settings(_TEXT)
