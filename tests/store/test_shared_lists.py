"""Lists that many pages show: stored once, read as links, through merges, changes, removals and the migration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kolcrawl.network import Network
from kolcrawl.store.bulk import bulk_write
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.maintain.forget import forget, plan_forgetting
from kolcrawl.store.maintain.migrate import migrate
from kolcrawl.store.merge.undo import undo_merge
from kolcrawl.store.read.listed_links import all_listed_links, fill_visits
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import start_run
from tests.store.visiting import address, all_links, at, key, link, visit

if TYPE_CHECKING:
    from kolcrawl.items import LinkItem, StoryItem
    from kolcrawl.store.server.client import Store


def listed(*names: str, kind: str = "popular") -> list[LinkItem]:
    """A list of a site."""
    return [link(name, place, kind, relevance=place / 10) for place, name in enumerate(names, 1)]


def write(store: Store, *items: StoryItem) -> int:
    """Write visits in one batch, in the one run of the test. Returns: how many links were new."""
    run = next((run["_id"] for run in store.db["crawls"].find()), None) or start_run(store, spider="x").id
    applied = apply_visits(store.db, [visit_document(item, run) for item in items])
    assert not applied.refused
    return applied.new_links


def faults(store: Store) -> list[str]:
    """What `scrapy check-store` would print."""
    return [str(finding) for finding in check_store(store.db)]


def shown(store: Store, name: str) -> list[tuple[Any, ...]]:
    """The links of a page as a reader sees them: target, kind, place, relevance, count, whether it is there."""
    found = [dict(edge) for edge in Network(store.db).links_out([key(name)])]
    return [(e["to"], e["kind"], e["position"], e["relevance"], e["seen_count"], e["active"]) for e in found]


def test_a_list_is_stored_once(store: Store) -> None:
    """Pages with the same list share it, whoever writes first; each has its links, with its own relevance, and counts
    what is new; a story on its own page's list is no link, and one that stands there twice is one."""
    pages = [visit(f"p{n}", n, ["r", *listed("hot", "old", "hot", "p1")]) for n in range(3)]
    pages[2].links[1].relevance = 0.5
    assert write(store, *pages[:2]) == 4 + 3
    assert write(store, pages[2]) == 4
    assert store.db["lists"].count_documents({}) == 1
    assert store.db["links"].count_documents({}) == 3
    hot, old = (key("hot"), "popular", 1, 0.1, 1, True), (key("old"), "popular", 2, 0.2, 1, True)
    assert shown(store, "p1")[1:] == [hot, old]
    assert shown(store, "p2")[1:] == [(*hot[:3], 0.5, *hot[4:]), old, (key("p1"), "popular", 4, 0.4, 1, True)]
    network = Network(store.db)
    assert {edge["from"] for edge in network.links_in([key("hot")])} == {key(f"p{n}") for n in range(3)}
    assert network.counts()["links"] == {"popular": 8, "related": 3}
    assert faults(store) == []


def test_a_list_that_changes(store: Store) -> None:
    """A link is one, whichever lists it was in: first and last seen, counts and place are as if each had its own
    document, now and as of a moment; only what the earlier lists did not name is new."""
    assert write(store, visit("p", 0, listed("hot", "old"))) == 2
    assert write(store, visit("p", 5, listed("new", "hot"))) == 1
    write(store, visit("p", 9, outcome="unchanged"))
    assert [row[:3] + row[4:] for row in shown(store, "p")] == [
        (key("new"), "popular", 1, 2, True),
        *sorted([(key("hot"), "popular", 2, 3, True), (key("old"), "popular", 2, 1, False)]),
    ]
    past = Network(store.db).as_of(at(6))
    then = {edge["to"]: (edge["seen_count"], edge["active"]) for edge in past.links_out([key("p")])}
    assert then == {key("new"): (1, True), key("hot"): (2, True), key("old"): (1, False)}
    visits = Network(store.db).visits(address("p"))
    assert [[one["to"] for one in row["links"]] for row in visits] == [
        [key("hot"), key("old")],
        *2 * [[key("new"), key("hot")]],
    ]
    assert faults(store) == []


def test_changes_tell_of_links_in_lists(store: Store) -> None:
    """Whoever follows what is written gets each link of a list, once, from any cursor, and again when it changes."""
    write(store, visit("p", 0, ["r", *listed("hot", "old")]), visit("q", 0, listed("hot", "old")))
    network = Network(store.db)
    told = list(network.changes(None, "links", grace_period=0))
    ids = [row.document["_id"] for row in told]
    assert (len(ids), len(set(ids))) == (5, 5)
    for number, row in enumerate(told):
        rest = [later.document["_id"] for later in network.changes(row.cursor, "links", grace_period=0)]
        assert rest == ids[number + 1 :]
    write(store, visit("real", 1, known_as=[key("hot")], aliases=[address("hot")]))
    again = {row.document["to"] for row in network.changes(told[-1].cursor, "links", grace_period=0)}
    assert again == {key("real"), key("old")}


def test_merged_and_undone(store: Store) -> None:
    """A merge changes the list and none of the pages that show it; later pages share it; undoing brings it back."""
    write(store, *(visit(f"p{n}", n, listed("hot", "old")) for n in range(2)))
    write(store, visit("real", 3, known_as=[key("hot")], aliases=[address("hot")]))
    write(store, visit("p2", 4, listed("hot", "old")))
    assert store.db["lists"].count_documents({}) == 1
    assert {row[0] for name in ("p0", "p1", "p2") for row in shown(store, name)} == {key("real"), key("old")}
    assert faults(store) == []
    undo_merge(store.db, key("hot"), "user")
    assert {row[0] for name in ("p0", "p1", "p2") for row in shown(store, name)} == {key("hot"), key("old")}
    assert faults(store) == []


def test_a_confirmation_that_is_parted_from_its_page(store: Store) -> None:
    """A visit under a merged address confirmed the other story's page: when the merge is undone it shows that still."""
    write(store, visit("a", 0, ["x", *listed("hot")]), visit("b", 1, known_as=[key("a")], aliases=[address("a")]))
    write(store, visit("b", 2, ["x", *listed("hot")], title="Title 1 of a"), visit("a", 3, outcome="unchanged"))
    undo_merge(store.db, key("a"), "user")
    assert {row[0] for row in shown(store, "a")} == {key("x"), key("hot")}
    assert faults(store) == []


def test_forgotten(store: Store) -> None:
    """A page that is forgotten takes its lists along, and what only they name; a list that others show stays."""
    write(store, visit("p", 0, listed("hot") + listed("own", kind="random")), visit("q", 1, listed("hot")))
    forget(store.db, plan_forgetting(store.db, stories=[key("p")]))
    assert [row["kind"] for row in store.db["lists"].find()] == ["popular"]
    assert store.db["stories"].find_one({"_id": key("own")}) is None
    assert [row[0] for row in shown(store, "q")] == [key("hot")]
    assert faults(store) == []


# --- the migration


def set_back(store: Store) -> None:
    """Make the database one of schema 3: links in lists have documents, visits have them all, also where unchanged."""
    db = store.db
    visits = list(db["visits"].find())
    fill_visits(db, visits)
    for visit_ in visits:
        visit_.pop("confirms", None)
        db["visits"].replace_one({"_id": visit_["_id"]}, visit_)
    edges = [{**edge, "basis": 1} for edge in all_listed_links(db, {})]
    db["links"].insert_many(edges)
    for name in ("lists", "page_lists"):
        db.drop_collection(name)
    db["meta"].update_one({"_id": "schema"}, {"$set": {"number": 3}})


class KilledError(Exception):
    """The process is killed."""


@pytest.mark.parametrize("writes", [1, 2, 3, 5])
def test_migration_that_is_killed_anywhere(store: Store, monkeypatch: pytest.MonkeyPatch, writes: int) -> None:
    """A store of schema 3 is brought to schema 4, also after a kill before any write: links and visits are as before,
    in the new form, and every promise holds."""
    from kolcrawl.store.maintain import migrate as steps

    write(store, *(visit(f"p{n}", n, ["r", *listed("hot", "old")]) for n in range(3)))
    write(store, visit("real", 4, known_as=[key("old")], aliases=[address("old")]))
    write(store, visit("p0", 5, ["r", *listed("new", "hot")]), visit("p1", 5, outcome="unchanged"))
    write(store, visit("p1", 6, outcome="unchanged"), visit("p2", 6, outcome="gone"))

    def seen() -> Any:
        visits = list(store.db["visits"].find().sort("_id"))
        fill_visits(store.db, visits)
        left = ("confirms", "text_hash", "title", "published_at")
        names = ("_id", "active", "first_seen", "last_seen", "seen_count", "position", "heading", "relevance", "crawl")
        links = [{name: edge[name] for name in names} for edge in all_links(store.db)]
        return (
            [{name: value for name, value in row.items() if name not in left} for row in visits],
            sorted(links, key=lambda edge: str(edge["_id"])),
        )

    before = seen()
    set_back(store)
    done: list[object] = []

    def dying(*given: Any) -> Any:
        if len(done) == writes:
            raise KilledError
        done.append(given)
        return bulk_write(*given)

    with monkeypatch.context() as patch:
        patch.setattr(steps, "KEYS_PER_QUERY", 2)
        patch.setattr(steps, "bulk_write", dying)
        with pytest.raises(KilledError):
            migrate(store.db)
    assert migrate(store.db) == [4]
    assert seen() == before
    assert store.db["links"].distinct("kind") == ["related"]
    assert store.db["visits"].count_documents({"confirms": {"$exists": True}}) == 2
    assert store.db["visits"].count_documents({"links.kind": "popular"}) == 0
    assert faults(store) == []
