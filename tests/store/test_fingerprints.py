"""By what copies are recognised: kept apart from stories, true to what they show, and brought there from schema 2."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from bson import Int64
from pymongo import monitoring

from kolcrawl.store.copies.fingerprints import find_fingerprints
from kolcrawl.store.copies.grouping import group_stories
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.maintain.migrate import migrate
from kolcrawl.store.read.reader import Reader
from kolcrawl.store.server.client import Store, open_store
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import start_run
from kolcrawl.story.fingerprint import bands_of, fingerprint_story, signature_of
from tests.made_texts import chinese
from tests.store.visiting import SERVER, key, visit

TEXTS = ["".join(chinese(300, Random(seed))) for seed in range(3)]


def write(store: Store, run: str, name: str, minutes: float, text: str, *links: str) -> None:
    """Write a visit that found a text."""
    item = fingerprint_story(visit(name, minutes, links, text=text, title=name))
    assert not apply_visits(store.db, [visit_document(item, run)]).refused


def shown(store: Store, name: str) -> str | None:
    """Tell which text the stored fingerprint of a story is of; None if there is no fingerprint."""
    for row in find_fingerprints(store.db, [key(name)], ["signature", "bands", "content_hash"]):
        assert row["bands"] == bands_of(row["signature"])
        return next(text for text in TEXTS if signature_of(text) == row["signature"])
    return None


class Sent(monitoring.CommandListener):
    """Notes which collections commands write to."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command_name in ("insert", "update", "delete"):
            self.written.append(event.command[event.command_name])

    def succeeded(self, event: object) -> None:
        pass

    def failed(self, event: object) -> None:
        pass


def test_it_follows_the_text_and_is_written_once(store: Store) -> None:
    """A text read again writes no fingerprint, another text its own; a story known from a link alone has none."""
    run = start_run(store, spider="related").id
    write(store, run, "a", 0, TEXTS[0], "b")
    assert (shown(store, "a"), shown(store, "b")) == (TEXTS[0], None)
    sent = Sent()
    own = open_store(SERVER, store.db.name, store.data_dir)
    uri = own.uri_shown
    own.close()
    own.client = own.client.__class__(SERVER or uri, event_listeners=[sent], tz_aware=True)
    own.db = own.client[store.db.name]
    write(own, run, "a", 10, TEXTS[0], "b")
    assert "stories" in sent.written
    assert "fingerprints" not in sent.written
    write(own, run, "a", 20, TEXTS[1], "b")
    assert sent.written.count("fingerprints") == 1
    own.close()
    assert shown(store, "a") == TEXTS[1]
    stored = store.db["stories"].find_one({"_id": key("a")}) or {}
    assert {"bands", "signature"}.isdisjoint(stored)
    assert list(check_store(store.db)) == []


def test_what_is_wrong_is_made_anew_from_the_text(store: Store) -> None:
    """A fingerprint that is lost, or of another version, as a process that died may leave it, is set right by the
    next look at the story; that of a merged story is removed."""
    run = start_run(store, spider="related").id
    write(store, run, "a", 0, TEXTS[0])
    for damage in ({"$set": {"content_hash": "x", "bands": [], "signature": None}}, None):
        if damage:
            store.db["fingerprints"].update_one({"_id": key("a")}, damage)
        else:
            store.db["fingerprints"].delete_one({"_id": key("a")})
        assert list(check_store(store.db))
        group_stories(store.db, [key("a")])
        assert shown(store, "a") == TEXTS[0]
    assert list(check_store(store.db)) == []
    store.db["stories"].update_one({"_id": key("a")}, {"$set": {"status": "merged", "merged_into": key("b")}})
    group_stories(store.db, [key("a")])
    assert shown(store, "a") is None


def test_two_writers_leave_the_version_that_is_shown(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """A writer that is overtaken between its look at a story and its write of the fingerprint does not spoil it."""
    run = start_run(store, spider="related").id
    write(store, run, "a", 0, TEXTS[0])
    real, overtaken = find_fingerprints, []

    def overtake(*given: Any) -> list[dict[str, Any]]:
        rows = real(*given)
        if not overtaken:
            overtaken.append(True)
            write(store, run, "a", 20, TEXTS[2])
        return rows

    monkeypatch.setattr("kolcrawl.store.copies.fingerprints.find_fingerprints", overtake)
    write(store, run, "a", 10, TEXTS[1])
    assert overtaken
    assert shown(store, "a") == TEXTS[2]
    assert list(check_store(store.db)) == []


def set_back(store: Store) -> None:
    """Make the database one of schema 2: fingerprints in the stories, with an index there; links count every visit."""
    for link in Reader(store.db).links_out([key(f"s{number}") for number in range(4)]):
        fields = {"seen_count": link["seen_count"], "last_seen": link["last_seen"]}
        store.db["links"].update_one({"_id": dict(link)["_id"]}, {"$set": fields})
    store.db["stories"].update_many({}, {"$unset": {"confirmed": 1}})
    for row in store.db["fingerprints"].find():
        fields = {"signature": row["signature"], "bands": row["bands"] or None}
        store.db["stories"].update_one({"_id": row["_id"]}, {"$set": fields})
    store.db["stories"].update_many({"bands": {"$exists": False}}, {"$set": {"bands": None}})
    store.db["stories"].create_index("bands")
    store.db.drop_collection("fingerprints")
    store.db["meta"].update_one({"_id": "schema"}, {"$set": {"number": 2}})


class KilledError(Exception):
    """The process is killed."""


@pytest.mark.parametrize("writes", [0, 1, 2, 3])
def test_migration_that_is_killed(store: Store, monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    """A store of schema 2 is brought to that of today, also after a kill at any write: fingerprints, copies and crowded
    bands are as before, the old index is gone, and every promise holds."""
    monkeypatch.setattr("kolcrawl.store.maintain.migrate.KEYS_PER_QUERY", 2)
    run = start_run(store, spider="related").id
    for number, text in enumerate([TEXTS[0], TEXTS[1], TEXTS[0], "short"]):
        write(store, run, f"s{number}", number, text, "stub")
    unchanged = visit("s1", 20, outcome="unchanged")
    assert not apply_visits(store.db, [visit_document(unchanged, run)]).refused
    links = list(store.db["links"].find({}, {"updated_at": 0, "basis": 0}).sort("_id"))
    crowded = Int64(bands_of(signature_of(TEXTS[1]) or b"")[0])
    store.db["fingerprints"].update_one({"_id": key("s1")}, {"$pull": {"bands": crowded}})
    before = {row["_id"]: row for row in store.db["fingerprints"].find()}
    stories = {row["_id"]: row for row in store.db["stories"].find()}
    assert stories[key("s2")]["copy_of"] == key("s0")
    set_back(store)
    from kolcrawl.store.maintain import migrate as steps

    real, done = steps.bulk_write, []

    def count(*given: Any) -> Any:
        if len(done) == writes:
            raise KilledError
        done.append(given)
        return real(*given)

    with monkeypatch.context() as patch:
        patch.setattr(steps, "bulk_write", count)
        with pytest.raises(KilledError):
            migrate(store.db)
    assert migrate(store.db) == [3, 4]
    after = store.db["fingerprints"].find()
    assert {row["_id"]: {**row, "schema": before[row["_id"]]["schema"]} for row in after} == before
    assert "bands_1" not in store.db["stories"].index_information()
    left = {row["_id"]: {**row, "bands": None, "updated_at": None} for row in store.db["stories"].find()}
    known = {name: {**row, "bands": None, "updated_at": None} for name, row in stories.items()}
    for story in (*left.values(), *known.values()):
        story.setdefault("confirmed", None)
    assert left == known
    assert list(store.db["links"].find({}, {"updated_at": 0, "basis": 0}).sort("_id")) == links
    assert list(check_store(store.db)) == []
