"""Folders for tests that write files: outside the checkout, gone when the test is over."""

from __future__ import annotations

import tempfile
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase


def folder_for(test: SynchronousTestCase) -> Path:
    """An empty folder for the length of `test`; its name is short enough for the path of a Unix socket."""
    folder = tempfile.TemporaryDirectory()
    test.addCleanup(folder.cleanup)
    return Path(folder.name)
