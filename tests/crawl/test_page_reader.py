"""No page holds up its crawl: what is read where, and what happens to pages that take long."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from scrapy.utils.test import get_crawler

from kolcrawl.crawl.page_reader import ORDINARY_BYTES, ORDINARY_TAGS, PageReader, is_ordinary
from kolcrawl.errors import PageError
from kolcrawl.page import Page, SiteRules, read_page
from kolcrawl.sample import sample_web

NOW = datetime(2026, 3, 5, tzinfo=UTC)
URL = "http://xinwen.example/a/20260302/100021.shtml"
BODY = sample_web().answer(URL, {}).body
LARGE = BODY.replace(b"</body>", b"<!--" + b"x" * ORDINARY_BYTES + b"--></body>")
CROWDED = BODY.replace(b"</body>", b"<br>" * ORDINARY_TAGS + b"</body>")


def hang(*_: object, **__: object) -> Page:
    """Read as a page might be read on which an expression does not end."""
    re.match(r"(?:a|aa)+$", "a" * 60 + "b")
    raise AssertionError("ended")


def reading(steps: Callable[[PageReader], Any], processes: int = 0, **settings: object) -> Any:
    """What a coroutine gives that uses a reader, which is closed."""

    async def run() -> Any:
        reader = PageReader(get_crawler(settings_dict={"READ_SECONDS": 30.0, **settings}), processes)
        try:
            return await steps(reader)
        finally:
            reader.workers.close()

    return asyncio.run(run())


def test_ordinary_pages_start_no_process() -> None:
    """An ordinary page is read by the crawl's own process; a larger one, or one of many tags, by another: alike."""
    assert not is_ordinary(LARGE)
    assert not is_ordinary(CROWDED)

    async def steps(reader: PageReader) -> list[tuple[Page, bool]]:
        found = []
        for body in (BODY, LARGE, CROWDED):
            page = await reader.read(body, URL, {}, SiteRules(), now=NOW)
            found.append((page, bool(reader.workers.pids)))
        return found

    found = reading(steps)
    assert [started for _, started in found] == [False, True, True]
    assert [page for page, _ in found] == [read_page(body, URL, {}, now=NOW) for body in (BODY, LARGE, CROWDED)]


def test_page_that_takes_too_long_goes_to_a_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the crawl's own process does not end in its time is broken off there, and read by another one."""
    monkeypatch.setattr("kolcrawl.crawl.page_reader.read_page", hang)
    monkeypatch.setattr("kolcrawl.crawl.page_reader.HELD_SECONDS", 0.1)

    async def steps(reader: PageReader) -> Page:
        return await reader.read(BODY, URL, {}, SiteRules(), now=NOW)

    assert reading(steps) == read_page(BODY, URL, {}, now=NOW)


def test_loading_the_detector_is_not_the_time_of_a_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where a page takes too long since the model of the language detector is loaded for it, that is loaded outside of
    the page's time, and the page is read by the crawl's own process."""
    loaded: list[int] = []

    def read(*given: Any, **more: Any) -> Page:
        if not loaded:
            raise TimeoutError
        return read_page(*given, **more)

    monkeypatch.setattr("kolcrawl.crawl.page_reader.read_page", read)
    monkeypatch.setattr("kolcrawl.crawl.page_reader.HELD_SECONDS", 60.0)
    monkeypatch.setattr("kolcrawl.crawl.page_reader.is_detector_loaded", lambda: bool(loaded))
    monkeypatch.setattr("kolcrawl.crawl.page_reader.is_detector_wanted", lambda: True)
    monkeypatch.setattr("kolcrawl.crawl.page_reader.load_detector", lambda: loaded.append(1))

    async def steps(reader: PageReader) -> tuple[Page, bool]:
        return await reader.read(BODY, URL, {}, SiteRules(), now=NOW), bool(reader.workers.pids)

    assert reading(steps) == (read_page(BODY, URL, {}, now=NOW), False)
    assert loaded == [1]


def test_page_is_given_up_where_no_process_can_be_started(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing but the crawl's own process can read, a page that takes too long fails; the next one is read."""
    monkeypatch.setattr("sys.executable", "/no/such/python")
    for module in ("page_reader", "parse_workers"):
        monkeypatch.setattr(f"kolcrawl.crawl.{module}.HELD_SECONDS", 0.1)

    async def steps(reader: PageReader) -> Page:
        with monkeypatch.context() as patch:
            for module in ("page_reader", "parse_workers"):
                patch.setattr(f"kolcrawl.crawl.{module}.read_page", hang)
            with pytest.raises(PageError, match=r"not done within 0\.1 s, and no process can be started") as caught:
                await reader.read(BODY, URL, {}, SiteRules(), now=NOW)
            assert (caught.value.reason, caught.value.trace) == ("unreadable", None)
        monkeypatch.setattr("kolcrawl.crawl.parse_workers.HELD_SECONDS", 60.0)
        return await reader.read(LARGE, URL, {}, SiteRules(), now=NOW)

    assert reading(steps).story.title


@pytest.mark.parametrize("processes", [0, 1])
def test_fault_of_the_reader_costs_its_page_alone(processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page on which the reader itself fails is `unreadable`, with the cause, from whichever process."""
    broken = SiteRules(title=7)  # type: ignore[arg-type]

    async def steps(reader: PageReader) -> tuple[PageError, Page]:
        with pytest.raises(PageError) as caught:
            await reader.read(BODY, URL, {}, broken, now=NOW)
        return caught.value, await reader.read(BODY, URL, {}, SiteRules(), now=NOW)

    error, page = reading(steps, processes)
    assert error.reason == "unreadable"
    assert str(error).startswith(f"{URL}: the reader fails on this page (")
    assert "Traceback" in (error.trace or "")
    assert page.story.title
