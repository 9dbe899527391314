"""The page in a real Chromium: what a reader does, what a hostile page tries, and how it looks."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlencode

import httpx
import pytest
from playwright.sync_api import Browser, expect

from kolcrawl.store.server.embedded import stop
from tests.view.browsing import Visit
from tests.view.conftest import HOSTILE_TITLES, address_of, end_view, start_view
from tests.view.generated_network import START

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kolcrawl.network import Network
    from tests.view.conftest import Shown

pytestmark = pytest.mark.xdist_group("view")


@pytest.fixture
def visit(browser: Browser, shown: Shown) -> Iterator[Visit]:
    """The page, opened in English."""
    visit = Visit(browser, shown.address)
    yield visit
    visit.close()


def test_counts_on_screen_are_those_of_the_database(visit: Visit, shown: Shown) -> None:
    """The sentences say the numbers that were generated."""
    words = visit.page.locator(".sentences").inner_text()
    assert f"{shown.known.stories} stories" in words
    assert f"{shown.known.copies} copies" in words
    assert f"{shown.known.gone} gone" in words
    assert f"{shown.known.retitled} retitled" in words
    assert f"{shown.known.fetched} fetched" in words
    visit.shows(shown.known.stories)


def test_numbers_are_filters_and_stand_in_the_address(visit: Visit, shown: Shown) -> None:
    """A click on a number shows those stories; the address opens the same view again."""
    visit.page.get_by_role("button", name=f"{shown.known.gone} gone").click()
    visit.shows(shown.known.gone)
    assert "mark=vanished" in visit.page.url
    visit.page.reload()
    visit.page.locator(".chips").wait_for()
    visit.shows(shown.known.gone)
    visit.page.get_by_role("button", name="Remove all").click()
    visit.shows(shown.known.stories)


def test_who_followed_is_counted_without_the_first(browser: Browser, shown: Shown, viewed: Network) -> None:
    """The other sites within a day of the first are counted; of one site alone, and of copies alone, that is said."""
    subject = [{"relevance": None}, {"relevance": {"$gte": 0.5}}]
    dated = viewed.db.stories.find({"published_at": {"$ne": None}, "$or": subject}).sort("published_at", 1)
    first, *others = list(dated)
    day = first["published_at"] + timedelta(days=1)
    sites = {story["site"] for story in others if story["published_at"] <= day} - {first["site"]}
    visit = Visit(browser, shown.address)
    sentences = visit.page.locator(".sentences")
    expect(sentences).to_contain_text(f"First on it: {first['site']}")
    expect(sentences).to_contain_text(f"{len(sites)} other sites within 24 hours of the first")
    visit.close()
    visit = Visit(browser, f"{shown.address}#{urlencode({'site': first['site']})}")
    expect(visit.page.locator(".sentences")).to_contain_text("First on it: ")
    expect(visit.page.locator(".sentences")).to_contain_text("no other site followed")
    visit.close()
    visit = Visit(browser, f"{shown.address}#mark=copy")
    expect(visit.page.locator(".sentences")).to_contain_text("First among those shown: ")
    assert "First on it" not in visit.page.locator(".sentences").inner_text()
    visit.close()


@pytest.mark.parametrize(
    "given",
    [
        {"q": "降价潮", "status": "fetched"},
        {"site": "qq.com,163.com", "rel": "500"},
        {"mark": "copy,retitled", "depth": "3"},
        {"since": "1772500000000", "until": "1772700000000", "lang": "zh-CN"},
    ],
)
def test_page_and_api_agree(browser: Browser, shown: Shown, given: dict[str, str]) -> None:
    """The page filters by itself, the tables are made by the server: both give the same stories."""
    names = {"rel": "min_relevance", "depth": "max_depth"}
    asked = {names.get(name, name): value for name, value in given.items()}
    wanted = httpx.get(shown.url("api/stories"), params=asked, timeout=60).json()["total"]
    visit = Visit(browser, f"{shown.address}#{urlencode(given)}")
    expect(visit.page.locator("#list")).to_contain_text(f"{wanted} of")
    assert 0 < wanted < shown.known.stories
    visit.close()


def test_search_finds_two_chinese_characters(visit: Visit, viewed: Network) -> None:
    """The list holds what MongoDB finds in titles, texts and tags, marked in the titles."""
    fields = ("title", "text", "tags", "authors", "origin")
    wanted = viewed.db.stories.count_documents({"$or": [{field: {"$regex": "小米"}} for field in fields]})
    visit.page.keyboard.press("/")
    visit.page.keyboard.type("小米")
    expect(visit.page.locator("#list")).to_contain_text(f"{wanted} of")
    assert visit.page.locator(".stories mark").first.inner_text() == "小米"
    visit.page.get_by_role("searchbox").fill("鲸鱼搁浅")
    expect(visit.page.get_by_text("No story passes the filters")).to_be_visible()


def test_a_link_is_followed_to_the_next_story(visit: Visit, viewed: Network) -> None:
    """A story's links say heading and place; a click opens the other story, back returns."""
    link = viewed.db.links.find_one({"kind": "related", "heading": "相关阅读", "position": 1})
    assert link is not None
    visit.page.goto(f"{visit.page.url.partition('#')[0]}#story={link['from']}&tab=links")
    visit.page.reload()
    titles = {doc["_id"]: doc["title"] for doc in viewed.db.stories.find({"_id": {"$in": [link["from"], link["to"]]}})}
    expect(visit.page.locator(".story h2")).to_have_text(titles[link["from"]])
    line = visit.page.locator("[role=tabpanel] li", has_text=titles[link["to"]]).first
    expect(line).to_contain_text("under 相关阅读, place 1")
    line.locator("button").first.click()
    expect(visit.page.locator(".story h2")).to_have_text(titles[link["to"]])
    visit.page.go_back()
    expect(visit.page.locator(".story h2")).to_have_text(titles[link["from"]])


def test_a_path_is_told_in_words(visit: Visit, viewed: Network) -> None:
    """From one story to another: each step says who lists whom, under which heading, where."""
    first = viewed.db.links.find_one({"kind": "related", "heading": "相关阅读"})
    assert first is not None
    second = viewed.db.links.find_one({"kind": "related", "from": first["to"], "to": {"$ne": first["from"]}})
    goal = second["to"] if second else first["to"]
    visit.page.goto(f"{visit.page.url.partition('#')[0]}#story={first['from']}")
    visit.page.reload()
    visit.page.get_by_text("Path to another story").click()
    visit.page.locator(".path input").fill(goal)
    visit.page.get_by_role("button", name="Find", exact=True).click()
    expect(visit.page.locator(".path-steps li").first).to_contain_text("place")
    expect(visit.page.locator(".path-steps li").first).to_contain_text("lists")
    assert f"goal={goal}" in visit.page.url


def test_why_a_story_was_not_read_is_said_in_words(visit: Visit, viewed: Network) -> None:
    """The reason stands beside the status in the reader's language; its code is in the tab that says why."""
    story = viewed.db.stories.find_one({"reason": "http_404", "published_at": {"$ne": None}})
    assert story is not None
    visit.page.goto(f"{visit.page.url.partition('#')[0]}#story={story['_id']}&tab=why")
    visit.page.reload()
    expect(visit.page.locator(".story .badge.gone")).to_have_text("gone · the page is gone")
    expect(visit.page.locator("[role=tabpanel]")).to_contain_text("Why it was not read: the page is gone (http_404)")


def test_the_brush_filters_by_time(visit: Visit, viewed: Network) -> None:
    """Dragging over the bars leaves the stories of that time, as many as MongoDB has in it."""
    box = visit.page.locator(".brush .overlay").bounding_box()
    assert box
    visit.page.mouse.move(box["x"] + box["width"] * 0.2, box["y"] + 20)
    visit.page.mouse.down()
    visit.page.mouse.move(box["x"] + box["width"] * 0.4, box["y"] + 20, steps=5)
    visit.page.mouse.up()
    expect(visit.page.locator(".chips")).to_contain_text("from")
    found = re.search(r"since=(\d+)&until=(\d+)", visit.page.url)
    assert found
    since, until = int(found[1]), int(found[2])
    times = [doc["published_at"] or doc["first_seen"] for doc in viewed.db.stories.find()]
    wanted = sum(since <= at.timestamp() * 1000 < until for at in times)
    assert wanted > 0
    visit.shows(wanted)


def test_the_growth_is_played(visit: Visit) -> None:
    """Playing shows fewer stories first, and all at the end."""
    everything = visit.shown()
    visit.page.get_by_role("button", name="Play").click()
    expect(visit.page.locator(".as-of-row output")).to_contain_text("as of")
    assert visit.shown() < everything
    visit.page.get_by_role("button", name="Stop").click()
    slider = visit.page.get_by_role("slider", name="As of")
    slider.press("End")
    expect(visit.page.locator(".as-of-row output")).to_have_text("everything")
    visit.shows(everything)


def test_the_past_counts_what_was_known(visit: Visit, viewed: Network) -> None:
    """By what the crawl saw when, the vanished as of a moment are those that it had found gone by then."""
    gone = sorted(viewed.db.revisions.find({"changed": "gone"}), key=lambda one: one["at"])
    moment = gone[len(gone) // 2]["at"]
    visit.page.goto(f"{visit.page.url.partition('#')[0]}#clock=seen&asof={int(moment.timestamp() * 1000)}")
    visit.page.reload()
    wanted = sum(one["at"] <= moment for one in gone)
    expect(visit.page.locator(".sentences")).to_contain_text(f"{wanted} gone")
    visit.shows(viewed.db.stories.count_documents({"first_seen": {"$lte": moment}}))
    visit.page.get_by_role("button", name=f"{wanted} gone").click()
    assert wanted < len(gone)
    visit.shows(wanted)


def test_a_story_is_shown_as_of_the_moment(visit: Visit, viewed: Network) -> None:
    """By what the crawl saw when, a story retitled later has its earlier title, and no change yet."""
    revision = viewed.db.revisions.find_one({"changed": "title"})
    assert revision is not None
    before = int(revision["at"].timestamp() * 1000) - 1
    viewed.db.stories.update_one({"_id": revision["story"]}, {"$set": {"first_seen": START}})
    try:
        address = f"{visit.page.url.partition('#')[0]}#story={revision['story']}&tab=history&clock=seen"
        visit.page.goto(f"{address}&asof={before}")
        visit.page.reload()
        expect(visit.page.locator("[role=tabpanel]")).to_contain_text("No change")
        visit.page.goto(f"{address}&asof={before + 2}")
        visit.page.reload()
        expect(visit.page.locator(".revision del").first).to_be_visible()
    finally:
        viewed.db.stories.update_one({"_id": revision["story"]}, {"$set": {"first_seen": revision["at"]}})


def test_a_change_is_shown_as_a_difference(visit: Visit, viewed: Network) -> None:
    """The history shows what was taken out of title and text."""
    revision = viewed.db.revisions.find_one({"changed": "title"})
    assert revision is not None
    visit.page.goto(f"{visit.page.url.partition('#')[0]}#story={revision['story']}&tab=history")
    visit.page.reload()
    expect(visit.page.locator(".revision del").first).to_be_visible()
    removed = "".join(visit.page.locator(".revision del").all_inner_texts())
    assert "品牌方暂未回应" in removed


def test_copies_stand_side_by_side(visit: Visit, viewed: Network) -> None:
    """A copy's sentence that the original lacks is marked as added."""
    copy = viewed.db.stories.find_one({"copy_of": {"$ne": None}, "title": {"$regex": "转载"}})
    assert copy is not None
    visit.page.goto(f"{visit.page.url.partition('#')[0]}#story={copy['_id']}&tab=copies")
    visit.page.reload()
    expect(visit.page.locator(".difference ins").first).to_contain_text("本文由编辑整理")


def test_the_map_answers_to_pointer_and_keys(visit: Visit) -> None:
    """Zooming in draws single links and says how many; sites and groups are maps of their own."""
    status = visit.page.locator(".map-status")
    expect(status).to_contain_text("bundles between islands")
    visit.page.locator(".map canvas").focus()
    for _ in range(4):
        visit.page.keyboard.press("+")
    expect(status).to_contain_text("links")
    expect(status).not_to_contain_text("bundles")
    visit.page.keyboard.press("0")
    expect(status).to_contain_text("bundles")
    visit.page.get_by_label("Nodes are").select_option("sites")
    expect(visit.page.locator(".map canvas")).to_have_attribute("aria-label", re.compile("Map of the network: 9 nodes"))
    visit.page.get_by_label("Nodes are").select_option("groups")
    visit.page.get_by_label("Colour").select_option("time")
    expect(visit.page.locator(".legend")).to_contain_text("Mar")


@pytest.mark.parametrize("number", range(len(HOSTILE_TITLES)))
def test_hostile_words_stay_words(visit: Visit, shown: Shown, number: int) -> None:
    """Markup in titles, texts, tags, headings and addresses is shown as text and runs nothing, in every tab."""
    visit.page.goto(f"{shown.address}#story={shown.hostile[number]}")
    visit.page.reload()
    heading = visit.page.locator(".story h2")
    expect(heading).to_be_visible()
    plain = re.sub("[\u202e\u2066]", "", HOSTILE_TITLES[number])
    assert heading.inner_text() == plain
    for tab in ("Text", "Links", "Copies", "History", "Why here"):
        visit.page.get_by_role("tab", name=tab).click()
        expect(visit.page.locator("[role=tabpanel]")).to_be_visible()
    for href in visit.page.evaluate("[...document.querySelectorAll('a[href]')].map(a => a.href)"):
        assert href.startswith(("http://", "https://"))
    assert visit.page.evaluate("document.querySelectorAll('iframe, img, object, embed, svg script').length") == 0
    assert visit.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_links_out_give_nothing_away(visit: Visit, viewed: Network) -> None:
    """A link to the original opens apart, without opener and referrer."""
    story = viewed.db.stories.find_one({"url": {"$regex": "^https://www"}, "status": "fetched"})
    assert story is not None
    visit.page.goto(f"{visit.page.url.partition('#')[0]}#story={story['_id']}")
    visit.page.reload()
    link = visit.page.get_by_role("link", name="Original")
    assert link.get_attribute("href") == story["url"]
    assert set((link.get_attribute("rel") or "").split()) >= {"noopener", "noreferrer"}
    assert {re.match(r"\w+://[^/]+", url)[0] for url in visit.asked if url.startswith("http")} == {  # type: ignore[index]
        visit.page.url.split("/#")[0].rstrip("/")
    }


def test_the_file_opens_offline(browser: Browser, shown: Shown, tmp_path: Path) -> None:
    """The page writes a file; opened from disk without a network it shows map, course, stories and copies."""
    visit = Visit(browser, shown.address)
    visit.page.get_by_text("Save as").click()
    with visit.page.expect_download() as waiting:
        visit.page.get_by_role("link", name="one HTML file").click()
    file = tmp_path / "network.html"
    waiting.value.save_as(file)
    visit.close()
    offline = Visit(browser, file.as_uri(), offline=True)
    offline.shows(shown.known.stories)
    expect(offline.page.locator(".map-status")).to_contain_text("bundles")
    offline.page.get_by_role("searchbox").fill("降价潮")
    expect(offline.page.locator(".stories mark").first).to_have_text("降价潮")
    expect(offline.page.locator("#list")).not_to_contain_text(f"{shown.known.stories} of ")
    simple = offline.shown()
    for words, number in (("臺灣選舉", 1), ("降價潮", simple), ("台湾选举", 1), ("降价潮", simple)):
        offline.page.get_by_role("searchbox").fill(words)
        expect(offline.page.locator("#list")).to_contain_text(re.compile(rf"\b{number} of "))
    assert 1 < simple < shown.known.stories
    offline.page.locator(".fact", has_text=re.compile(r"^\d+ fetched$")).click()
    offline.page.locator(".stories li button").first.click()
    expect(offline.page.locator(".text-body")).to_be_visible()
    offline.page.get_by_role("tab", name="Why here").click()
    expect(offline.page.locator(".steps li")).not_to_have_count(1)
    offline.page.get_by_text("Back to the list").click()
    offline.page.get_by_role("button", name="Remove all").click()
    offline.page.locator(".fact", has_text="retitled").click()
    offline.page.locator(".stories li button").first.click()
    offline.page.get_by_role("tab", name="History").click()
    expect(offline.page.locator(".revision del").first).to_be_visible()
    assert [url for url in offline.asked if not url.startswith(("file:", "data:"))] == []
    offline.close()


def test_pictures_are_saved(visit: Visit, tmp_path: Path) -> None:
    """The map is saved as PNG and as SVG, which holds no script."""
    for name, start in (("PNG picture", b"\x89PNG"), ("SVG drawing", b"<svg ")):
        visit.page.get_by_text("Save as").click()
        with visit.page.expect_download() as waiting:
            visit.page.get_by_role("button", name=name).click()
        waiting.value.save_as(tmp_path / name)
        content = (tmp_path / name).read_bytes()
        assert content.startswith(start)
        assert b"<script" not in content


def test_a_gone_server_is_said_and_tried_again(browser: Browser, data_dir: Path, known: object) -> None:
    """When the server ends, the next question says what to do; when it is back, trying again works."""
    process = start_view(data_dir, "viewed")
    address = address_of(process)
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(address)
    page.locator(".stories li").first.wait_for()
    page.locator("#crawl option").nth(1).wait_for(state="attached")  # they come with an answer of their own
    end_view(process)
    page.locator("#crawl").select_option(index=1)
    expect(page.get_by_role("alert")).to_contain_text("Start it again with")
    again = start_view(data_dir, "viewed", "--port", address.rstrip("/").rpartition(":")[2])
    address_of(again)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".stories li").first).to_be_visible()
    end_view(again)
    context.close()


def test_an_empty_database_says_what_to_do(browser: Browser, tmp_path: Path) -> None:
    """Without stories the page names the command that gets some."""
    process = start_view(tmp_path, "empty")
    context = browser.new_context(locale="zh-CN")
    page = context.new_page()
    page.goto(address_of(process))
    expect(page.get_by_text("make crawl")).to_be_visible()
    assert page.locator("html").get_attribute("lang") == "zh-CN"
    context.close()
    end_view(process)
    stop(tmp_path)


def test_without_javascript_other_ways_are_named(browser: Browser, shown: Shown) -> None:
    """Who runs no script reads what to use instead, in both languages."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(shown.address)
    words = page.locator("noscript").inner_text()
    assert "scrapy export" in words
    assert "报道" in words
    context.close()


def test_two_tabs_do_not_disturb_each_other(browser: Browser, shown: Shown) -> None:
    """Filters of one tab are not those of the other."""
    one, other = Visit(browser, shown.address), Visit(browser, shown.address)
    one.page.get_by_role("button", name=f"{shown.known.gone} gone").click()
    one.shows(shown.known.gone)
    other.shows(shown.known.stories)
    one.close()
    other.close()


def test_the_language_that_the_server_was_started_with(browser: Browser, data_dir: Path) -> None:
    """`--lang zh` shows the page in Chinese to a browser that asks for English; its reader may still choose."""
    process = start_view(data_dir, "empty", "--lang", "zh")
    context = browser.new_context(locale="en-GB")
    page = context.new_page()
    page.goto(address_of(process))
    chosen = page.locator("html")
    expect(chosen).to_have_attribute("lang", "zh-CN")
    page.get_by_role("button", name="English").click()
    expect(chosen).to_have_attribute("lang", "en")
    context.close()
    end_view(process)
