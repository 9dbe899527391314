"""Bands that many stories share: cheap to look up, and still one group."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from pymongo.monitoring import CommandListener, CommandSucceededEvent

from benchmarks.edits import edited
from kolcrawl.store.copies import grouping as duplicates
from kolcrawl.store.copies.grouping import group_stories
from kolcrawl.store.server.client import Store, open_store
from tests.made_texts import chinese
from tests.store.stories_with_copies import content, key, placed, right, story, write
from tests.store.visiting import SERVER

if TYPE_CHECKING:
    import pytest


class Answers(CommandListener):
    """Counts the documents that the server sends."""

    def __init__(self) -> None:
        self.documents = 0

    def succeeded(self, event: CommandSucceededEvent) -> None:
        cursor = event.reply.get("cursor", {})
        self.documents += len(cursor.get("firstBatch", ())) + len(cursor.get("nextBatch", ()))

    def started(self, event: object) -> None:
        pass

    def failed(self, event: object) -> None:
        pass


def test_crowded_band_is_cheap_to_look_up(store: Store, data_dir: Path) -> None:
    """What a look-up reads does not grow with the stories that share boilerplate; the band lists the earliest."""
    random = Random(17)
    boilerplate = chinese(100, random)
    answers = Answers()
    own = open_store(SERVER, store.db.name, data_dir)
    own.client.close()
    own.client = own.client.__class__(own.uri_shown, event_listeners=[answers], tz_aware=True)
    own.db = own.client[store.db.name]
    read = []
    for start in range(0, 160, 20):
        answers.documents = 0
        write(own, [story(f"{n}", boilerplate + chinese(360, random), n) for n in range(start, start + 20)])
        read.append(answers.documents)
    listed: dict[int, list[datetime]] = {}
    published = {found["_id"]: found["published_at"] for found in store.db["stories"].find()}
    for found in store.db["fingerprints"].find():
        for band in found["bands"]:
            listed.setdefault(band, []).append(published[found["_id"]])
    own.close()
    assert max(map(len, listed.values())) <= duplicates.CROWD_SIZE
    assert read[-1] <= 1.5 * max(read[2:4])
    assert {place.group == where for where, place in placed(store).items()} == {True}


def test_crowd_of_copies_is_one_group(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """Far more copies than are read at once are still one group, which follows its leader's changes."""
    monkeypatch.setattr(duplicates, "CROWD_SIZE", 5)
    random = Random(19)
    text, others = chinese(600, random), chinese(1000, random)
    stories = [story(f"{n}", edited(text, 0.1, "mixed", others, random), 10 + n) for n in range(24)]
    random.shuffle(stories)
    for start in range(0, 24, 4):
        write(store, stories[start : start + 4])

    def groups() -> dict[str, str]:
        return {where: place.group for where, place in placed(store).items()}

    assert set(groups().values()) == {key("0")}
    write(store, [story("first", text, 1)])
    assert set(groups().values()) == {key("first")}
    store.db["stories"].update_one({"_id": key("first")}, {"$set": content(chinese(600, random))})
    group_stories(store.db, [key("first")])
    assert groups() == {where: place.group for where, place in right(store).items()}
    names = {found["_id"] for found in store.db["stories"].find()}
    for where, place in placed(store).items():
        assert (place.copy_of is None) == (where == place.group)
        assert place.copy_of is None or place.copy_of in names - {key("first")}
    assert store.db["stories"].count_documents({"crowded": True}) == 1
