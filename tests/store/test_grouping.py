"""Copies of stories in a real database: the same groups whatever the order, the crashes and the races."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pymongo.collection import Collection
from pymongo.errors import AutoReconnect

from benchmarks.edits import edited
from kolcrawl.store.copies import grouping as duplicates
from kolcrawl.store.copies.grouping import group_stories, placement_faults
from kolcrawl.store.copies.placing import Place
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.server.client import Store, open_store
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import start_run
from kolcrawl.story.fingerprint import SIMILAR, fingerprint_story, signature_of, similarity
from tests.made_texts import chinese
from tests.store.stories_with_copies import Document, at, content, key, placed, right, story, write
from tests.store.visiting import SERVER, visit
from tests.store.visiting import key as visited


def families(count: int, random: Random) -> list[Document]:
    """Stories of which some are copies, copies of copies, or on the border of being one, in random order."""
    made = []
    texts = [chinese(400, random) for _ in range(3)]
    others = chinese(3000, random)
    for number in range(count):
        family = random.randrange(len(texts) + 1)
        text = texts[family] if family < len(texts) else chinese(400, random)
        if random.random() < 0.3 and family < len(texts):
            texts[family] = text = edited(text, 0.15, "mixed", others, random)
        copy = edited(text, random.choice([0.0, 0.05, 0.2, 0.3, 0.4, 0.5]), "mixed", others, random)
        published = random.choice([None, random.randrange(5), random.randrange(1000)])
        made.append(story(f"{number}", copy, published, seen=random.randrange(3)))
    random.shuffle(made)
    return made


# --- what is a copy of what -----------------------------------------------------------------------------------


def test_copies_are_grouped_under_the_earliest(store: Store) -> None:
    """The earliest by publication leads; a copy names the most similar earlier story; strangers stay alone."""
    random = Random(1)
    original, others = chinese(1000, random), chinese(2000, random)
    reprint = edited(original, 0.1, "replace", others, random)
    again = edited(reprint, 0.05, "words", others, random)
    copies = write(
        store,
        [
            story("again", again, published=30),
            story("stranger", chinese(1000, random), published=5),
            story("reprint", reprint, published=20),
            story("original", original, published=10),
            story("undated", original, published=None),
        ],
    )
    found = placed(store)
    assert found[key("original")] == Place(key("original"))
    assert found[key("reprint")][:2] == (key("original"), key("original"))
    assert found[key("again")][:2] == (key("original"), key("reprint"))
    assert found[key("undated")] == Place(key("original"), key("original"), 1.0)
    assert found[key("stranger")] == Place(key("stranger"))
    assert copies == {key("again"), key("reprint"), key("undated")}
    assert found == right(store)


def test_likeness_is_the_estimate(store: Store) -> None:
    """`copy_similarity` is the estimate from the two signatures."""
    random = Random(2)
    text = chinese(1000, random)
    copy = edited(text, 0.2, "words", chinese(500, random), random)
    write(store, [story("a", text, 1), story("b", copy, 2)])
    estimate = similarity(signature_of("".join(text)) or b"", signature_of("".join(copy)) or b"")
    assert placed(store)[key("b")].copy_similarity == estimate
    assert SIMILAR <= estimate < 1


def test_texts_too_short_to_judge_are_never_grouped(store: Store) -> None:
    """Equal short texts, and stories without any, stay alone."""
    write(store, [story(name, ["视频无法播放，请稍后再试。"], 1) for name in "abc"] + [story("d", None, 1)])
    assert all(place == Place(where) for where, place in placed(store).items())


def test_group_hangs_together_by_a_later_story(store: Store) -> None:
    """Two stories that are no neighbours are one group once a third is neighbour to both, and two again without."""
    random = Random(3)
    first, second = chinese(600, random), chinese(600, random)
    write(store, [story("first", first, 1), story("second", second, 2)])
    assert {place.group for place in placed(store).values()} == {key("first"), key("second")}
    write(store, [story("both", first + second, 3)])
    found = placed(store)
    assert {place.group for place in found.values()} == {key("first")}
    assert found[key("second")].copy_of == key("first")
    assert found[key("second")].copy_similarity < SIMILAR  # type: ignore[operator]
    store.db["stories"].update_one({"_id": key("both")}, {"$set": content(chinese(600, random))})
    group_stories(store.db, [key("both")])
    assert all(place == Place(where) for where, place in placed(store).items())


def test_changed_text_leaves_and_its_copies_find_each_other(store: Store) -> None:
    """When the leader's text changes, the rest is led by the next; when it changes back, all is as before."""
    random = Random(4)
    text, other = chinese(800, random), chinese(800, random)
    write(store, [story(name, text, minute) for minute, name in enumerate("abcd")])
    before = placed(store)
    store.db["stories"].update_one({"_id": key("a")}, {"$set": content(other)})
    assert group_stories(store.db, [key("a")]) == set()
    found = placed(store)
    assert found[key("a")] == Place(key("a"))
    assert {found[key(name)].group for name in "bcd"} == {key("b")}
    assert found == right(store)
    store.db["stories"].update_one({"_id": key("a")}, {"$set": content(text)})
    group_stories(store.db, [key("a")])
    assert placed(store) == before


def test_earlier_story_takes_the_lead(store: Store) -> None:
    """A story that turns out to be earlier than the leader leads; every member is re-pointed and marked as updated."""
    text = chinese(800, Random(5))
    write(store, [story(name, text, 10 + minute) for minute, name in enumerate("abc")])
    write(store, [story("z", text, 1)])
    assert {place.group for place in placed(store).values()} == {key("z")}
    updated = store.db["stories"].find({"updated_at": {"$gt": at(100)}}, ["_id"])
    assert {found["_id"] for found in updated} == {key(name) for name in "abc"}
    store.db["stories"].update_one({"_id": key("z")}, {"$set": {"published_at": at(99)}})
    group_stories(store.db, [key("z")])
    assert {place.group for place in placed(store).values()} == {key("a")}
    assert placed(store) == right(store)


def test_merged_story_is_no_member(store: Store) -> None:
    """A story merged into another leaves its group; its copies are placed anew."""
    text = chinese(800, Random(6))
    write(store, [story(name, text, minute) for minute, name in enumerate("abc")])
    emptied = {"status": "merged", "merged_into": key("b"), "group": key("b"), "copy_of": None, "content_hash": None}
    store.db["stories"].update_one({"_id": key("a")}, {"$set": emptied})
    group_stories(store.db, [key("a"), key("b")])
    assert placed(store) == right(store)
    assert placed(store)[key("c")] == Place(key("b"), key("b"), 1.0)


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"copy_of": None}, "copy of nothing"),
        ({"group": key("b"), "copy_similarity": None}, "leads its group, yet"),
        ({"published_at": at(0)}, "is earlier than"),
        ({}, None),
    ],
)
def test_a_misplaced_story_is_reported(store: Store, change: Document, expected: str | None) -> None:
    """What contradicts the promises about groups is named; a story in its place is not."""
    text = chinese(800, Random(8))
    write(store, [story("a", text, 1), story("b", text, 2)])
    store.db["stories"].update_one({"_id": key("b")}, {"$set": change})
    stories = {found["_id"]: found for found in store.db["stories"].find()}
    faults = [what for found in stories.values() for what in placement_faults(found, stories[found["group"]])]
    assert len(faults) == (expected is not None)
    assert expected is None or expected in faults[0]


def test_nothing_to_write_writes_nothing(store: Store) -> None:
    """Looking again at stories that are in their place changes no document."""
    random = Random(7)
    stories = families(12, random)
    write(store, stories)
    before = list(store.db["stories"].find().sort("_id", 1))
    group_stories(store.db, [found["_id"] for found in stories])
    assert list(store.db["stories"].find().sort("_id", 1)) == before


def test_stories_that_are_not_there(store: Store) -> None:
    """Unknown keys and none at all are no fault."""
    assert group_stories(store.db, []) == set()
    assert group_stories(store.db, [key("nowhere")]) == set()


# --- whatever the order, crashes and races ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_any_order_and_any_change_lead_to_the_same(store: Store, seed: int) -> None:
    """After stories came in any order and batches, and texts and times changed, all is as if worked out at once."""
    random = Random(seed)
    stories = families(36, random)
    while stories:
        size = random.choice([1, 3, 8])
        write(store, stories[:size])
        stories = stories[size:]
        for found in random.choices(list(store.db["stories"].find({}, ["_id"])), k=2):
            other = random.choice(list(store.db["stories"].find({}, ["text", "content_hash"])))
            change = random.choice(
                [
                    {"text": other["text"], "content_hash": other["content_hash"]},
                    {"published_at": at(random.randrange(50))},
                    content(chinese(300, random)),
                ]
            )
            store.db["stories"].update_one({"_id": found["_id"]}, {"$set": change})
            group_stories(store.db, [found["_id"]])
    assert placed(store) == right(store)
    assert any(place.copy_of for place in placed(store).values())


def test_two_crawls_at_once(store: Store, data_dir: Path) -> None:
    """Writers that bring copies of each other's stories at the same time leave what one of them alone would have."""
    random = Random(11)
    text, others = chinese(500, random), chinese(1000, random)
    stories = [
        story(f"{n}", edited(text, random.choice([0, 0.1, 0.2, 0.3]), "mixed", others, random), random.randrange(90))
        for n in range(32)
    ]
    failures: list[BaseException] = []

    def crawl(share: list[Document]) -> None:
        own = open_store(SERVER, store.db.name, data_dir)
        try:
            for start in range(0, len(share), 4):
                write(own, share[start : start + 4])
        except BaseException as error:
            failures.append(error)
        finally:
            own.close()

    threads = [threading.Thread(target=crawl, args=(stories[n::4],)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures
    assert placed(store) == right(store)


def failing_after(writes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the connection break at a write: half of the time it has reached the server."""
    left = [writes]

    def breaking(method: Callable[..., Any]) -> Callable[..., Any]:
        def call(self: Collection[Document], *args: Any, **options: Any) -> Any:
            left[0] -= 1
            if left[0] < 0:
                if writes % 2:
                    method(self, *args, **options)
                raise AutoReconnect("the connection broke")
            return method(self, *args, **options)

        return call

    for name in ("bulk_write", "update_one", "update_many"):
        monkeypatch.setattr(Collection, name, breaking(getattr(Collection, name)))


@pytest.mark.parametrize("writes", range(6))
def test_broken_off_and_done_again(store: Store, monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    """Broken off at any write, and called again with the same stories, it ends where it would have ended."""
    random = Random(13)
    monkeypatch.setattr(duplicates, "CROWD_SIZE", 4)
    text, others = chinese(500, random), chinese(1000, random)
    write(store, [story(f"{n}", edited(text, 0.1, "mixed", others, random), 50 + n) for n in range(6)])
    late = [story("early", text, 1), story("other", chinese(500, random), 2), story("late", text, 99)]
    store.db["stories"].insert_many(late)
    store.db["stories"].update_one({"_id": key("0")}, {"$set": content(chinese(400, random))})
    changed = [key(name) for name in ("early", "other", "late", "0")]
    with monkeypatch.context() as patch:
        failing_after(writes, patch)
        try:
            group_stories(store.db, changed)
        except AutoReconnect:
            pass
        else:
            assert writes > 2  # it had no more to write
    group_stories(store.db, changed)
    assert {where: place.group for where, place in placed(store).items()} == {
        where: place.group for where, place in right(store).items()
    }


# --- with the rest of the writing ---------------------------------------------------------------------------------


def test_visits_bring_copies_together(store: Store) -> None:
    """Written as visits: a reprint is grouped; leaves when its text changes, comes back; and when an old link turns
    out to have shown it earlier than the other, it leads. Nothing of it contradicts what is promised."""
    random = Random(23)
    text, other = "".join(chinese(900, random)), "".join(chinese(900, random))
    run = start_run(store, spider="related").id

    def read(name: str, minutes: float, body: str, *links: str) -> int:
        item = fingerprint_story(visit(name, minutes, links, text=body))
        applied = apply_visits(store.db, [visit_document(item, run)])
        assert not applied.refused
        assert [str(finding) for finding in check_store(store.db)] == []
        return applied.copies

    def group(name: str) -> str:
        found = store.db["stories"].find_one({"_id": visited(name)})
        assert found is not None
        return str(found["group"])

    assert read("first", 10, text) == 0
    assert read("reprint", 20, text) == 1
    assert group("reprint") == visited("first")
    assert read("reprint", 30, other) == 0
    assert group("reprint") == visited("reprint")
    assert read("reprint", 40, text) == 1
    read("front", 5, other, "reprint")  # written late, read early
    assert group("first") == visited("reprint")
    assert read("reprint", 40, text) == 0  # the same visit again
