"""The check of the store finds every kind of damage, and nothing in a sound database."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kolcrawl.errors import StoreError
from kolcrawl.store.maintain import check
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.maintain.migrate import rederive_all
from kolcrawl.store.server.client import open_store
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import start_run
from tests.store.visiting import SERVER, address, at, key, link, visit

if TYPE_CHECKING:
    from pathlib import Path

    from kolcrawl.store.server.client import Store

Damage = "Callable[[Database[dict[str, Any]]], object]"


@pytest.fixture
def sound(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A small sound network: visited twice, changed, with a merged story and a story gone."""
    monkeypatch.setattr(check, "RECHECK_SECONDS", 0.0)
    run = start_run(store, spider="x")
    items = [
        visit("a", 0, ["b", "c", "short", link("c", 1, "popular")]),
        visit("b", 1, ["a"]),
        visit("c", 2),
        visit("real", 3, known_as=[key("short")], aliases=[address("short")]),
        visit("a", 10, ["b", link("c", 1, "latest")], version="2"),
        visit("c", 11, outcome="gone"),
        visit("b", 12, outcome="unchanged"),
    ]
    for item in items:
        apply_visits(store.db, [visit_document(item, run.id)])
    assert list(check_store(store.db)) == []
    return store


def change(collection: str, which: dict[str, Any], update: dict[str, Any]) -> Any:
    """Damage: change one document behind the writer's back."""
    return lambda db: db[collection].update_one(which, update, bypass_document_validation=True)


def remove(collection: str, which: dict[str, Any]) -> Any:
    """Damage: remove one document."""
    return lambda db: db[collection].delete_one(which)


A, B, C, REAL, SHORT = (key(name) for name in ("a", "b", "c", "real", "short"))
DAMAGES = {
    "visits is 5": change("stories", {"_id": A}, {"$set": {"visits": 5}}),
    "revisions is 7": change("stories", {"_id": A}, {"$set": {"revisions": 7}}),
    "status is failed": change("stories", {"_id": B}, {"$set": {"status": "failed"}}),
    "reason is http_500": change("stories", {"_id": C}, {"$set": {"reason": "http_500"}}),
    "content_hash is x": change("stories", {"_id": A}, {"$set": {"content_hash": "x"}}),
    "key is not that of its url": change("stories", {"_id": A}, {"$set": {"url": address("z")}}),
    "group": change("stories", {"_id": A}, {"$set": {"group": "0" * 32}}),
    "copy_of": change("stories", {"_id": A}, {"$set": {"copy_of": "0" * 32}}),
    "group .* is merged": change("stories", {"_id": A}, {"$set": {"group": SHORT}}),
    "merged_into .* is not stored": change("stories", {"_id": SHORT}, {"$set": {"merged_into": "0" * 32}}),
    "was not re-pointed": change("stories", {"_id": SHORT}, {"$set": {"stray": 1}}),
    "confirmed is .* the visits say": change(
        "stories", {"_id": A}, {"$set": {"confirmed": {"visits": 9, "at": at(0)}}}
    ),
    "seen_count is 9": change("links", {"from": A, "to": B}, {"$set": {"seen_count": 9}}),
    "active is True": change("links", {"from": A, "to": C}, {"$set": {"active": True}}),
    "position is 8": change("links", {"from": B}, {"$set": {"position": 8}}),
    "link to .* is missing": remove("links", {"from": B, "to": A}),
    "to .* is merged": change("links", {"from": B}, {"$set": {"to": SHORT}}),
    "to .* is not stored": remove("stories", {"_id": B}),
    "is stored, but no visit saw it": change("links", {"from": B}, {"$set": {"kind": "popular"}}),
    "names list .* which is not stored": lambda db: db["lists"].delete_many({}),
    "names story .* which is not stored": change("lists", {}, {"$set": {"links.0.to": "0" * 32}}),
    "(latest) is missing": remove("page_lists", {"kind": "latest"}),
    "confirms visit .* which had no page": change("visits", {"story": B}, {"$set": {"outcome": "failed"}}),
    "revision .* is missing": remove("revisions", {"story": A}),
    "not of the version before": change("revisions", {"story": A}, {"$set": {"content_hash": "x"}}),
    "story .* is not stored": change("revisions", {"story": A}, {"$set": {"story": "0" * 32}}),
    "no visit is stored": lambda db: db["visits"].delete_many({"story": B}),
    "names story .* which is merged": change("visits", {"story": B}, {"$set": {"links.0.to": SHORT}}),
    "left half written": lambda db: (
        change("visits", {"story": B}, {"$set": {"unapplied": {"depth": 0}}})(db),
        db["crawls"].update_many({}, {"$set": {"finished_at": db["crawls"].find_one()["started_at"]}}),
    ),
    "its fingerprint is missing": remove("fingerprints", {"_id": A}),
    "is of another version": change("fingerprints", {"_id": A}, {"$set": {"content_hash": "x"}}),
    "crawl .* is not stored": lambda db: db["crawls"].delete_many({}),
    "does not pass the collection's validator": change("stories", {"_id": A}, {"$set": {"depth": "deep"}}),
    "validator is missing or differs": lambda db: db.command("collMod", "links", validator={}),
    "index on from, kind, position is missing": lambda db: db["links"].drop_index("from_1_kind_1_position_1"),
    "collection is missing": lambda db: db.drop_collection("revisions"),
    "visits are not what the visits up to": change("folds", {"_id": A}, {"$inc": {"visits": 1}}),
    "shown are not what the visits up to": change("folds", {"_id": A}, {"$set": {"spells": []}}),
    "is None, should be 4": lambda db: db["meta"].delete_one({"_id": "schema"}),
}


def test_every_kind_of_damage(sound: Store) -> None:
    """Each damage to a sound network is found, under the words that tell what it is."""
    names = [*check.COLLECTIONS, "folds", "meta"]
    whole = {name: list(sound.db[name].find()) for name in names}
    for words, damage in DAMAGES.items():
        damage(sound.db)
        findings = [str(finding) for finding in check_store(sound.db)]
        assert any(_matches(words, line) for line in findings), f"{words}: {findings}"
        for name, documents in whole.items():  # mend it
            sound.db[name].delete_many({})
            if documents:
                sound.db[name].insert_many(documents)
        open_store(SERVER, sound.db.name, sound.data_dir).close()
        assert list(check_store(sound.db)) == [], words


def test_what_mends_itself_is_told_first(sound: Store) -> None:
    """A run that was broken off leaves many faults; what finishes its visits stands above all of them, once."""
    DAMAGES["left half written"](sound.db)
    for words in ("link to .* is missing", "visits is 5"):
        DAMAGES[words](sound.db)
    findings = [str(finding) for finding in check_store(sound.db)]
    assert "`scrapy migrate` finishes them" in findings[0]
    assert len(findings) > 2
    assert sum("half written" in line for line in findings) == 1


def _matches(words: str, line: str) -> bool:
    start, _, end = words.partition(".*")
    return start.strip() in line and end.strip() in line


def test_rederiving_mends_what_follows_from_visits(sound: Store) -> None:
    """`scrapy migrate --rederive` brings back counts, links and revisions that were spoilt."""
    for words in ("visits is 5", "status is failed", "seen_count is 9", "link to .* is missing"):
        DAMAGES[words](sound.db)
    sound.db["stories"].update_one({"_id": A}, {"$set": {"visits": 1}})
    assert rederive_all(sound.db) == 4
    assert list(check_store(sound.db)) == []


def test_no_network_yet(data_dir: Path) -> None:
    """A database without a network is told apart from a damaged one."""
    store = open_store(None, "nothing_here", data_dir, prepare=False)
    with pytest.raises(StoreError, match="no network yet"):
        list(check_store(store.db))
    store.close()
