"""The user's proxy is looked at before a crawl begins."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from kolcrawl.errors import ConfigError
from kolcrawl.net.proxy import check_proxy
from tests.crawling import scrapy

if TYPE_CHECKING:
    from pathlib import Path

PAGE = "http://news.example/1.html"


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port of this machine that is taken, and on which nobody answers."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def open_port() -> Iterator[int]:
    """A port of this machine that takes connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)


def test_a_proxy_that_answers(open_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is taken as it is, and without a proxy there is nothing to look at."""
    check_proxy({}, [PAGE])
    check_proxy({"PROXY": f"http://127.0.0.1:{open_port}"}, [PAGE])
    monkeypatch.setenv("http_proxy", f"127.0.0.1:{open_port}")
    check_proxy({}, [PAGE])


def test_a_proxy_that_does_not(silent_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The line names what sets it, the place without its login, and the way out; one that no page needs is let be."""
    with pytest.raises(ConfigError, match=rf"PROXY: no proxy answers at 127\.0\.0\.1:{silent_port} .*\(-s PROXY=\)"):
        check_proxy({"PROXY": f"http://name:geheim@127.0.0.1:{silent_port}"}, [PAGE])
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{silent_port}")
    with pytest.raises(ConfigError, match="correct http_proxy, or unset http_proxy"):
        check_proxy({}, [PAGE])
    check_proxy({}, ["https://news.example/1.html"])
    monkeypatch.setenv("no_proxy", "news.example")
    check_proxy({}, [PAGE])


def test_a_crawl_through_a_dead_proxy(silent_port: int, tmp_path: Path, data_dir: Path) -> None:
    """It ends at once with one line, and makes nothing; the sample, which needs no proxy, is crawled."""
    dead = {"http_proxy": f"http://name:geheim@127.0.0.1:{silent_port}"}
    done = scrapy("crawl", "related", "-a", f"url={PAGE}", data_dir=tmp_path / "data", **dead)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(f"scrapy crawl: http_proxy: no proxy answers at 127.0.0.1:{silent_port} (")
    assert "geheim" not in done.stderr
    assert not (tmp_path / "data").exists()
    options = ("-a", "depth=0", "-s", "MONGO_DATABASE=dead_proxy")
    sample = scrapy("crawl", "sample", *options, data_dir=data_dir, **dead)
    assert sample.returncode == 0, sample.stderr
