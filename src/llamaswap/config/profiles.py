"""The section `profiles:`: names that stand for others while a profile is active (configuration section 14).

Profiles given as lists, the form of the first releases, are `old_profiles.py`'s.
"""

from __future__ import annotations

from types import MappingProxyType

from llamaswap.config.fields import At, Key, read_keys, require, string
from llamaswap.config.names import Names
from llamaswap.config.nodes import MappingNode, SequenceNode, is_null
from llamaswap.config.schema import Profile

_NO_PINS = "pins must contain at least one entry"


def read_profiles(at: At | None, names: Names) -> dict[str, Profile]:
    """Every profile with pins, in document order."""
    profiles: dict[str, Profile] = {}
    if at is None:
        return profiles
    for name, section in at.children():
        if not isinstance(section.node, SequenceNode):
            check_name(name, at.key(name))
            profiles[name] = _read_profile(name, section, names)
    return profiles


def check_name(name: str, at: At) -> None:
    """Report a profile's name that is blank."""
    if not name.strip():
        at.error("names of profiles cannot be empty")


def _read_profile(name: str, section: At, names: Names) -> Profile:
    require(section, "pins", _NO_PINS)
    given = read_keys(section, KEYS, elsewhere=("pins",))
    pins = section.child("pins")
    return Profile(name=name, pins=MappingProxyType(_read_pins(name, pins, names) if pins else {}), **given)


def _read_pins(profile: str, at: At, names: Names) -> dict[str, str]:
    """Requested names to targets; a target that is missing or empty disables the name."""
    if isinstance(at.node, MappingNode) and not at.node.values:
        at.error(_NO_PINS)
    pins: dict[str, str] = {}
    for pin, place in at.children():
        _check_pin(pin, at.key(pin), names)
        target = "" if is_null(place.node) else string(place)
        fault = _target_fault(target, names) if target else None
        if fault:
            place.error(f"profile {profile}: pin {pin} references {fault}")
        pins[pin] = target or ""
    return pins


def _check_pin(pin: str, at: At, names: Names) -> None:
    if not pin.strip():
        at.error("pin names cannot be empty")
    elif names.is_full(pin):
        at.error(f"profile pin {pin} conflicts with a fully qualified peer model name")


def _target_fault(target: str, names: Names) -> str | None:
    return None if target in names.selectors or names.base(target) is not None else names.fault(target)


KEYS = (Key("description", "description", string),)
