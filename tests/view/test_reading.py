"""What a reader sees of the page in unusual networks: nothing is cut off, and numbers are what they are called."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from kolcrawl.network import Network
from kolcrawl.store.server.client import open_store
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.view.network_rows import NO_TIME, milliseconds, read_story_rows
from kolcrawl.view.snapshot import story_columns
from tests.small_network import BEFORE, FIRST, REPORT, SEED, key
from tests.small_network import visit as visit_of
from tests.view.browsing import Visit, watch_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.view.conftest import Shown

pytestmark = pytest.mark.xdist_group("view")
TEN_YEARS = 10 * 365 * 86_400_000


@pytest.fixture
def visit(browser: Browser, shown: Shown) -> Iterator[Visit]:
    """The page, opened in Chinese."""
    visit = Visit(browser, shown.address, "zh-CN")
    yield visit
    visit.close()


def change_network(page: Page, change: Callable[[dict[str, Any]], None]) -> None:
    """Load the page again with another network than the server gives."""

    def answer(route: Route) -> None:
        network = route.fetch().json()
        change(network)
        route.fulfill(json=network)

    page.route("**/api/network?*", answer)
    page.reload()
    page.locator(".sentences").wait_for()


def test_a_span_of_years_fits_into_the_column(visit: Visit) -> None:
    """Where the others followed years after the first, the sentences wrap: the column cannot be moved sideways."""

    def age_first(network: dict[str, Any]) -> None:
        times, relevance = (network["columns"][name] for name in ("published", "relevance"))
        judged = [place for place, value in enumerate(relevance) if value is not None and (value < 0 or value >= 500)]
        at, first = min((at, place) for place in judged if (at := times[place]) is not None)
        times[first] = at - TEN_YEARS

    change_network(visit.page, age_first)
    expect(visit.page.locator(".sentences")).to_contain_text("最早的在")
    assert visit.page.locator(".happened").evaluate("box => box.scrollWidth <= box.clientWidth")


def test_the_tab_counts_the_other_stories(visit: Visit, viewed: Network) -> None:
    """A story with one copy has one in its tab: it is not counted itself."""
    sizes = {
        row["_id"]: row["n"] for row in viewed.db.stories.aggregate([{"$group": {"_id": "$group", "n": {"$sum": 1}}}])
    }
    leader, size = next((leader, size) for leader, size in sizes.items() if size > 1)
    visit.page.goto(f"{visit.page.url.partition('#')[0]}#story={leader}")
    visit.page.reload()
    expect(visit.page.locator("#tab-copies")).to_have_text(f"转载 {size - 1}")


def test_the_menu_closes_where_the_reader_goes_on(visit: Visit) -> None:
    """The menu of files does not stay over the list when the search takes the keyboard."""
    menu = visit.page.locator("details.menu")
    menu.locator("summary").click()
    expect(menu).to_have_attribute("open", "")
    visit.page.keyboard.press("/")
    expect(visit.page.get_by_role("searchbox")).to_be_focused()
    expect(menu).not_to_have_attribute("open", "")


def test_the_map_of_sites_is_seen_whole(visit: Visit, shown: Shown, viewed: Network) -> None:
    """With a story open, the map of sites shows all sites with their names: it does not go near the story's."""
    story = viewed.db.stories.find_one({"status": "fetched", "copy_of": None})
    assert story is not None
    visit.page.goto(f"{shown.address}#story={story['_id']}")
    watch_words(visit.page)
    visit.page.evaluate("window.words = []")  # before: the map is drawn no more when it has come to rest
    visit.page.get_by_label("节点为").select_option("sites")
    visit.page.wait_for_function(
        "sites => sites.every(site => window.words.includes(site))", arg=viewed.db.stories.distinct("site")
    )


def test_marks_are_those_of_the_moment(visit: Visit) -> None:
    """What the crawl saw by a moment: a story that came back, changed again or was retitled later counts as it was
    then; the number shows those stories."""
    moment = 2_000_000_000_000

    def set_marks(network: dict[str, Any]) -> None:
        columns = network["columns"]
        places = [place for place, seen in enumerate(columns["seen"]) if seen < moment][:4]
        for name in ("changed", "first_changed", "first_retitled", "vanished"):
            columns[name] = [None] * len(columns["key"])
        columns["changed"][places[0]] = moment + 1
        columns["first_changed"][places[0]] = moment - 1
        columns["first_retitled"][places[0]] = moment + 1
        network["absences"] = [
            [places[1], moment - 2, moment - 1],
            [places[2], moment - 1, moment + 1],
            [places[3], moment + 1, None],
        ]

    address = visit.page.url.partition("#")[0]
    visit.page.goto(f"{address}#clock=seen&asof={moment}")
    change_network(visit.page, set_marks)
    sentences = visit.page.locator(".sentences")
    expect(sentences).to_contain_text("1 篇已消失")
    expect(sentences).to_contain_text("0 篇改标题")
    expect(sentences).to_contain_text("共 1 篇有改动")
    visit.page.get_by_role("button", name="1 篇已消失").click()
    expect(visit.page.locator("#list")).to_contain_text("中的 1 篇")


def test_what_happened_at_once_is_a_narrow_bar(visit: Visit) -> None:
    """Where all stories were seen in one minute, the course has room beside their bar."""

    def see_at_once(network: dict[str, Any]) -> None:
        network["columns"]["seen"] = [2_000_000_000_000] * len(network["columns"]["key"])

    visit.page.goto(f"{visit.page.url.partition('#')[0]}#clock=seen")
    change_network(visit.page, see_at_once)
    bars = visit.page.locator(".bars-frame rect.originals")
    expect(bars).to_have_count(1)
    frame, bar = (place.bounding_box() for place in (visit.page.locator(".bars-frame"), bars))
    assert frame is not None
    assert bar is not None
    assert bar["width"] < frame["width"] / 6


def test_absences_end_when_a_story_comes_back(data_dir: Path) -> None:
    """A story that was gone between two visits has the span; one that is gone still has no end."""
    store = open_store(None, "absences", data_dir)
    days = [BEFORE + timedelta(days=day) for day in range(4)]
    gone = {"outcome": "gone", "status": 404, "reason": "http_404"}
    texts = [{"title": title, "text": "正文。"} for title in ("标题", "更正", "再次更正")]
    for at, fields in zip(days, (texts[0], gone, texts[1], texts[2]), strict=True):
        apply_visits(store.db, [visit_of(SEED, FIRST, at, **fields)])
    apply_visits(store.db, [visit_of(REPORT, FIRST, days[0], **gone)])
    network = Network(store.db)
    stories = story_columns(read_story_rows(network), network)
    seed, report = (stories.place[key(url)] for url in (SEED, REPORT))
    ends = [milliseconds(day) for day in days]
    assert sorted(stories.absences) == sorted([(seed, ends[1], ends[2]), (report, ends[0], NO_TIME)])
    assert (stories.first_retitled[seed], stories.changed[seed]) == (ends[2], ends[3])
    store.close()
