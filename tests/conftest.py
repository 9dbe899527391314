"""A real embedded server for the tests that need a database: one a test process, a fresh database a test."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from kolcrawl.network import Network, open_network
from kolcrawl.store.server.client import open_store
from kolcrawl.store.server.embedded import ensure_server, stop
from tests import small_network

os.environ.update(LC_ALL="C.UTF-8", LANGUAGE="", TZ="UTC")  # messages and times as the tests expect them
time.tzset()

# No deadline: a busy machine is no fault of the code. The same examples each time, so that a failure can be repeated.
settings.register_profile("kolcrawl", deadline=None, derandomize=True)
settings.load_profile("kolcrawl")
# `--hypothesis-profile search` looks for new ones.
settings.register_profile("search", deadline=None, max_examples=1_000)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # a shell that runs the tests in the background lets them, and all they start, ignore Ctrl-C, which tests press
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The data folder of a running embedded server, which ends with the tests."""
    folder = tmp_path_factory.mktemp("kolcrawl-data")
    ensure_server(folder)
    yield folder
    stop(folder)


@pytest.fixture(scope="session")
def affair(data_dir: Path) -> Iterator[Network]:
    """The network of `tests.small_network`, shared by all tests that only read."""
    store = open_store(None, "affair", data_dir)
    small_network.build(store.db)
    store.close()
    with open_network(None, "affair", data_dir) as network:
        yield network
