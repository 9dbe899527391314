"""Databases in which an older version merged stories on the word of a redirect alone: found, and mended."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.maintain.migrate import migrate
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import start_run
from tests.store.visiting import address, key, link, visit

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem
    from kolcrawl.store.server.client import Store

NAMES = [f"story-{n}" for n in range(3)]
SAYS = {name: f"The harbour council decides on bridge number {n} at last" for n, name in enumerate(NAMES)}
GOOD = "Ferry runs aground off the harbour wall, twelve people rescued"


def spoil(store: Store) -> None:
    """Make what version 1 made of an hour of maintenance: a list links to three stories, which redirect to one page; an
    hour later each answers at its own address, and is taken for that page. A fourth rightly moved."""
    run = start_run(store, spider="x").id

    def write(item: StoryItem) -> None:
        assert not apply_visits(store.db, [visit_document(item, run)]).refused

    write(visit("list", 0, [*(link(name, anchor=SAYS[name]) for name in NAMES), link("old-ferry", anchor=GOOD)]))
    led: dict[str, Any]
    for minutes, name in enumerate(NAMES, 1):
        led = {"known_as": [key(name)], "aliases": [address(name)], "requested_url": address(name), "depth": 1}
        write(visit("offline", minutes, title="Back soon", text="We are improving.", content_hash="f" * 64, **led))
    led = {"known_as": [key("old-ferry")], "aliases": [address("old-ferry")], "requested_url": address("old-ferry")}
    write(visit("ferry", 9, title=GOOD, depth=1, **led))
    for minutes, name in enumerate(
        NAMES, 60
    ):  # each as the version of then stored it: under the merged story's canonical story
        own = {"title": SAYS[name], "text": f"The text of {name}.", "content_hash": name[-1] * 64, "depth": 1}
        write(visit("offline", minutes, ["list"], requested_url=address(name), **own))
    store.db["stories"].update_many({}, {"$unset": {"merge": 1, "redirected_to": 1}, "$set": {"schema": 1}})
    forgotten = {"$unset": {"merged_from": 1, "links.$[].merged_from": 1}}
    store.db["visits"].update_many({}, forgotten)
    store.db["meta"].update_one({"_id": "schema"}, {"$set": {"number": 1}})


def faults(store: Store) -> list[str]:
    """What `scrapy check-store` would print."""
    return [str(finding) for finding in check_store(store.db)]


def check_mended(store: Store) -> None:
    """All is as if each story had been stored as itself."""
    assert faults(store) == []
    stories = {story["_id"]: story for story in store.db["stories"].find()}
    for name in NAMES:
        story = stories[key(name)]
        assert (story["status"], story["title"], story["text"]) == ("fetched", SAYS[name], f"The text of {name}.")
        visits = store.db["visits"].find({"story": key(name)}).sort("at", 1)
        assert [(row["outcome"], row["reason"]) for row in visits] == [("failed", "redirected"), ("fetched", None)]
        assert [row["to"] for row in store.db["links"].find({"from": key(name)})] == [key("list")]
    offline = stories[key("offline")]
    assert (offline["title"], offline["text"], offline["visits"]) == ("Back soon", "We are improving.", 3)
    assert (offline["revisions"], offline["aliases"]) == (0, [])
    assert stories[key("old-ferry")]["merged_into"] == key("ferry")
    listed = {row["to"] for row in store.db["links"].find({"from": key("list")})}
    assert listed == {*map(key, NAMES), key("ferry")}
    assert store.db["stories"].count_documents({"redirected_to": {"$exists": False}}) == 0


def test_a_spoiled_database_is_found_and_mended(store: Store) -> None:
    """check-store names each unproved merge; migrate undoes them, gives each story its own visits, text and links, and
    keeps the merge that headline and link prove; a second run changes nothing."""
    spoil(store)
    found = faults(store)
    assert sum("which neither address nor headline proves" in one for one in found) == len(NAMES)
    assert not any(address("old-ferry") in one for one in found)
    assert migrate(store.db) == [2, 3, 4]
    check_mended(store)
    assert migrate(store.db) == []
    check_mended(store)


@pytest.mark.parametrize("step", ["_name_again", "undo_merge"])
@pytest.mark.parametrize("times", [1, 2])
def test_killed_while_mending(store: Store, monkeypatch: pytest.MonkeyPatch, step: str, times: int) -> None:
    """A migration that dies at any story goes on where it stopped."""
    spoil(store)
    from kolcrawl.store.maintain import mend_merges

    real, calls = getattr(mend_merges, step), []

    def dying(*args: Any) -> Any:
        calls.append(args)
        if len(calls) == times:
            raise KeyboardInterrupt
        return real(*args)

    with monkeypatch.context() as patched:
        patched.setattr(mend_merges, step, dying)
        with pytest.raises(KeyboardInterrupt):
            migrate(store.db)
    assert migrate(store.db) == [2, 3, 4]
    check_mended(store)


def test_links_with_unlike_headlines(store: Store) -> None:
    """A story into which others were merged, and to which links with many unlike headlines lead, is named."""
    run = start_run(store, spider="x").id
    words = [
        "Ferry runs aground",
        "Council votes on budget",
        "Baker wins the prize",
        "Tram stops for snow",
        "Pilot lost",
    ]
    links = [link(f"n{n}", anchor=f"{text} near the old harbour {text[::-1]}") for n, text in enumerate(words)]
    names = [f"n{n}" for n in range(len(words))]
    led = {"known_as": [key(name) for name in names], "aliases": [address(name) for name in names]}
    for item in (visit("list", 0, links), visit("hub", 1, **led)):
        apply_visits(store.db, [visit_document(item, run)])
    # links of one kind to one story are one; each story has a list of its own
    for minutes, one in enumerate(links, 2):
        apply_visits(store.db, [visit_document(visit(f"list{minutes}", minutes, [one]), run)])
    assert [one for one in faults(store) if "links with unlike headlines lead to it" in one]
