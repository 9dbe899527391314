"""A fresh database on the real embedded server for each test."""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kolcrawl.store.client import Store, open_store

_numbers = itertools.count()


@pytest.fixture
def store(data_dir: Path) -> Iterator[Store]:
    """An open store with an empty database of its own."""
    opened = open_store(None, f"store_{os.getpid()}_{next(_numbers)}", data_dir)
    yield opened
    opened.client.drop_database(opened.db.name)
    opened.close()
