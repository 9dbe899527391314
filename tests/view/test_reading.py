"""What a reader sees of the page in unusual networks: nothing is cut off, and numbers are what they are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.view.browsing import Visit, watch_words

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kolcrawl.network import Network
    from tests.view.conftest import Shown

pytestmark = pytest.mark.xdist_group("view")
TEN_YEARS = 10 * 365 * 86_400_000


@pytest.fixture
def visit(browser: Browser, shown: Shown) -> Iterator[Visit]:
    """The page, opened in Chinese."""
    visit = Visit(browser, shown.address, "zh-CN")
    yield visit
    visit.close()


def change_network(page: Page, change: Callable[[dict[str, list[int | None]]], None]) -> None:
    """Load the page again with other columns than the server gives."""

    def answer(route: Route) -> None:
        network = route.fetch().json()
        change(network["columns"])
        route.fulfill(json=network)

    page.route("**/api/network?*", answer)
    page.reload()
    page.locator(".sentences").wait_for()


def test_a_span_of_years_fits_into_the_column(visit: Visit) -> None:
    """Where the others followed years after the first, the sentences wrap: the column cannot be moved sideways."""

    def age_first(columns: dict[str, list[int | None]]) -> None:
        times, relevance = columns["published"], columns["relevance"]
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
    visit.page.get_by_label("节点为").select_option("sites")
    visit.page.evaluate("window.words = []")
    visit.page.wait_for_function(
        "sites => sites.every(site => window.words.includes(site))", arg=viewed.db.stories.distinct("site")
    )
