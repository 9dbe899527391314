"""How the page looks: pictures for the eye, accessibility, and what the documents say of it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.view.browsing import Visit, watch_words
from tests.view.conftest import ROOT, address_of, end_view, start_view

if TYPE_CHECKING:
    from kolcrawl.network import Network
    from tests.view.conftest import Shown


pytestmark = pytest.mark.xdist_group("view")
PICTURES = ROOT / ".ci" / "artifacts" / "view"
AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
DOCUMENTS = {"en-GB": "network.md", "zh-CN": "network.zh-CN.md"}
SAMPLE_SENTENCES = {
    "en-GB": (
        "79 stories",
        "on 6 sites in 9 days",
        "10 on the topic",
        "First on it: xinwen.example, 28 Feb 2026, 21:06",
        "1 other site within 24 hours of the first",
        "3 copies",
        "of 3 originals",
        "2 gone",
        "0 retitled",
        "58 skipped",
    ),
    "zh-CN": (
        "79 篇报道",
        "，6 个网站，历时 9 天",
        "10 篇切题",
        "首发：xinwen.example，2026年2月28日 21:06",
        "此后 24 小时内另有 1 个网站跟进",
        "3 篇转载",
        "来自 3 篇原文",
        "2 篇已消失",
        "0 篇改标题",
        "58 篇略过",
    ),
}


@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_looks(browser: Browser, shown: Shown, viewed: Network, width: int, theme: Any, locale: str) -> None:
    """Pictures for the eye at both widths, in both themes and languages; nothing is wider than the screen, and axe-core
    finds nothing serious."""
    PICTURES.mkdir(parents=True, exist_ok=True)
    size = {"width": width, "height": 800 if width > 900 else 844}
    visit = Visit(browser, shown.address, locale, viewport=size, color_scheme=theme)
    name = f"{width}-{theme}-{locale[:2]}"
    copy = viewed.db.stories.find_one({"copy_of": {"$ne": None}, "title": {"$regex": "转载"}})
    assert copy is not None
    visit.page.locator(".map-status").wait_for()
    visit.page.screenshot(path=PICTURES / f"{name}.png")
    serious = inspected(visit.page)
    if width < 900:
        for number, panel in enumerate(("overview", "map", "list")):
            visit.page.locator("nav.panels button").nth(number).click()
            visit.page.screenshot(path=PICTURES / f"{name}-{panel}.png")
            serious += inspected(visit.page)
            assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visit.page.goto(f"{shown.address}#story={copy['_id']}&tab=copies")
    visit.page.reload()
    visit.page.locator(".map-waiting").wait_for(state="detached")
    if width < 900:
        visit.page.locator("nav.panels button").nth(2).click()
    visit.page.locator(".difference").wait_for()
    visit.page.wait_for_timeout(300)  # the map comes to rest
    visit.page.screenshot(path=PICTURES / f"{name}-story.png")
    serious += inspected(visit.page)
    visit.close()
    assert not serious
    if not AXE.exists():
        pytest.skip("axe-core is not installed (npm ci in frontend/): it was looked at all but for that")


def inspected(page: Page) -> list[str]:
    """Run axe-core, and give what it calls serious; nothing where it is not installed, which the test says."""
    if not AXE.exists():
        return []
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run()).violations")
    worst = [one for one in found if one["impact"] in ("serious", "critical")]
    return [f"{one['id']}: {json.dumps([node['html'] for node in one['nodes'][:3]])[:600]}" for one in worst]


def test_crawl_then_look(browser: Browser, tmp_path: Path) -> None:
    """What a new user does: crawl the sample site, open the page, and read there what docs/network.md says."""
    environment = {name: value for name, value in os.environ.items() if name != "MONGO_URI"}
    settings = ["-s", f"KOLCRAWL_DATA_DIR={tmp_path}", "-s", "MONGO_DATABASE=kolcrawl"]
    scrapy = [str(ROOT / ".venv" / "bin" / "scrapy")] if (ROOT / ".venv").exists() else ["scrapy"]
    done = subprocess.run(
        [*scrapy, "crawl", "sample", *settings], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    process = start_view(tmp_path, "kolcrawl")
    try:
        address = address_of(process)
        PICTURES.mkdir(parents=True, exist_ok=True)
        for locale in ("en-GB", "zh-CN"):
            visit = Visit(browser, address, locale)
            words = visit.page.locator(".sentences").inner_text()
            document = (ROOT / "docs" / DOCUMENTS[locale]).read_text(encoding="utf-8")
            for said in SAMPLE_SENTENCES[locale]:
                assert said in words
                assert said in document
            visit.page.wait_for_timeout(300)  # the map comes to rest
            visit.page.screenshot(path=PICTURES / f"sample-{locale[:2]}.png")  # those of the README
            expect_names_of_what_was_read(visit.page)
            visit.page.locator(".stories li button").first.click()
            expect(visit.page.locator(".story h2")).to_be_visible()
            visit.close()
    finally:
        end_view(process)
        subprocess.run([*scrapy, "mongo", "--stop", *settings], cwd=ROOT, env=environment, check=True)


def expect_names_of_what_was_read(page: Page) -> None:
    """The map seen whole names the first report and others that were read, and nothing that was not read."""
    listed = page.evaluate("fetch('api/stories?limit=200').then((answer) => answer.json())")["stories"]
    titles = {read: {one["title"] for one in listed if (one["status"] == "skipped") != read} for read in (True, False)}
    watch_words(page)
    # a name is cut where the map has little room
    names = "title => window.words.some(word => word.length > 4 && title.startsWith(word.replace(/…$/, '')))"
    page.wait_for_function(names, arg="穹岚被曝私下接触“阿禾说机”，老用户要求说明")
    page.wait_for_function(f"titles => titles.filter({names}).length > 5", arg=sorted(titles[True]))
    assert not set(page.evaluate("window.words")) & (titles[False] - titles[True])
