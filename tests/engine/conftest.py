"""One server for all tests that do not end it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.engine import configuration
from tests.support.live import LiveServer


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the demo's model files."""
    return tmp_path_factory.mktemp("models")


@pytest.fixture(scope="module")
def server(models: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LiveServer]:
    """The demo's models behind a running server."""
    with LiveServer.of(configuration(models), tmp_path_factory.mktemp("server")) as server:
        yield server


@pytest.fixture
def own_server(models: Path, tmp_path: Path) -> Iterator[LiveServer]:
    """The same, for a test that ends it."""
    with LiveServer.of(configuration(models), tmp_path) as server:
        yield server
