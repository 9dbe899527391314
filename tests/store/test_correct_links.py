"""Links that were judged again: the visit and all that follows from it are as if they had been read so."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, Any

import pytest
from pymongo.errors import PyMongoError

from kolcrawl.store.maintain import correct_links
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.maintain.correct_links import MAX_CORRECTION_TRIES, WaitingCorrections, correct_visits
from kolcrawl.store.merge import restore
from kolcrawl.store.merge.restore import drop_stale_links
from kolcrawl.store.write import projection
from kolcrawl.store.write.apply import apply_visits, recover
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.writer import StoryWriter
from tests.store.flaky import cut_after
from tests.store.test_crash import CRAWL, CRAWL_FIELDS, contents, write
from tests.store.visiting import address, key, link, visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from kolcrawl.items import LinkItem
    from kolcrawl.store.server.client import Store

READ = [link("b"), link("c", 1, "recommended"), link("e", 1, "popular")]
"""What `a` lists by its first reading."""
JUDGED = [link("b", 1, "recommended"), link("c"), link("d", 2), link("e", 1, "latest")]
"""What it lists by the second judgement: `d` was no list's before."""


def corrected(links: list[LinkItem]) -> dict[str, Any]:
    """The corrected visit to `a`, whose text is not known any more."""
    return visit_document(visit("a", 0, links, text=None), CRAWL)


def correct(db: Any, links: list[LinkItem]) -> set[str]:
    """Correct the visit to `a`. Return what is done with."""
    done: set[str] = set()
    correct_visits(db, [corrected(links)], done)
    return done


def edges(store: Store, story: str) -> set[tuple[str, str, bool]]:
    """Target, kind and activity of the links of a story that have documents of their own."""
    return {(row["to"], row["kind"], row["active"]) for row in store.db["links"].find({"from": key(story)})}


def as_if_read_so(store: Store, links: list[LinkItem]) -> dict[str, dict[str, object]]:
    """What the database holds when `a` is read with these links; it is empty afterwards."""
    store.db["crawls"].replace_one({"_id": CRAWL}, CRAWL_FIELDS, upsert=True)
    write(store.db, [visit("a", 0, links), visit("b", 1, ["a"])])
    left = contents(store)
    for name in ("stories", "links", "lists", "page_lists", "visits", "revisions", "fingerprints"):
        store.db[name].delete_many({})
    return left


def assert_as_if_read_so(store: Store, wanted: dict[str, dict[str, object]]) -> None:
    """Compare all but lists that nothing names any more, how a story was found, and the mark of the correction."""
    found = contents(store)
    assert list(check_store(store.db)) == []
    assert store.db["visits"].count_documents({"corrected_at": {"$exists": True}}) == 1
    for visit_ in found["visits"].values():
        visit_.pop("corrected_at", None)  # type: ignore[attr-defined]
    for name in ("links", "page_lists", "visits", "revisions"):
        assert found[name] == wanted[name], name
    assert found["stories"].keys() == wanted["stories"].keys()
    assert wanted["lists"].items() <= found["lists"].items()
    own, wished = found["stories"][key("a")], wanted["stories"][key("a")]
    assert own == wished


def test_a_correction_is_no_change_of_the_page(store: Store) -> None:
    """Kinds change both ways, a new target becomes a stub; text, versions and counts of visits stay; twice is once."""
    wanted = as_if_read_so(store, JUDGED)
    write(store.db, [visit("a", 0, READ), visit("b", 1, ["a"])])
    for _ in range(2):
        assert correct(store.db, JUDGED) == {corrected(JUDGED)["_id"]}
        assert_as_if_read_so(store, wanted)
    assert store.db["revisions"].count_documents({}) == 0
    assert store.db["stories"].find_one({"_id": key("d")})["status"] == "stub"  # type: ignore[index]


def test_a_confirmed_page_is_corrected_for_all_visits(store: Store) -> None:
    """A visit that was answered `unchanged` shows what the corrected one does."""
    store.db["crawls"].insert_one({"_id": CRAWL} | CRAWL_FIELDS)
    write(store.db, [visit("a", 0, READ)])
    write(store.db, [visit("a", 10, outcome="unchanged")])
    correct(store.db, JUDGED)
    assert edges(store, "a") == {
        (key("b"), "recommended", True), (key("c"), "related", True), (key("d"), "related", True)
    }  # fmt: skip
    assert list(check_store(store.db)) == []


def test_what_found_no_page_or_is_not_stored_is_left(store: Store) -> None:
    """A visit that was taken back, or is not stored yet, is not given links."""
    store.db["crawls"].insert_one({"_id": CRAWL} | CRAWL_FIELDS)
    assert correct(store.db, JUDGED) == set()
    write(store.db, [visit("a", 0, outcome="failed")])
    assert correct(store.db, JUDGED) == {corrected(JUDGED)["_id"]}
    assert edges(store, "a") == set()


def test_targets_that_were_merged_keep_their_canonical_story(store: Store) -> None:
    """A corrected link to an address that was found to be another story's leads to that story."""
    store.db["crawls"].insert_one({"_id": CRAWL} | CRAWL_FIELDS)
    write(store.db, [visit("a", 0, [link("b-short")])])
    write(store.db, [visit("b", 1, ["a"], aliases=[address("b-short")], known_as=[key("b-short")])])
    correct(store.db, [link("b-short", 1, "recommended")])
    assert edges(store, "a") == {(key("b"), "recommended", True)}
    assert list(check_store(store.db)) == []


@pytest.mark.parametrize("commands", range(3, 27, 4))
def test_a_correction_that_is_cut_off_is_lost_or_finished(store: Store, commands: int) -> None:
    """Whatever command is the last that reaches the server, the next start leaves nothing half done."""
    wanted = as_if_read_so(store, JUDGED)
    before = as_if_read_so(store, READ)
    write(store.db, [visit("a", 0, READ), visit("b", 1, ["a"])])
    with cut_after(store, commands) as db, contextlib.suppress(PyMongoError):
        correct(db, JUDGED)
    store.db["meta"].delete_one({"_id": "merging"})  # the lease of a process that is gone
    recover(store.db)
    assert list(check_store(store.db)) == []
    links = contents(store)["links"]
    assert links in (wanted["links"], before["links"])
    correct(store.db, JUDGED)
    assert_as_if_read_so(store, wanted)


def test_the_writer_corrects_after_the_visit_is_stored(store: Store) -> None:
    """A correction that comes before its visit waits for it; one that comes last is written before the end."""

    async def crawl() -> None:
        writer = StoryWriter(store, CRAWL)
        writer.correct(visit("a", 0, JUDGED, text=None))
        await writer.write(visit("b", 1, ["a"]))
        assert edges(store, "a") == set()
        await writer.write(visit("a", 0, READ))
        writer.correct(visit("b", 1, [link("a", 1, "recommended")], text=None))
        await writer.close()

    store.db["crawls"].insert_one({"_id": CRAWL} | CRAWL_FIELDS)
    asyncio.run(crawl())
    assert edges(store, "b") == {(key("a"), "recommended", True)}
    assert (key("d"), "related", True) in edges(store, "a")
    assert list(check_store(store.db)) == []


def test_a_later_reading_with_other_links_keeps_its_own(store: Store) -> None:
    """A correction of an earlier visit changes what that visit showed, not what the page shows since."""
    store.db["crawls"].insert_one({"_id": CRAWL} | CRAWL_FIELDS)
    write(store.db, [visit("a", 0, READ)])
    apply_visits(store.db, [visit_document(visit("a", 10, ["f"], version="2"), CRAWL)])
    correct(store.db, JUDGED)
    assert (key("f"), "related", True) in edges(store, "a")
    assert (key("c"), "related", False) in edges(store, "a")
    story = store.db["stories"].find_one({"_id": key("a")})
    assert story
    assert story["title"] == "Title 2 of a"
    assert story["text"] == visit("a", 10, version="2").text
    assert list(check_store(store.db)) == []


def once_after(patch: pytest.MonkeyPatch, module: Any, name: str, meanwhile: Callable[[], object]) -> None:
    """Let another process do something right after the first call of a function."""
    function = getattr(module, name)

    def called(*arguments: Any, **options: Any) -> Any:
        patch.setattr(module, name, function)
        answer = function(*arguments, **options)
        meanwhile()
        return answer

    patch.setattr(module, name, called)


def test_a_writer_that_read_the_visit_before_it_was_corrected(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Between its reading and its writing a start finishes the visit, and it is corrected: no kind of before is left
    active."""
    wanted = as_if_read_so(store, JUDGED)

    def finish_and_correct() -> None:
        recover(store.db)
        assert correct(store.db, JUDGED)

    once_after(monkeypatch, projection, "read_visited_stories", finish_and_correct)
    write(store.db, [visit("a", 0, READ)])
    write(store.db, [visit("b", 1, ["a"])])
    assert_as_if_read_so(store, wanted)


def test_a_link_that_is_shown_while_stale_ones_are_removed_stays(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Links that no visit shows are removed; one that a visit shows which is written meanwhile is not."""
    store.db["crawls"].insert_one({"_id": CRAWL} | CRAWL_FIELDS)
    write(store.db, [visit("a", 0, READ)])
    judged = {"links": visit_document(visit("a", 0, JUDGED), CRAWL)["links"], "lists": []}
    store.db["visits"].update_one({"story": key("a")}, {"$set": judged})
    later_links = [*READ[:2], link("f", 3)]
    later = visit("a", 5, later_links, version="2")
    once_after(monkeypatch, restore, "read_visited_stories", lambda: write(store.db, [later]))
    assert drop_stale_links(store.db, [key("a")])
    assert {(row.to, row.kind, True) for row in later_links} <= edges(store, "a")


def test_corrections_are_given_up_at_last(
    store: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """One whose visit is never stored, or fails each time, is tried so many times; the one that waits longest goes
    where too many wait; the log says how many."""
    store.db["crawls"].insert_one({"_id": CRAWL} | CRAWL_FIELDS)
    waiting = WaitingCorrections(store)
    waiting.add(corrected(JUDGED))
    for _ in range(MAX_CORRECTION_TRIES):
        assert len(waiting) == 1
        waiting.write()
    assert (len(waiting), waiting.given_up) == (0, 1)
    monkeypatch.setattr(correct_links, "MAX_WAITING_CORRECTIONS", 2)
    for name in "abc":
        waiting.add(visit_document(visit(name, 0, JUDGED, text=None), CRAWL))
    write(store.db, [visit("b", 0, READ)])
    waiting.write()
    assert edges(store, "b") >= {(key("c"), "related", True)}
    waiting.close()
    assert "links of 3 stories" in caplog.text
