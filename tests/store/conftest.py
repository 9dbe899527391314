"""A fresh database on the real embedded server for each test.

With `KOLCRAWL_TEST_MONGO_URI` it is on that server, any MongoDB 6 or newer, for the tests that do not start, kill or
fill up servers themselves.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from kolcrawl.store.server.client import Store, open_store
from tests.store.visiting import SERVER

_numbers = itertools.count()


@pytest.fixture
def store(data_dir: Path) -> Iterator[Store]:
    """An open store with an empty database of its own."""
    opened = open_store(SERVER, f"store_{os.getpid()}_{next(_numbers)}", data_dir)
    yield opened
    opened.client.drop_database(opened.db.name)
    opened.close()
