"""The network as of a moment is what a database holds whose crawls ended then; and merges lead on."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import pytest

from kolcrawl.network import Network
from kolcrawl.store.server.client import Store, open_store
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from tests.store.visiting import SERVER, address, at, key, link, visit

if TYPE_CHECKING:
    from pathlib import Path

    from kolcrawl.items import StoryItem

# of no meaning in the past
NOT_REBUILT = {"updated_at", "next_visit_at", "http"}
NOT_OF_LINKS = {"updated_at", "schema", "nofollow"}


def some_visits(seed: int) -> list[tuple[str, StoryItem]]:
    """Visits of two crawls, a minute apart: pages with changing links and versions, failures, pages gone and back."""
    dice = random.Random(seed)
    visits = []
    for minute in range(30):
        name = dice.choice("abcde")
        outcome: Any = dice.choices(["fetched", "failed", "gone"], [6, 2, 1])[0]
        others = dice.sample([other for other in "abcdefg" if other != name], dice.randint(0, 4))
        kinds = [dice.choice(["related", "popular"]) for _ in others]
        links = [
            link(other, place, kind, anchor=f"{other} at {minute}", topic=dice.choice([None, 0.125, 0.5]))
            for place, (other, kind) in enumerate(zip(others, kinds, strict=True), 1)
        ]
        item = visit(name, minute, links, outcome=outcome, version=str(dice.randint(1, 3)), depth=dice.randint(0, 4))
        item.relevance = dice.choice([0.25, 0.75]) if outcome == "fetched" else None
        visits.append(("first" if minute < 15 else "second", item))
    return visits


def seen(network: Network) -> tuple[dict[str, dict[str, Any]], list[dict[str, Any]]]:
    """The stories by key and the links of a network, without what is not rebuilt."""
    stories = {story["_id"]: {k: v for k, v in story.items() if k not in NOT_REBUILT} for story in network.stories()}
    links = [{k: v for k, v in link.items() if k not in NOT_OF_LINKS} for link in network.links_out(sorted(stories))]
    return stories, links


@pytest.mark.parametrize("seed", range(4))
def test_the_past_is_what_was_stored_then(store: Store, data_dir: Path, seed: int) -> None:
    """For random visits and moments, the past rebuilt equals a database that got no visit after the moment."""
    visits = some_visits(seed)
    apply_visits(store.db, [visit_document(item, crawl) for crawl, item in visits])
    for minute in (0, 7, 22):
        earlier = open_store(SERVER, f"{store.db.name}_{minute}", data_dir)
        apply_visits(
            earlier.db, [visit_document(item, crawl) for crawl, item in visits if item.visited_at <= at(minute)]
        )
        stories, links = seen(Network(store.db).as_of(at(minute)))
        stored_stories, stored_links = seen(Network(earlier.db))
        earlier.client.drop_database(earlier.db.name)
        earlier.close()
        assert stories.keys() == stored_stories.keys()
        differing = [
            (story["url"][-1], name, story[name], stored_stories[story["_id"]].get(name))
            for story in stories.values()
            for name in story
            if story[name] != stored_stories[story["_id"]].get(name)
        ]
        assert differing == []
        assert links == stored_links


def test_links_in_are_links_out_turned_round(store: Store) -> None:
    """As of any moment, the links to stories are exactly the links from stories that lead to them."""
    apply_visits(store.db, [visit_document(item, crawl) for crawl, item in some_visits(9)])
    keys = sorted(key(name) for name in "abcdefg")
    for minute in (3, 20):
        then = Network(store.db).as_of(at(minute))
        out = sorted((link["to"], link["from"], link["kind"], link["position"]) for link in then.links_out(keys))
        back = sorted((link["to"], link["from"], link["kind"], link["position"]) for link in then.links_in(keys))
        assert back == out
        assert back


def test_a_merged_story_is_its_canonical_also_in_the_past(store: Store) -> None:
    """What was seen under a key that was merged later counts for the canonical story, now and before the merge."""
    old, new = visit("old", 0, ["x", "y"]), visit("new", 5, ["x"], known_as=[key("old")], aliases=[address("old")])
    apply_visits(store.db, [visit_document(visit("parent", 1, ["old"]), "c")])
    new.title, new.text, new.content_hash = old.title, old.text, old.content_hash
    for item in (old, new):
        apply_visits(store.db, [visit_document(item, "c")])
    network = Network(store.db)
    assert network.key(key("old")) == network.key(address("old")) == key("new")
    assert [near.story["_id"] for near in network.neighbours(key("parent"))] == [key("new")]
    then = network.as_of(at(2))
    assert [near.story["_id"] for near in then.neighbours(key("parent"))] == [key("new")]
    story = then.story(key("old"))
    assert story is not None
    assert (story["_id"], story["status"], story["title"]) == (key("new"), "fetched", old.title)
    assert {near.story["_id"] for near in then.neighbours(key("old"))} == {key("x"), key("y")}
