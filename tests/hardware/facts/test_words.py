"""Names of architectures and systems."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from llamaswap.hardware.facts.words import architecture, operating_system, release


@pytest.mark.parametrize(
    ("machine", "name", "raw"),
    [
        ("x86_64", "x86_64", None),
        ("AMD64", "x86_64", "AMD64"),
        ("aarch64", "arm64", "aarch64"),
        ("arm64", "arm64", None),
        ("armv7l", "armv7", "armv7l"),
        ("ppc64le", "ppc64le", None),
        ("riscv64", "riscv64", None),
        ("s390x", "s390x", None),
        ("loongarch64", "other", "loongarch64"),
        ("", "other", None),
    ],
)
def test_architectures(machine: str, name: str, raw: str | None) -> None:
    """The raw name is told where it is another."""
    assert architecture(machine) == {"name": name, "raw_name": raw}


def test_systems() -> None:
    """Only of one that has no name of its own the raw one is told."""
    linux = operating_system("Linux", "Debian GNU/Linux", "12", "6.1.0")
    assert linux == {"family": "linux", "name": "Debian GNU/Linux", "version": "12", "kernel": "6.1.0"}
    assert operating_system("Darwin", None, None, None)["family"] == "macos"
    other = operating_system("NetBSD", None, None, "10.0")
    assert (other["family"], other["raw_family"]) == ("other", "NetBSD")


def test_release() -> None:
    """Words of a shell, with and without quotes."""
    found = release(
        'NAME="Debian GNU/Linux"\nVERSION_ID="12"\n# A=b\nID=debian\nX=\'a "b"\'\nY="a \\"b\\" \\$c"\nno line\n'
    )
    assert found == {"NAME": "Debian GNU/Linux", "VERSION_ID": "12", "ID": "debian", "X": 'a "b"', "Y": 'a "b" $c'}


@given(st.text())
def test_any_release(text: str) -> None:
    """No text is too odd."""
    assert all(name.isidentifier() for name in release(text))
