"""The styles of the UI: all of them are in force on every page, so each class of a page has one owner."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

SOURCES = Path(__file__).parents[1] / "ui" / "src"


def leaders(file: Path) -> set[str]:
    """Every class that a rule of this style begins with."""
    rules = re.findall(r"([^{}]+)\{", re.sub(r"/\*.*?\*/", "", file.read_text(), flags=re.DOTALL))
    selectors = [selector.strip() for rule in rules for selector in rule.split(",")]
    return {found.group(1) for selector in selectors if (found := re.match(r"\.([\w-]+)", selector))}


def test_no_page_dresses_another() -> None:
    """What pages share is in `styles/`; everything else belongs to one of them."""
    common = {name for file in (SOURCES / "styles").glob("*.css") for name in leaders(file)}
    owners = defaultdict(set)
    for folder in ("pages", "parts"):
        for file in (SOURCES / folder).rglob("*.css"):
            for name in leaders(file) - common:
                owners[name].add(str(file.relative_to(SOURCES)))
    assert len(owners) > 100
    assert {name: files for name, files in owners.items() if len(files) > 1} == {}
