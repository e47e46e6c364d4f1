"""Print the first shell block under a heading of the README, so that what is documented is what is run."""

import re
import sys
from pathlib import Path

README = Path(__file__).parent.parent / "README.md"


def block(heading: str) -> str:
    """The commands under `heading`; raises `SystemExit` when there are none."""
    section = README.read_text().partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.search(r"^```sh\n(.*?)^```$", section, re.M | re.S)
    if found is None:
        raise SystemExit(f"README.md has no shell block under '{heading}'")
    return found[1]


if __name__ == "__main__":
    print(block(sys.argv[1]), end="")
