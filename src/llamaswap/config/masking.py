"""A description of settings without its secrets.

Not shown are API keys and peers' keys, wherever their texts stand, webhooks, names and passwords in URLs, values that
came from variables of the environment (in their place stands `${env.NAME}`), and what has the name of a secret. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Any

from llamaswap.config.commands import split_command
from llamaswap.config.concealed import Concealed, below
from llamaswap.config.report import SHORTEST_SECRET
from llamaswap.config.scalars import canonical
from llamaswap.config.schema import Settings
from llamaswap.config.secrets import GONE, HIDDEN, is_hidden, is_secret_name, without_secrets, without_value
from llamaswap.ids import ModelId

_ALWAYS = {"apiKeys": "key", "peers": "apiKey", "hooks": "webhook"}
"""By section: the key below it whose value is a secret, whatever else says so."""
_ENVIRONMENT = "env"


def masked(told: dict[str, Any], settings: Settings) -> dict[str, Any]:
    """What may be shown of `told`, which describes `settings`."""
    mask = _Mask(settings)
    shown = {key: mask.value(value, key, section=key) for key, value in told.items()}
    for model in shown["models"].values():
        model["argv"] = shown_words(model["cmd"])
    return shown


def shown_names(names: Iterable[ModelId], settings: Settings) -> tuple[ModelId, ...]:
    """What may be shown of the names of models of `settings`."""
    mask = _Mask(settings)
    return tuple(ModelId(mask.name(name)) for name in names)


def shown_words(cmd: str) -> list[str]:
    """The words of a command, parts of which are not shown."""
    return [word.replace(GONE, HIDDEN) for word in split_command(cmd.replace(HIDDEN, GONE))]


class _Mask:
    """Goes through a description with what is known of its settings."""

    def __init__(self, settings: Settings) -> None:
        self._concealed: Concealed = settings.concealed
        self._known = _replacing({**_keys(settings), **self._concealed.spellings})

    def value(self, value: Any, path: str, section: str, key: str = "", among: Collection[str] | None = None) -> Any:
        """What is shown for `value`, which is told at `path` under `key`, in a list with the texts `among`."""
        match value:
            case dict():
                return self._mapping(value, path, section, among)
            case list():
                texts = {canonical(each) for each in value if not isinstance(each, dict | list)}
                return [self.value(each, path, section, key, texts) for each in value]
            case None:
                return None
        text = canonical(value)
        shown = self._text(text, path, key, among)
        secret = _ALWAYS.get(section) == key or is_secret_name(key)
        if secret and value and not isinstance(value, bool) and not is_hidden(shown):
            return HIDDEN
        return value if shown == text else shown

    def name(self, key: str) -> str:
        """What is shown for the key of a mapping."""
        return self._known(self._concealed.name(key)).replace(GONE, HIDDEN)

    def _mapping(
        self, values: Mapping[str, Any], path: str, section: str, among: Collection[str] | None
    ) -> dict[str, Any]:
        shown: dict[str, Any] = {}
        for key, value in values.items():
            told = self.value(value, below(path, key), section, key, among)
            shown[_unused(self.name(key), shown)] = told
        return shown

    def _text(self, text: str, path: str, key: str, among: Collection[str] | None) -> str:
        shown = self._known(self._concealed.at(path, text, among))
        assigns = key == _ENVIRONMENT and among is not None
        return without_secrets(without_value(shown) if assigns else shown).replace(GONE, HIDDEN)


def _keys(settings: Settings) -> dict[str, str]:
    texts = (*(key.key for key in settings.api_keys), *(peer.api_key for peer in settings.peers.values()))
    return {text: GONE for text in texts if len(text) >= SHORTEST_SECRET}


def _replacing(texts: Mapping[str, str]) -> Callable[[str], str]:
    """Puts something in place of each of these, of several at the same place in that of the longest."""
    if not texts:
        return lambda text: text
    either = re.compile("|".join(re.escape(text) for text in sorted(texts, key=len, reverse=True)))
    return lambda text: either.sub(lambda found: texts[found[0]], text)


def _unused(key: str, taken: Mapping[str, Any]) -> str:
    """`key`, told apart from those that look the same now."""
    number, wanted = 1, key
    while wanted in taken:
        number += 1
        wanted = f"{key} ({number})"
    return wanted
