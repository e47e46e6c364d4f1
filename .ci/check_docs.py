"""Check that every relative link of the documentation leads to a file, and that the README has its two blocks."""

import re
from pathlib import Path

from readme_block import block

ROOT = Path(__file__).parent.parent
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


def broken(page: Path) -> list[str]:
    """The relative links of `page` that lead nowhere."""
    links = [link for link in LINK.findall(page.read_text()) if "://" not in link and not link.startswith("mailto:")]
    return [f"{page.relative_to(ROOT)}: {link}" for link in links if not (page.parent / link).exists()]


def main() -> None:
    """Exit 1 with a list when something is missing."""
    for heading in ("Quick start", "Run the tests"):
        block(heading)
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("benchmarks/**/*.md")]
    problems = [problem for page in pages for problem in broken(page)]
    if problems:
        raise SystemExit("broken links:\n" + "\n".join(problems))
    print(f"{len(pages)} pages: every link leads somewhere")


if __name__ == "__main__":
    main()
