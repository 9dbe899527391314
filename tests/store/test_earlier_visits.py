"""Visiting again: conditional answers, failures and absences, and what later crawls are told."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import bson
import pytest

from kolcrawl.items import HttpFacts
from kolcrawl.policy.revisit import Bounds
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.maintain.retract import retract_readings
from kolcrawl.store.read import earlier_visits
from kolcrawl.store.read.earlier_visits import StoredMemory, StoredText, active_links, known_stories, stored_texts
from kolcrawl.store.read.reader import Reader
from kolcrawl.store.write.apply import apply_visits, recover
from kolcrawl.store.write.documents import shortened, visit_document, visit_stamp, whole_entry
from kolcrawl.store.write.runs import start_run
from tests.store.visiting import address, at, key, link, visit

if TYPE_CHECKING:
    from collections.abc import Iterable

    from pymongo.database import Database

    from kolcrawl.items import LinkItem, StoryItem
    from kolcrawl.policy.earlier_crawls import KnownStory
    from kolcrawl.store.server.client import Store


def write(store: Store, *items: StoryItem) -> None:
    """Write visits one after the other, as one crawl."""
    run = store.db["crawls"].find_one({}, {"_id": 1}) or {"_id": start_run(store, spider="x").id}
    for item in items:
        assert not apply_visits(store.db, [visit_document(item, run["_id"])]).refused


def story(store: Store, name: str) -> dict[str, Any]:
    """A stored story."""
    found = store.db["stories"].find_one({"_id": key(name)})
    assert found is not None
    return found


def answer(status: int, etag: str | None = None, modified: str | None = None) -> HttpFacts:
    """An answer of a server."""
    return HttpFacts(status=status, etag=etag, last_modified=modified, final_url=address("a"))


def test_unchanged_counts_as_seen(store: Store) -> None:
    """A 304 keeps the links of the visit it confirms active and counts them as seen, and its visit names that one."""
    write(store, visit("a", 0, ["b", "c"]), visit("a", 5, ["b"]), visit("a", 9, outcome="unchanged"))
    seen = store.db["visits"].find_one({"outcome": "unchanged"})
    assert seen is not None
    confirmed = store.db["visits"].find_one({"_id": seen["confirms"]})
    assert confirmed is not None
    assert ([one["to"] for one in confirmed["links"]], seen["links"]) == ([key("b")], [])
    links = {one["to"]: one for one in Reader(store.db).links_out([key("a")])}
    assert (links[key("b")]["seen_count"], links[key("b")]["active"], links[key("b")]["last_seen"]) == (3, True, at(9))
    assert (links[key("c")]["seen_count"], links[key("c")]["active"]) == (1, False)
    assert [one["seen_count"] for one in Reader(store.db).links_in([key("b")])] == [3]
    a = story(store, "a")
    assert (a["status"], a["visits"], a["revisions"], a["fetched_at"]) == ("fetched", 3, 0, at(9))
    assert list(check_store(store.db)) == []


def test_unchanged_writes_no_link(store: Store) -> None:
    """A 304 is noted with its story: its links are as they were written, until a page says otherwise."""
    write(store, visit("a", 0, ["b", "c"]), visit("a", 5, ["b", "c"]))
    before = list(store.db["links"].find())
    for minutes in (6, 7):
        write(store, visit("a", minutes, outcome="unchanged"), visit("a", minutes + 0.5, outcome="failed"))
    assert list(store.db["links"].find()) == before
    assert story(store, "a")["confirmed"] == {"visits": 3, "at": at(7)}
    assert list(check_store(store.db)) == []
    write(store, visit("a", 8, ["b"]))
    counts = {one["to"]: (one["seen_count"], one["last_seen"]) for one in store.db["links"].find()}
    assert counts == {key("b"): (5, at(8)), key("c"): (4, at(7))}
    assert story(store, "a")["confirmed"] is None
    assert list(check_store(store.db)) == []


def test_unchanged_since_which_visit(store: Store) -> None:
    """A 304 to a request that was made before another crawl saw a change confirms what was known then."""
    write(store, visit("a", 0, ["b"], version="1"), visit("a", 5, ["c"], version="2"))
    write(store, visit("a", 6, outcome="unchanged", same_as=at(0)))
    assert {one["to"]: one["active"] for one in store.db["links"].find()} == {key("b"): True, key("c"): False}
    assert story(store, "a")["revisions"] == 2
    assert list(check_store(store.db)) == []


def test_a_failed_visit_takes_nothing(store: Store) -> None:
    """A story that was read and then fails keeps status, text and links; `last_visit` and `http` tell of the failure,
    and the next conditional request can still be made."""
    write(store, visit("a", 0, ["b"], http=answer(200, '"v1"', "Mon")), visit("a", 5, outcome="failed"))
    a = story(store, "a")
    assert (a["status"], a["reason"], a["text"]) == ("fetched", None, "Text 1 of a. $where is it?")
    assert (a["last_visit"]["outcome"], a["last_visit"]["reason"], a["http"]["status"]) == ("failed", "http_503", 503)
    known = known_stories(store.db, [key("a")])[key("a")]
    assert (known.etag, known.last_modified, known.visits, known.fetched_at) == ('"v1"', "Mon", 2, at(0))
    assert store.db["links"].count_documents({"active": True}) == 1


def test_a_304_renews_what_it_tells(store: Store) -> None:
    """The validators of a 304 replace those it names, and no others."""
    write(store, visit("a", 0, http=answer(200, '"v1"', "Mon")))
    write(store, visit("a", 5, outcome="unchanged", http=answer(304, '"v2"'), next_visit_at=at(99)))
    known = known_stories(store.db, [key("a")])[key("a")]
    assert (known.etag, known.last_modified, known.next_visit_at) == ('"v2"', "Mon", at(99))


def test_gone_and_back(store: Store) -> None:
    """A story that goes leaves its text as a revision and shows no links; it may come back, with another text."""
    write(store, visit("a", 0, ["b"], version="1"), visit("a", 5, outcome="gone"), visit("a", 6, outcome="gone"))
    a = story(store, "a")
    assert (a["status"], a["reason"], a["text"]) == ("gone", "http_404", "Text 1 of a. $where is it?")
    assert known_stories(store.db, [key("a")]) == {}
    assert store.db["links"].count_documents({"active": True}) == 0
    write(store, visit("a", 9, ["b"], version="2"))
    a = story(store, "a")
    assert (a["status"], a["visits"], a["revisions"]) == ("fetched", 4, 1)
    changes = [one["changed"] for one in store.db["revisions"].find().sort("at", 1)]
    assert changes == [["gone"], ["title", "text"]]
    assert list(check_store(store.db)) == []


def test_never_read(store: Store) -> None:
    """A story that was never read is `failed` or `skipped` by its latest visit, and read once it is read; a failed
    visit makes no link."""
    write(store, visit("a", 0, ["b"]), visit("b", 1, ["x"], outcome="failed"))
    b = story(store, "b")
    assert (b["status"], b["reason"], b["title"], b["visits"]) == ("failed", "http_503", "about b", 1)
    write(store, visit("b", 2, outcome="skipped", status=200, reason="not_html"))
    assert (story(store, "b")["status"], story(store, "b")["reason"]) == ("skipped", "not_html")
    write(store, visit("b", 3))
    assert (story(store, "b")["status"], story(store, "b")["reason"]) == ("fetched", None)
    assert store.db["stories"].count_documents({}) == 2


def test_never_asked_for(store: Store) -> None:
    """What a crawl decides not to ask for is marked, without a visit; a link that it would follow does not undo that,
    a visit does. A link that is not followed gives way to one that is."""
    write(store, visit("a", 0, ["b", link("c", 2, skipped="depth")]))
    write(store, visit("b", 1, outcome="skipped", status=0, http=None, reason="robots"))
    assert (story(store, "b")["status"], story(store, "b")["reason"], story(store, "b")["visits"]) == (
        "skipped",
        "robots",
        0,
    )
    write(store, visit("d", 2, ["b", "c"]))
    assert (story(store, "b")["status"], story(store, "b")["reason"]) == ("skipped", "robots")
    assert (story(store, "c")["status"], story(store, "c")["reason"]) == ("stub", None)
    write(store, visit("b", 3))
    assert (story(store, "b")["status"], story(store, "b")["reason"]) == ("fetched", None)
    assert store.db["visits"].count_documents({}) == 3
    assert list(check_store(store.db)) == []


def test_memory(store: Store) -> None:
    """What a spider is told: the links of the latest good visit, in page order, with addresses to ask for."""
    write(store, visit("a", 0, ["c", "b", link("d", 1, "popular")]), visit("a", 5, ["b", "c"]))

    async def ask() -> None:
        memory = StoredMemory(store)
        assert list(await memory.known([key("a"), key("b")])) == [key("a")]
        links = await memory.links_of(key("a"))
        assert [(one.to_url, one.position) for one in links] == [(address("b"), 1), (address("c"), 2)]

    asyncio.run(ask())


def test_questions_are_asked_together(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What pages ask for while an answer is awaited is looked up at once, and each gets what it asked for; one that
    asks no more takes nothing from the others."""
    names = [f"s{n}" for n in range(30)]
    write(store, *(visit(name, n) for n, name in enumerate(names)))
    asked, go_on = [], threading.Event()

    def counting(db: Database[dict[str, Any]], keys: Iterable[str]) -> dict[str, KnownStory]:
        asked.append(len(list(keys)))
        assert go_on.wait(10)
        return known_stories(db, keys)

    monkeypatch.setattr("kolcrawl.store.read.earlier_visits.known_stories", counting)

    async def ask() -> None:
        memory = StoredMemory(store)
        first = asyncio.create_task(memory.known([key("s0"), key("nowhere")]))
        while not asked:
            await asyncio.sleep(0.001)
        gone, *others = [asyncio.create_task(memory.known([key(name)])) for name in names[:20]]
        await asyncio.sleep(0.05)  # all of them wait
        others += [asyncio.create_task(memory.known([key(name)])) for name in names[20:]]
        await asyncio.sleep(0.05)
        gone.cancel()
        await asyncio.sleep(0.05)
        go_on.set()
        assert list(await first) == [key("s0")]
        for name, answer in zip(names[1:], others, strict=True):
            assert list(await answer) == [key(name)]
        assert (await memory.known([key("s1")]))[key("s1")].url == address("s1")

    asyncio.run(ask())
    assert asked == [2, 30, 1]


def test_a_title_is_text(store: Store) -> None:
    """Values that look like parts of a query or a field path are stored as they are."""
    odd = "$visits"
    write(store, visit("a", 0, [link("b", 1, anchor=odd, heading="$$ROOT")]))
    write(store, visit("c", 1, [link("b", 1, anchor="{$gt: ''}")]))
    write(
        store,
        visit("a", 2, [link("b", 1, anchor=odd, heading="$$ROOT")], title=odd, authors=["$title"], tags=["$$NOW"]),
    )
    a = story(store, "a")
    assert (a["title"], a["authors"], a["tags"], story(store, "b")["title"]) == (odd, ["$title"], ["$$NOW"], odd)
    edge = store.db["links"].find_one({"from": key("a")})
    assert edge is not None
    assert (edge["anchor"], edge["heading"]) == (odd, "$$ROOT")


def test_texts_are_asked_for_together(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """The texts and links of many unchanged pages are looked up at once, while others are; a key that was merged gets
    the text of its canonical story, and one that nobody knows none."""
    names = [f"s{n}" for n in range(9)]
    write(store, *(visit(name, n, [link("hot", 1, "popular")]) for n, name in enumerate(names)))
    write(store, visit("p", 10, ["short"]), visit("s0", 20, known_as=[key("short")], aliases=[address("short")]))
    asked: list[int] = []

    def counting(db: Database[dict[str, Any]], keys: list[str]) -> dict[str, StoredText]:
        asked.append(len(keys))
        return stored_texts(db, keys)

    monkeypatch.setattr("kolcrawl.store.read.earlier_visits.stored_texts", counting)

    async def ask() -> None:
        memory = StoredMemory(store)
        texts = [memory.text_of(key(name)) for name in (*names, "short", "nowhere")]
        links = [memory.links_of(key(name)) for name in names[1:]]
        said, listed = await asyncio.gather(asyncio.gather(*texts), asyncio.gather(*links))
        wanted = [(f"Title 1 of {name}", f"Text 1 of {name}. $where is it?") for name in (*names, "s0")]
        assert said == [*wanted, (None, None)]
        assert [[one.to for one in page] for page in listed] == [[key("hot")]] * 8

    asyncio.run(ask())
    assert asked == [11]


@pytest.mark.parametrize("asked", ["a", "other"])
def test_an_unchanged_visit_left_half_written(store: Store, asked: str) -> None:
    """An unchanged visit is stored without what goes without saying; who finishes it after a kill, or writes it once
    more, comes to what an undisturbed writer does."""
    run = start_run(store, spider="x").id
    http = HttpFacts(status=304, etag=None, last_modified=None, final_url=address(asked))
    again = visit("a", 5, outcome="unchanged", http=http, next_visit_at=at(99), depth=2)
    write(store, visit("a", 0, ["b"], http=answer(200, '"v1"')))
    before = store.db["stories"].find_one({"_id": key("a")})
    assert before is not None
    write(store, again)
    wanted = story(store, "a")
    whole = visit_document(again, run)
    done = store.db["visits"].find_one({"outcome": "unchanged"})
    assert done is not None
    half = {**done, "unapplied": shortened(whole, before)["unapplied"]}
    assert len(bson.encode(half)) < len(bson.encode({**done, "unapplied": whole["unapplied"]})) - 200
    for finish in (lambda: recover(store.db), lambda: apply_visits(store.db, [visit_document(again, run)])):
        store.db["stories"].replace_one({"_id": key("a")}, before)
        store.db["visits"].replace_one({"_id": done["_id"]}, half)
        finish()
        found = story(store, "a")
        assert found | {"updated_at": None} == wanted | {"updated_at": None}
        assert found["http"] == http
        assert store.db["visits"].find_one({"_id": done["_id"]}) == done
    assert list(check_store(store.db)) == []


@pytest.mark.parametrize("bounds", [None, Bounds(), Bounds(chance=0.25)])
@pytest.mark.parametrize("changed", [{}, {"requested_url": address("x")}, {"site": "other.example"}, {"depth": 3}])
def test_what_is_not_stored_of_an_unchanged_visit_comes_back(changed: dict[str, Any], bounds: Bounds | None) -> None:
    """The log entry as it is stored tells all that the whole one does, but what the page was compared with; also after
    the visit was moved to the canonical story; how the story was found is stored where the story does not say it."""
    http = HttpFacts(status=304, etag='"v1"', last_modified=None, final_url=address("y"))
    again = visit("a", 5, outcome="unchanged", http=http, same_as=at(1), discovered_from=key("b"), **changed)
    again.discovered_kind = "related"
    whole = visit_document(again, "x", bounds)
    wanted = whole["unapplied"] | {"same_as": None}
    stored = shortened(whole)
    assert whole_entry(stored) == wanted
    assert whole_entry(stored | {"story": key("c"), "merged_from": key("a")}) == wanted
    later, earlier = ({"order": {"found": visit_stamp(whole) + difference}} for difference in (1, -1))
    assert whole_entry(shortened(whole, later)) == wanted
    assert whole_entry(shortened(whole, earlier)) == wanted | {"discovered_from": None, "discovered_kind": "seed"}


def test_links_of_a_known_page_are_those_of_its_visit(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a page shows is read from the visit that read it, lists, corrections and merged targets included; as long as
    nobody has said which visit that is, or it was taken back, from the links that are stored."""
    listed = [link("b"), link("b", 1, "popular"), link("p"), link("short", 2), link("hot", 1, "popular"), link("a", 3)]
    write(store, visit("a", 0, listed), visit("b", 1), visit("real", 2, known_as=[key("short")]), visit("c", 3, ["b"]))
    write(store, visit("a", 10, [*listed[:4], link("hot", 3, "popular")], version="2"))
    write(store, visit("a", 20, outcome="unchanged", same_as=at(10)))
    names = list(map(key, ("a", "b", "c", "short", "none")))
    stored = active_links(store.db, names, {})
    assert [one.to for one in stored[key("a")]] == list(map(key, ("b", "hot", "b", "p", "real")))
    asked: list[str] = []
    first = earlier_visits._add_stored_links

    def counting(db: Any, keys: Iterable[str], *more: Any) -> None:
        asked.extend(given := list(keys))
        first(db, given, *more)

    monkeypatch.setattr(earlier_visits, "_add_stored_links", counting)

    async def ask() -> dict[str, list[LinkItem]]:
        memory = StoredMemory(store)
        await memory.known(names)
        return {name: links for name in names if (links := await memory.links_of(name))}

    assert asyncio.run(ask()) == stored
    assert asked == [key("none")]
    read = store.db["visits"].find_one({"story": key("c")})
    assert read is not None
    retract_readings(store.db, {key("c"): [read["_id"]]}, "failed", "no_article")
    assert active_links(store.db, [key("c")], {}, pages={key("c"): read["_id"]}) == {}
