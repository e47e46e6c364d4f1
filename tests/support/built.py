"""Whether the package under test was built with its web UI, as an installed one is and a bare checkout is not."""

from __future__ import annotations

from llamaswap.web.shelf import INDEX
from llamaswap.web.ui import BUILD

FOUND = 200 if (BUILD / INDEX).is_file() else 404
"""The status of the UI's pages (http-api section 20)."""
