"""One Redis for all tests of this folder in a test process; each test has its own crawl in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.frontier.shared.servers import RedisProcess


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisProcess]:
    """A running Redis."""
    server = RedisProcess(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.stop()
