"""The sample web, its server, and the crawls that users try first, end to end."""

from __future__ import annotations

import contextlib
import html
import http.client
import subprocess
import sys
import time
import urllib.request
import zipfile
from collections import Counter, deque
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import HTTPError
from urllib.parse import urlsplit

import pytest

from kolcrawl.sample import SampleWeb, SiteServer, Weather, grow, sample_web
from kolcrawl.text.normalize import clean_line, clean_text
from kolcrawl.urls import story_key
from spiders.sample import SampleSpider
from tests.crawling import FAST, ROOT, Stored, drop, read_stored, scrapy, wrong_edges

if TYPE_CHECKING:
    from email.message import Message

REDIRECT, MOVED_TO = "http://xinwen.example/s/34", "http://xinwen.example/a/20260305/100034.shtml"


def get(server: SiteServer, url: str, **headers: str) -> tuple[int, Message, bytes]:
    """Ask the server as a proxy; redirects are not followed."""
    connection = http.client.HTTPConnection(urlsplit(server.proxy).netloc, timeout=10)
    try:
        connection.request("GET", url, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read()
    finally:
        connection.close()


# ------------------------------------------------------------------------------------------------- the web itself


def test_sample_is_linked_through() -> None:
    """From the affair's main story every hand-written story can be reached, and nothing links to nowhere."""
    site = sample_web()
    written = {url for url, story in site.truth.items() if not story.topic.startswith("affair ")}
    assert len(written) == 24
    reached = set(site.reachable(depth=9))
    assert written <= reached
    assert reached - written == {*site.gone, *site.redirects}
    known = {*site.truth, *site.gone, *site.redirects, *site.forbidden}
    for story in site.truth.values():
        assert {*story.linked, *story.popular, *story.others} <= known
    assert tuple(SampleSpider.start_urls) == site.seeds


@pytest.mark.parametrize("site", [sample_web(), grow(60, seed=4)], ids=["sample", "grown"])
def test_pages_show_their_stories(site: SampleWeb) -> None:
    """Each page decodes by what it declares, holds title, text and links, and no mark of the template is left."""
    for url, story in site.truth.items():
        answer = site.answer(url)
        text = answer.body.decode(story.encoding or "utf-8")
        assert answer.status == 200
        assert "<!--" not in text
        assert "$" not in text
        shown = html.unescape(text)
        assert story.title in shown
        assert all(paragraph in shown for paragraph in story.paragraphs)
        for to in (*story.linked, *story.popular, *story.others):
            assert f'href="{to}"' in text or (
                urlsplit(to).netloc == story.host and f'href="{urlsplit(to).path}"' in text
            )


def test_grown_web_is_the_same_each_time() -> None:
    """The same arguments give the same web; another seed gives another."""
    assert grow(80, seed=3).truth == grow(80, seed=3).truth
    assert grow(80, seed=3).truth != grow(80, seed=4).truth


def test_grown_web_keeps_its_promises() -> None:
    """As many stories as asked for, no title twice but in copies, affairs held for about six links in ten."""
    site = grow(300)
    stories = list(site.truth.values())
    assert len(stories) == 300
    titles = Counter(story.title for story in stories if not story.copy_of)
    assert max(titles.values()) == 1
    links = [(story, site.truth[to]) for story in stories for to in story.related]
    on_topic = sum(a.topic == b.topic for a, b in links) / len(links)
    assert 0.5 < on_topic < 0.75
    for story in stories:
        assert len(set(story.related)) == len(story.related) >= 4
        assert story.url not in story.linked
        assert not {*story.linked} & {*story.popular, *story.others}
    copies = [story for story in stories if story.copy_of]
    assert 10 < len(copies) < 60
    for copy in copies:
        original = site.truth[copy.copy_of or ""]
        assert original.copy_of is None
        assert original.published < copy.published
        assert original.host != copy.host
    assert len(site.reachable(site.seeds[:1], depth=8)) > 270


def test_every_way_of_writing_leads_home() -> None:
    """Disguised links take all four forms in about the share asked for, and each answers with its story's page."""
    site = grow(60, disguised=0.5)
    forms: Counter[str] = Counter()
    for story in site.truth.values():
        for to in story.related:
            href = site.href(story.url, to)
            assert site.plain(href) == to
            assert site.answer(href).body == site.answer(to).body
            marks = [mark for mark in ("?utm_", "#", "//www.", "//m.") if mark in href]
            forms[marks[0] if marks else "plain"] += 1
    assert forms.keys() == {"plain", "?utm_", "#", "//www.", "//m."}
    assert 0.35 < 1 - forms["plain"] / forms.total() < 0.65


def test_stories_differ_and_copies_do_not() -> None:
    """Two stories of a language share under half of their five-character shingles, a copy over three quarters."""

    def shingles(text: str) -> set[str]:
        return {text[n : n + 5] for n in range(len(text) - 4)}

    stories = list(grow(100, seed=2).truth.values())
    sets = {story.url: shingles(story.body) for story in stories}
    for n, a in enumerate(stories):
        for b in stories[:n]:
            alike = len(sets[a.url] & sets[b.url]) / len(sets[a.url] | sets[b.url])
            if a.copy_of == b.url:
                assert alike > 0.75, (a.url, b.url)
            elif not (a.copy_of or b.copy_of):
                assert alike < 0.5, (a.url, b.url)


# ---------------------------------------------------------------------------------------------------- its server


def test_server_answers_as_the_site_does() -> None:
    """Stories, redirects, missing pages and robots.txt come with the status that the site gives them."""
    site = sample_web()
    with SiteServer(site) as server:
        status, headers, body = get(server, site.seeds[0])
        assert (status, body) == (200, site.answer(site.seeds[0]).body)
        assert headers["Last-Modified"] == "Mon, 02 Mar 2026 00:34:00 GMT"
        status, headers, _ = get(server, REDIRECT)
        assert (status, headers["Location"]) == (301, MOVED_TO)
        assert [get(server, url)[0] for url in site.gone] == [404, 410]
        assert get(server, "http://nobody.example/")[0] == 404
        assert b"Disallow: /neican/" in get(server, "http://xinwen.example/robots.txt")[2]
        assert b"Disallow" not in get(server, "http://daily.example/robots.txt")[2]
    with pytest.raises(OSError, match="refused"):
        get(server, site.seeds[0])


def test_server_knows_conditional_requests() -> None:
    """304 for the current ETag or date, 200 once the story has changed, 410 when it is gone; all in the log."""
    site = grow(10)
    url = site.seeds[0]
    with SiteServer(site) as server:
        _, first, _ = get(server, url)
        assert get(server, url, If_None_Match=first["ETag"])[0] == 304
        assert get(server, url, If_Modified_Since=first["Last-Modified"])[0] == 304
        site.change(url, title="改过的标题")
        status, second, body = get(server, url, If_None_Match=first["ETag"], If_Modified_Since=first["Last-Modified"])
        assert status == 200
        assert "改过的标题" in body.decode()
        assert second["ETag"] != first["ETag"]
        assert get(server, url, If_Modified_Since=first["Last-Modified"])[0] == 200
        site.remove(url)
        assert get(server, url, If_None_Match=second["ETag"])[0] == 410
        assert [(row.status, row.conditional) for row in server.log] == [
            (200, False), (304, True), (304, True), (200, True), (200, True), (410, True),
        ]  # fmt: skip
        assert server.asked() == {url: [200, 304, 304, 200, 200, 410]}


def test_weather_is_bad_to_order() -> None:
    """About the asked share fails, half of it broken off; the same seed fails the same requests; latency is kept."""
    site = grow(100)
    logs = []
    for _ in range(2):
        with SiteServer(site, Weather(failures=0.4, seed=9)) as server:
            for url in site.truth:
                with contextlib.suppress(http.client.HTTPException, OSError):
                    get(server, url)
            logs.append([(row.url, row.status) for row in server.log])
    assert logs[0] == logs[1]
    statuses = Counter(status for _, status in logs[0])
    assert 10 < statuses[503] < 32
    assert 10 < statuses[0] < 32
    with SiteServer(site, Weather(latency=0.2)) as server:
        began = time.monotonic()
        get(server, site.seeds[0])
        assert time.monotonic() - began > 0.2


def test_data_is_read_from_a_zip(tmp_path: Path) -> None:
    """The package works as an egg, where its data files are no files."""
    egg = tmp_path / "kolcrawl.egg"
    with zipfile.ZipFile(egg, "w") as archive:
        for path in sorted((ROOT / "kolcrawl").rglob("*")):
            if path.suffix in (".py", ".toml", ".html") and path.is_file():
                archive.write(path, path.relative_to(ROOT))
    code = (
        f"import sys; sys.path.insert(0, {str(egg)!r})\n"
        "from kolcrawl.sample import grow, sample_web; import kolcrawl\n"
        "site = sample_web(); assert all(site.answer(url).status == 200 for url in site.truth); grow(20)\n"
        "print(kolcrawl.__file__, len(site.truth))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert str(egg) in done.stdout


def test_served_in_a_process_of_its_own(tmp_path: Path) -> None:
    """`python -m kolcrawl.sample` serves, says how to use it, and writes the truth."""
    command = [sys.executable, "-m", "kolcrawl.sample", "--pages", "12", "--truth", str(tmp_path / "truth.jsonl")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            said = process.stdout.readline()
            proxy = said.partition("http_proxy=")[2].partition(";")[0]
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({"http": proxy}))
            with opener.open(next(iter(grow(12).truth)), timeout=10) as answer:
                assert answer.status == 200
            with pytest.raises(HTTPError, match="404"):
                opener.open("http://xinwen.example/nothing", timeout=10)
        finally:
            process.terminate()
    assert len((tmp_path / "truth.jsonl").read_text(encoding="utf-8").splitlines()) == 12


# -------------------------------------------------------------------------------------------------- end to end


one_crawl = pytest.mark.xdist_group("sample crawl")
"""Tests that look at one and the same crawl run in one process."""


@pytest.fixture(scope="module")
def sample_crawl(data_dir: Path) -> tuple[subprocess.CompletedProcess[str], Stored]:
    """`scrapy crawl sample`, deep enough for all of it, and what it stored."""
    drop(data_dir, "kolcrawl_sample")
    done = scrapy("crawl", "sample", "-a", "depth=9", data_dir=data_dir)
    assert done.returncode == 0, done.stdout + done.stderr
    return done, read_stored(data_dir, "kolcrawl_sample")


@one_crawl
def test_sample_crawl_reads_each_story_once(
    sample_crawl: tuple[subprocess.CompletedProcess[str], Stored],
) -> None:
    """Every story that can be reached is fetched, with its title, time and text, and asked for once."""
    _, stored = sample_crawl
    site = sample_web()
    wanted = {url for url in site.reachable(depth=9) if url in site.truth}
    assert stored.fetched() == wanted
    for url in wanted:
        story, truth = stored.of(url), site.truth[url]
        assert story["title"] == clean_line(truth.title)
        assert story["published_at"] == truth.published
        for paragraph in truth.paragraphs:
            assert clean_text(paragraph) in story["text"]
    asked = Counter(visit["url"] for visit in stored.visits)
    assert {url: n for url, n in asked.items() if n > 1} == {}


@one_crawl
def test_sample_crawl_has_the_edges_of_the_truth(
    sample_crawl: tuple[subprocess.CompletedProcess[str], Stored],
) -> None:
    """Each related block in its order, each callout, and nothing from the other lists among them."""
    _, stored = sample_crawl
    assert wrong_edges(sample_web(), stored, stored.fetched()) == []


@one_crawl
def test_sample_crawl_records_what_cannot_be_read(
    sample_crawl: tuple[subprocess.CompletedProcess[str], Stored],
) -> None:
    """Missing pages are gone, a forbidden one is skipped, a redirect is another name of its target."""
    _, stored = sample_crawl
    site = sample_web()
    for url, status in site.gone.items():
        story = stored.of(url)
        assert (story["status"], story["reason"]) == ("gone", f"http_{status}")
    forbidden = stored.of(site.forbidden[0])
    assert (forbidden["status"], forbidden["reason"], forbidden["visits"]) == ("skipped", "robots", 0)
    assert stored.of(REDIRECT)["url"] == MOVED_TO
    assert REDIRECT in stored.of(MOVED_TO)["aliases"]


@one_crawl
def test_sample_crawl_finds_the_reprints(
    sample_crawl: tuple[subprocess.CompletedProcess[str], Stored],
) -> None:
    """The aggregator's copies are copies of what they repeat; no other story is called one."""
    _, stored = sample_crawl
    site = sample_web()
    found = {
        story["url"]: stored.stories[story["copy_of"]]["url"] for story in stored.stories.values() if story["copy_of"]
    }
    assert found == {
        url: truth.copy_of for url, truth in site.truth.items() if truth.copy_of and url in stored.fetched()
    }


@one_crawl
def test_sample_crawl_keeps_to_its_own_database(
    sample_crawl: tuple[subprocess.CompletedProcess[str], Stored],
) -> None:
    """The report names the sample's database, which is not the user's."""
    done, _ = sample_crawl
    assert "kolcrawl_sample" in done.stdout
    assert SampleSpider.custom_settings is not None
    assert SampleSpider.custom_settings["MONGO_DATABASE"] == "kolcrawl_sample"


def steps_by_any_link(site: SampleWeb, read: set[str]) -> dict[str, int]:
    """The fewest link steps from the first seed to each page that was read, over links of every kind."""
    steps = {site.seeds[0]: 0}
    queue = deque(steps)
    while queue:
        url = queue.popleft()
        story = site.truth[url]
        for to in (*story.linked, *story.popular, *story.others):
            if to in read and to not in steps:
                steps[to] = steps[url] + 1
                queue.append(to)
    return steps


def test_related_crawl_of_a_grown_web(data_dir: Path) -> None:
    """300 stories in four languages: each one in reach is asked for once, each related link of a page that was read is
    an edge in its order, and nothing else is asked for but robots.txt."""
    site = grow(300)
    depth = 4
    reach = site.reachable(site.seeds[:1], depth)
    assert 100 < len(reach) < 300, "the depth must cut something, or it is not proved"
    with SiteServer(site) as server:
        done = scrapy(
            "crawl", "related", "-a", f"url={site.seeds[0]}", "-a", f"depth={depth}", "-a", "max_pages=0",
            "-s", "MONGO_DATABASE=grown", *FAST, data_dir=data_dir, through=server,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert server.asked() == {url: [200] for url in reach}
    robots = Counter(row.url for row in server.log if row.url.endswith("/robots.txt"))
    assert robots == {f"http://{host}/robots.txt": 1 for host in {site.truth[url].host for url in reach}}
    stored = read_stored(data_dir, "grown")
    assert stored.fetched() == set(reach)
    nearest = steps_by_any_link(site, set(reach))
    for url, steps in reach.items():  # links that are not followed may show a shorter way
        assert nearest[url] <= stored.of(url)["depth"] <= steps, url
    assert wrong_edges(site, stored, reach) == []
    assert {url for url in reach if stored.of(url)["published_at"] != site.truth[url].published} == set()


def test_one_story_by_many_addresses(data_dir: Path) -> None:
    """Where half of the links carry tracking parameters, fragments, `www.` or a mobile host, each story is still asked
    for once, and is one story with the same edges."""
    site = grow(60, seed=6, hosts=("xinwen.example", "daily.example"), disguised=0.5)
    with SiteServer(site) as server:
        done = scrapy(
            "crawl", "related", "-a", f"url={site.seeds[0]}", "-a", "depth=9",
            "-s", "MONGO_DATABASE=disguised", *FAST, data_dir=data_dir, through=server,
        )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    reach = site.reachable(site.seeds[:1], 9)
    assert Counter(map(site.plain, server.asked())) == Counter(list(reach))
    assert all(statuses == [200] for statuses in server.asked().values())
    stored = read_stored(data_dir, "disguised")
    assert {site.plain(url) for url in stored.fetched()} == set(reach)
    found = {url: [site.plain(to) for to in stored.targets(url, "related")] for url in reach}
    wrong = {url: (targets, site.truth[url].linked) for url, targets in found.items()
             if set(targets) != {*site.truth[url].linked} or len(targets) != len(set(targets))}  # fmt: skip
    assert wrong == {}


def test_second_crawl_asks_conditionally(data_dir: Path) -> None:
    """A web that changed between two crawls: what is as it was gets a 304, the changed story a revision, the removed
    one is gone, and its edges stay."""
    site = grow(15, seed=5)
    start = site.seeds[0]
    options = ("-a", "depth=9", "-a", "refresh=all", "-s", "MONGO_DATABASE=twice", *FAST)
    with SiteServer(site) as server:
        first = scrapy("crawl", "related", "-a", f"url={start}", *options, data_dir=data_dir, through=server)
        assert first.returncode == 0, first.stdout + first.stderr
        reach = list(site.reachable([start], 9))
        changed, removed = reach[1], reach[2]
        site.change(changed, title=f"{site.truth[changed].title}（更新）")
        site.remove(removed, 404)
        server.log.clear()
        second = scrapy("crawl", "related", "-a", f"url={start}", *options, data_dir=data_dir, through=server)
    assert second.returncode in (0, 3), second.stdout + second.stderr
    asked = server.asked()
    assert asked == {url: [304] for url in asked} | {changed: [200], removed: [404]}
    stored = read_stored(data_dir, "twice")
    assert stored.of(changed)["revisions"] == 1
    assert stored.of(changed)["title"] == clean_line(site.truth[changed].title)
    assert stored.of(removed)["status"] == "gone"
    gone_key = story_key(removed)
    assert any(link["to"] == gone_key for link in stored.links)
