"""The page and the server of its database: one that moved is found again, an unknown name makes no database."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx
import pytest

from kolcrawl.store.server.client import open_store
from kolcrawl.store.server.embedded import ensure_server, running, stop
from tests.view.conftest import address_of, end_view, start_view
from tests.view.generated_network import generate

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

DATABASE = "moving"


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """A data folder whose server is the test's own."""
    store = open_store(None, DATABASE, tmp_path)
    generate(store.db, 10, 10)
    store.close()
    yield tmp_path
    stop(tmp_path)


def test_a_server_on_another_port_is_found_again(folder: Path) -> None:
    """The page answers when its server comes back on another port; one that was stopped stays stopped."""
    former = running(folder)
    assert former is not None
    process = start_view(folder, DATABASE)
    try:
        address = address_of(process)
        assert httpx.get(address + "api/crawls", timeout=60).status_code == 200
        stop(folder)
        refused = httpx.get(address + "api/crawls", timeout=60)
        assert refused.status_code == 503
        assert running(folder) is None, "who stopped it does not want it back"
        (folder / "server.json").unlink(missing_ok=True)  # which names the port that it had
        ensure_server(folder)
        again = running(folder)
        assert again is not None
        assert again.port != former.port
        found = httpx.get(address + "api/network", timeout=60)
        assert found.status_code == 200
        assert len(found.json()["columns"]["key"]) == 10
    finally:
        end_view(process)


def test_a_database_that_is_not_there_is_not_made(folder: Path, browser: Browser) -> None:
    """An address that names one is answered in the page's language, and the server holds what it held."""
    process = start_view(folder, DATABASE)
    store = open_store(None, DATABASE, folder, prepare=False)
    try:
        address, held = address_of(process), store.client.list_database_names()
        refused = httpx.get(address + "api/network", params={"db": "nosuch"}, timeout=60)
        assert (refused.status_code, refused.json()["code"]) == (400, "no_database")
        context = browser.new_context(locale="zh-CN")
        page = context.new_page()
        page.goto(f"{address}#db=nosuch")
        page.get_by_text("此服务器上没有数据库 nosuch").wait_for()
        page.get_by_role("button", name="清除全部筛选").click()
        page.locator(".stories li").first.wait_for()
        context.close()
        assert store.client.list_database_names() == held
        other = start_view(folder, "nosuch")
        try:
            assert httpx.get(address_of(other) + "api/network", timeout=60).status_code == 200
            assert store.client.list_database_names() == held
        finally:
            end_view(other)
    finally:
        store.close()
        end_view(process)
