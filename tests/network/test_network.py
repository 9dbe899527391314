"""The read API, against a real server."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.errors import ArgumentError, StoreError, UrlError
from kolcrawl.network import Network, Selection, StoryFilter, meant_story, open_network
from kolcrawl.store.read.reader import INTERNAL_FIELDS
from tests.network.names import urls
from tests.small_network import (
    AFTER,
    ALIAS,
    BEFORE,
    BROKEN,
    END,
    FIRST,
    GOSSIP,
    LATER,
    OLD,
    REPORT,
    REPRINT,
    SECOND,
    SEED,
    SEQUEL,
    STATEMENT,
    key,
)

BETWEEN = BEFORE + timedelta(days=3)


# --- stories


@pytest.mark.parametrize("name", [REPORT, key(REPORT), ALIAS, OLD, key(OLD), REPORT + "?utm_source=x", REPORT[8:]])
def test_a_story_is_found_under_any_name(affair: Network, name: str) -> None:
    """URL, key, alias, tracking parameters, no scheme, and the URL or key of a merged story lead to one story."""
    story = affair.story(name)
    assert story is not None
    assert (story["_id"], story["url"], affair.key(name)) == (key(REPORT), REPORT, key(REPORT))


def test_unknown_stories(affair: Network) -> None:
    """An unknown story is None where one is asked for, and an error that names it where one is needed."""
    assert affair.story("https://nowhere.example.com/1") is None
    with pytest.raises(ArgumentError, match=r"nowhere\.example\.com/1 is not in the network"):
        affair.neighbours("https://nowhere.example.com/1")
    with pytest.raises(UrlError, match="no absolute http"):
        affair.story("ftp://example.com/x")


def test_filters(affair: Network) -> None:
    """Each filter keeps what it says; merged stories stay out unless asked for."""

    def found(**where: object) -> set[str]:
        return urls(affair.stories(StoryFilter(**where)))  # type: ignore[arg-type]

    assert len(found()) == 10
    assert found(statuses=["merged"]) == {OLD}
    assert found(sites=["example.org"]) == {STATEMENT, END}
    assert found(statuses=["fetched"], langs=["zh"]) == {SEED, REPORT, REPRINT, SEQUEL}
    assert found(since=AFTER) == found(since=AFTER.replace(tzinfo=None)) == {LATER}
    assert found(until=BEFORE) == {SEED, REPORT, REPRINT}
    assert found(since=BEFORE - timedelta(hours=6), until=BEFORE) == {REPORT, REPRINT}
    assert found(min_relevance=0.9) == {SEED}


@given(
    sites=st.lists(st.sampled_from(["example.com", "example.org", "example.net"]), max_size=2),
    statuses=st.lists(st.sampled_from(["fetched", "stub", "gone", "skipped"]), max_size=2),
    langs=st.lists(st.sampled_from(["zh", "en", "z"]), max_size=2),
    hours=st.one_of(st.none(), st.integers(-24, 200)),
    least=st.one_of(st.none(), st.sampled_from([0.0, 0.4, 1.0])),
)
def test_a_filter_means_the_same_in_the_database_and_in_memory(
    affair: Network, sites: list[str], statuses: list[str], langs: list[str], hours: int | None, least: float | None
) -> None:
    """Any filter as a query gives the stories that it matches one by one."""
    since = None if hours is None else BEFORE + timedelta(hours=hours)
    where = StoryFilter(sites=sites, statuses=statuses, langs=langs, since=since, min_relevance=least)
    everything = affair.stories(StoryFilter(statuses=["stub", "fetched", "failed", "gone", "skipped", "merged"]))
    assert urls(affair.stories(where)) == urls(story for story in everything if where.matches(story))


def test_what_the_store_keeps_for_itself_is_left_out(affair: Network) -> None:
    """Readers get the fields of the contract, not fingerprints and bookkeeping; texts only when asked for."""
    story = affair.story(SEED)
    assert story is not None
    assert not story.keys() & INTERNAL_FIELDS.keys()
    assert story["text"] == "第二版正文，更长一些。"
    assert "text" not in next(iter(affair.stories(with_text=False)))
    assert all("unapplied" not in visit for visit in affair.visits(SEED))


def test_times_are_aware(affair: Network) -> None:
    """Times come as aware UTC, whatever the client's settings."""
    story = affair.story(SEED)
    assert story is not None
    assert story["published_at"] == datetime(2026, 3, 1, 12, tzinfo=UTC)
    assert story["published_at"].utcoffset() == timedelta(0)


def test_group(affair: Network) -> None:
    """The group is the same from every member: the leader first; a lone story is its own group."""
    assert [story["url"] for story in affair.group(REPRINT)] == [REPORT, REPRINT]
    assert [story["url"] for story in affair.group(REPORT)] == [REPORT, REPRINT]
    assert [story["url"] for story in affair.group(SEQUEL)] == [SEQUEL]


def test_counts(affair: Network) -> None:
    """Totals by status, kind and site, the greatest first."""
    counts = affair.counts()
    assert counts["stories"] == {"fetched": 4, "skipped": 2, "stub": 2, "failed": 1, "gone": 1, "merged": 1}
    assert counts["links"] == {"related": 10, "popular": 1}
    assert next(iter(counts["sites"])) == "example.com"


def test_counts_of_the_past(affair: Network) -> None:
    """A moment and a crawl have the numbers of their own, and a network of before the first crawl has none."""
    then = affair.as_of(BETWEEN)
    stories = [story for story in then.stories() if story["status"] != "merged"]
    counts = then.counts()
    assert counts["stories"] == Counter(story["status"] for story in stories)
    assert counts["stories"]["fetched"] == 5
    assert "gone" not in counts["stories"]
    assert counts["links"] == {"related": 9, "popular": 1}
    assert sum(counts["sites"].values()) == len(stories)
    assert affair.of_crawl(SECOND).counts()["links"] == {"related": 4}
    assert affair.as_of(BEFORE - timedelta(days=1)).counts() == {"stories": {}, "links": {}, "sites": {}}


def test_the_record_of_the_past(affair: Network) -> None:
    """Runs, visits and versions end with the moment, or belong to the crawl; changes are those of today alone."""
    during = affair.as_of(AFTER + timedelta(minutes=1))
    assert [(run["_id"], run["finished_at"] is None) for run in during.crawls()] == [(SECOND, True), (FIRST, False)]
    assert affair.as_of(BETWEEN).revisions(SEED) == []
    assert [run["_id"] for run in affair.of_crawl(FIRST).crawls()] == [FIRST]
    assert [visit["crawl"] for visit in affair.of_crawl(SECOND).visits(SEED)] == [SECOND]
    assert affair.of_crawl(FIRST).revisions(SEED) == []
    assert len(affair.of_crawl(SECOND).revisions(SEED)) == 1
    with pytest.raises(ArgumentError, match="changes are told of the network of today"):
        next(during.changes())


def test_discovery(affair: Network) -> None:
    """The way on which a story was found leads from the seed, link by link."""
    way = affair.discovery(END)
    assert [step.story["url"] for step in way] == [SEED, REPORT, SEQUEL, END]
    assert [step.link and step.link["anchor"] for step in way] == [None, "品牌方回应争议", "后续", "The end"]


# --- time


def test_timeline(affair: Network) -> None:
    """Publication, finding, change and disappearance, in order of time, a change with what was there before."""
    events = affair.timeline(affair.neighbourhood(SEED, 1))
    assert [event.at for event in events] == sorted(event.at for event in events)
    assert (events[0].what, events[0].story["url"]) == ("published", SEED)
    changed = [event for event in events if event.what == "changed"]
    assert [(event.at, event.detail["title"]) for event in changed] == [(AFTER, "某品牌被曝与争议博主合作")]
    assert [event.story["url"] for event in events if event.what == "gone"] == [STATEMENT]


def test_changes_go_on_from_any_cursor(affair: Network) -> None:
    """Reading on from each cursor gives exactly what comes after it; fresh changes wait until they have settled."""
    everything = list(affair.changes(grace_period=0))
    assert {change.document["_id"] for change in everything} >= {key(SEED), key(OLD)}
    for number, change in enumerate(everything, 1):
        rest = [later.cursor for later in affair.changes(change.cursor, grace_period=0)]
        assert rest == [later.cursor for later in everything[number:]]
    assert len(list(affair.changes(collection="links", grace_period=0))) == 11
    assert not everything[0].document.keys() & INTERNAL_FIELDS.keys()
    assert list(affair.changes(grace_period=3600)) == []
    with pytest.raises(ArgumentError, match="not a cursor"):
        next(affair.changes("yesterday"))


def test_as_of_a_moment(affair: Network) -> None:
    """Between the crawls: the title, text and links of then; what came later is not there, what went is."""
    then = affair.as_of(BETWEEN)
    seed = then.story(SEED)
    assert seed is not None
    assert (seed["title"], seed["text"], seed["visits"], seed["revisions"]) == (
        "某品牌被曝与争议博主合作",
        "第一版正文。",
        1,
        0,
    )
    assert seed["text_chars"] == len("第一版正文。")
    statement = then.story(STATEMENT)
    assert statement is not None
    assert (statement["status"], statement["reason"]) == ("fetched", None)
    assert then.story(LATER) is None
    assert urls(then.stories()) == urls(affair.stories()) - {LATER}
    out = [(link["kind"], link["position"], story["url"]) for link, story in then.neighbours(SEED)]
    assert out == [
        ("related", 1, REPORT),
        ("related", 2, STATEMENT),
        ("related", 3, REPRINT),
        ("related", 4, BROKEN),
        ("popular", 1, GOSSIP),
    ]
    assert all(near.link["active"] for near in then.neighbours(SEED))
    assert [near.story["url"] for near in then.neighbours(STATEMENT, "in")] == [SEED]
    assert [event.what for event in then.timeline([key(STATEMENT)])] == ["found"]
    assert [run["_id"] for run in then.crawls()] == [FIRST]


def test_as_of_a_moment_within_a_crawl(affair: Network) -> None:
    """Half a minute into the first crawl: one story read, its links stubs under the words of the links."""
    then = affair.as_of(BEFORE + timedelta(seconds=30))
    stories = {story["url"]: story for story in then.stories()}
    assert stories.keys() == {SEED, REPORT, STATEMENT, REPRINT, BROKEN, GOSSIP}
    report = stories[REPORT]
    assert (report["status"], report["title"], report["text"], report["published_at"], report["visits"]) == (
        "stub",
        "品牌方回应争议",
        None,
        None,
        0,
    )
    assert (stories[BROKEN]["status"], stories[BROKEN]["reason"]) == ("stub", None)
    assert stories[GOSSIP]["status"] == "skipped"
    assert then.neighbours(REPORT) == []


def test_as_of_the_end_is_now(affair: Network) -> None:
    """Rebuilt from visits as of the end, stories and links are those that the writer keeps."""
    then = affair.as_of(AFTER + timedelta(days=1))
    not_rebuilt = {"updated_at", "next_visit_at", "http"}
    now = {story["_id"]: {k: v for k, v in story.items() if k not in not_rebuilt} for story in affair.stories()}
    rebuilt = {story["_id"]: {k: v for k, v in story.items() if k not in not_rebuilt} for story in then.stories()}
    assert rebuilt == now
    own = {"schema", "nofollow", "updated_at"}
    links = [{k: v for k, v in link.items() if k not in own} for link in affair.links_out(sorted(now))]
    assert [{k: v for k, v in link.items() if k not in own} for link in then.links_out(sorted(now))] == links


def test_as_one_crawl_saw_it(affair: Network) -> None:
    """A crawl's view holds the stories it visited or saw linked, and the links it saw, at their places of then."""
    second = affair.of_crawl(SECOND)
    assert urls(second.stories()) == {SEED, LATER, REPORT, REPRINT, STATEMENT, SEQUEL, END}
    assert [near.story["url"] for near in second.neighbours(SEED)] == [LATER, REPORT, REPRINT]
    first = affair.of_crawl(FIRST)
    assert [near.link["position"] for near in first.neighbours(SEED)] == [1, 2, 3, 4, 1]
    assert [link["seen_count"] for link in first.links_out([key(SEED)])] == [1] * 5
    assert "gone" not in {story["status"] for story in first.stories()}  # one is gone since
    assert first.story(SEED) == affair.as_of(BETWEEN).story(SEED)


def test_runs_are_named_by_id_beginning_or_latest(affair: Network) -> None:
    """A run is found by its id, an unambiguous beginning, or `latest`; else the error says where to look."""
    assert affair.crawl(FIRST)["_id"] == affair.crawl("20260302")["_id"] == FIRST
    assert affair.crawl("latest")["_id"] == SECOND
    with pytest.raises(ArgumentError, match="several runs begin with '2026'"):
        affair.crawl("2026")
    with pytest.raises(ArgumentError, match="there is no run 'nope'"):
        affair.of_crawl("nope")


# --- for other libraries


def test_as_graphs_and_frames(affair: Network) -> None:
    """networkx, igraph, pandas and Arrow all hold the same stories and links, with typed columns."""
    graph = affair.networkx(Selection(with_text=True))
    again = nx.parse_graphml("\n".join(nx.generate_graphml(graph)), force_multigraph=True)
    assert (dict(again.nodes(data=True)), again.number_of_edges()) == (dict(graph.nodes(data=True)), 11)
    assert graph.nodes[key(SEED)]["published_at"] == "2026-03-01T12:00:00Z"
    assert "published_at" not in graph.nodes[key(END)]
    assert (graph.number_of_nodes(), graph.number_of_edges()) == (10, 11)
    assert graph.nodes[key(REPORT)]["site"] == "example.com"
    assert graph.edges[key(SEED), key(GOSSIP), "popular"]["position"] == 1
    other = affair.igraph(Selection(kinds=["related"]))
    assert (other.vcount(), other.ecount()) == (10, 10)
    assert set(other.vs["name"]) == set(graph)
    stories, links = affair.pandas()
    assert (len(stories), len(links)) == (10, 11)
    assert stories.loc[key(SEED), "published_at"] == datetime(2026, 3, 1, 12, tzinfo=UTC)
    arrow, _ = affair.arrow(Selection(seeds=[SEED], hops=1, with_text=True))
    assert arrow.num_rows == 6
    assert "text" in arrow.column_names


# --- opening


def test_a_database_that_is_not_there(data_dir: Path) -> None:
    """No server is one clear line that keeps the password to itself; an empty database is simply empty."""
    with pytest.raises(StoreError, match="no database answers at") as caught:
        open_network("mongodb://user:geheim@127.0.0.1:9/?serverSelectionTimeoutMS=200")
    assert "geheim" not in str(caught.value)
    with open_network(None, "nothing_here", data_dir) as network:
        assert list(network.stories()) == []
        assert network.crawls() == []
        assert network.db.list_collection_names() == []


def test_opened_as_the_environment_says(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who crawls with settings in the environment reads the same network without naming it again."""
    monkeypatch.setenv("KOLCRAWL_DATA_DIR", str(data_dir))
    monkeypatch.setenv("MONGO_DATABASE", "affair")
    with open_network() as network:
        assert network.story(LATER) is not None
    monkeypatch.setenv("MONGO_URI", "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=200")
    with open_network(None, "affair", data_dir) as network:
        assert network.story(LATER) is not None
    with pytest.raises(StoreError, match="no database answers at"):
        open_network()


def test_a_folder_that_is_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opened far from the crawl and without a name, there is an error that says so, not an empty network; nothing is
    made there."""
    for name in ("KOLCRAWL_DATA_DIR", "MONGO_URI"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(StoreError, match=r"there is no .*\.kolcrawl: name the crawl's folder"):
        open_network(database="affair")
    assert not list(tmp_path.iterdir())


def test_opened_as_of_a_moment(data_dir: Path, affair: Network) -> None:
    """The whole network can be opened as of a moment."""
    with open_network(None, "affair", data_dir, as_of=BETWEEN) as network:
        assert network.story(LATER) is None
        assert affair.story(LATER) is not None


def test_reading_needs_no_scrapy() -> None:
    """The read API is imported without Scrapy and without the libraries of the extra."""
    code = "import sys, kolcrawl.network; print(*{'scrapy', 'networkx', 'pandas', 'pyarrow'} & sys.modules.keys())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == ""


def test_a_server_that_fails_while_reading(data_dir: Path) -> None:
    """A failure of the server within the `with` ends it with an error in our words."""
    with pytest.raises(StoreError, match="the database at mongodb://127"), open_network(None, "x", data_dir) as network:
        network.db.command("no_such_command")


# --- the story that a person means


@pytest.mark.parametrize(
    "words", [REPORT, key(REPORT), key(REPORT)[:8], key(OLD)[:6], ALIAS, "后续报道", "BRAND issues"]
)
def test_a_story_is_meant_by_what_is_printed_of_it(affair: Network, words: str) -> None:
    """Addresses, keys, the beginning of a key, also of a merged story, and a part of a title that no other has."""
    meant = {"后续报道": SEQUEL, "BRAND issues": STATEMENT}.get(words, REPORT)
    assert meant_story(affair, words) == key(meant)


def test_several_stories_are_named_and_none_is_said(affair: Network) -> None:
    """Words of two titles name both with what tells them apart; what nothing has is one error."""
    with pytest.raises(ArgumentError, match=r"means 2 stories: give the key of one\n") as caught:
        meant_story(affair, "品牌方回應")
    lines = str(caught.value).splitlines()[1:]
    assert sorted(line.split()[0] for line in lines) == sorted((key(REPORT)[:8], key(REPRINT)[:8]))
    for nothing in ("abcdef", "no such story", "https://nowhere.example/", " "):
        with pytest.raises(ArgumentError, match=r"is not in the network|no story is called"):
            meant_story(affair, nothing)
    with pytest.raises(ArgumentError, match="too short for the beginning of a key: give 6 digits"):
        meant_story(affair, key(SEQUEL)[:5])
