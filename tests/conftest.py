"""A real embedded server for the tests that need a database: one a test process, a fresh database a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from kolcrawl.store.embedded import ensure_server, stop


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of a running embedded server, which ends with the tests."""
    folder = tmp_path_factory.mktemp("kolcrawl-data")
    ensure_server(folder)
    yield folder
    stop(folder)
