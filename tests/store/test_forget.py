"""What was wrongly crawled is removed with all that came from it alone; the rest is as if it had never been."""

from __future__ import annotations

import itertools
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest
from pymongo import MongoClient
from pymongo.errors import PyMongoError
from pymongo.monitoring import CommandListener, CommandStartedEvent, CommandSucceededEvent

from kolcrawl.store.maintain import forget as forget_module
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.maintain.forget import finish_forgetting, forget, plan_forgetting
from kolcrawl.store.removals import copy_token
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import start_run
from tests.store.flaky import KilledError, cut_after, die_after
from tests.store.test_writer import uri_of
from tests.store.visiting import address, key, visit

if TYPE_CHECKING:
    from kolcrawl.store.server.client import Store


def build(store: Store) -> tuple[str, str]:
    """Two crawls: `a` links to `b` and `bad`; `bad` to `b`, `c`, `d` and the seed `other`; `c` to `e`."""
    first, second = start_run(store, spider="x").id, start_run(store, spider="x").id
    for item in (
        visit("a", 0, ["b", "bad"]),
        visit("bad", 1, ["b", "c", "d", "other"], depth=1, known_as=[key("bad-2")], aliases=[address("bad-2")]),
        visit("c", 2, ["e", "bad"], depth=2),
        visit("b", 3, ["a"], depth=1),
    ):
        apply_visits(store.db, [visit_document(item, first)])
    for item in (visit("other", 9, ["b"]), visit("b", 10, ["a", "f"], depth=1, version="2")):
        apply_visits(store.db, [visit_document(item, second)])
    return first, second


def statuses(store: Store) -> dict[str, str]:
    """Of all stories, by name."""
    names = {key(name): name for name in ("a", "b", "c", "d", "e", "f", "bad", "bad-2", "other")}
    return {names[story["_id"]]: story["status"] for story in store.db["stories"].find()}


def faults(store: Store) -> list[str]:
    """What `scrapy check-store` would print."""
    return [str(finding) for finding in check_store(store.db)]


def test_a_story_and_what_came_from_it(store: Store) -> None:
    """A story that another links to stays as a stub; what only it led to goes, step by step; seeds and what others link
    to stay."""
    build(store)
    before = store.db["stories"].find_one({"_id": key("b")})
    plan = plan_forgetting(store.db, stories=[key("bad")])
    assert (plan.removed, plan.emptied) == (sorted(map(key, ("c", "d", "e"))), [key("bad")])
    assert len(statuses(store)) == 9, "a plan changes nothing"
    forget(store.db, plan)
    left = {"a": "fetched", "b": "fetched", "bad": "stub", "bad-2": "merged", "f": "stub", "other": "fetched"}
    assert statuses(store) == left
    bad = store.db["stories"].find_one({"_id": key("bad")})
    assert bad is not None
    assert (bad["title"], bad["text"], bad["visits"], bad["content_hash"]) == ("about bad", None, 0, None)
    after = store.db["stories"].find_one({"_id": key("b")})
    assert before is not None
    assert after is not None
    assert (after["text"], after["visits"], after["revisions"]) == (before["text"], 2, 1)
    assert faults(store) == []


def test_a_crawl(store: Store) -> None:
    """The visits of a crawl go; what another crawl saw stays, with the texts of then."""
    first, second = build(store)
    forget(store.db, plan_forgetting(store.db, crawl=second))
    assert statuses(store)["b"] == "fetched"
    b = store.db["stories"].find_one({"_id": key("b")})
    assert b is not None
    assert (b["text"], b["visits"], b["revisions"]) == ("Text 1 of b. $where is it?", 1, 0)
    assert "f" not in statuses(store)
    assert statuses(store)["other"] == "stub"
    assert store.db["crawls"].distinct("_id") == [first]
    assert faults(store) == []


def test_what_only_a_crawl_saw_and_read_goes_with_it(store: Store) -> None:
    """A story that the later crawl found on a page of the earlier one leaves no stub: no visit that stays shows it."""
    first, second = (start_run(store, spider="related").id for _ in range(2))
    write = [(visit("a", 0, ["b"]), first), (visit("b", 1, depth=1), first), (visit("a", 5, ["b", "new"]), second)]
    for item, run in [*write, (visit("new", 6, depth=1), second)]:
        apply_visits(store.db, [visit_document(item, run)])
    forget(store.db, plan_forgetting(store.db, crawl=second))
    assert statuses(store) == {"a": "fetched", "b": "fetched"}
    assert faults(store) == []


def test_a_site(store: Store) -> None:
    """All stories of a site go, and nothing is left."""
    build(store)
    forget(store.db, plan_forgetting(store.db, site="example.com"))
    for name in ("stories", "links", "visits", "revisions"):
        assert store.db[name].count_documents({}) == 0, name
    assert faults(store) == []


@pytest.mark.parametrize("step", ["clear_state", "restore_contents", "restore_observed", "group_stories"])
def test_killed_while_forgetting(store: Store, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    """A process that dies on the way leaves work that the next one finishes."""
    build(store)
    plan = plan_forgetting(store.db, stories=[key("bad")])

    def dying(*args: Any, **kwargs: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(forget_module, step, dying)
        with pytest.raises(KeyboardInterrupt):
            forget(store.db, plan)
    assert finish_forgetting(store.db)
    assert not finish_forgetting(store.db)
    assert statuses(store)["bad"] == "stub"
    assert faults(store) == []


def left(store: Store) -> dict[str, tuple[Any, ...]]:
    """What can be seen of each story that is left; runs differ from build to build."""
    fields = ("status", "title", "text", "visits", "revisions", "first_seen", "last_seen", "depth", "group", "copy_of")
    return {
        story["_id"]: (*(story[name] for name in fields), story["discovered"]["from"])
        for story in store.db["stories"].find()
    }


def test_cut_anywhere_and_finished_by_the_next_crawl(store: Store) -> None:
    """The line is cut after some commands of a removal: check-store names it, the start of the next crawl finishes it,
    and the network is what it would have been."""
    build(store)
    forget(store.db, plan_forgetting(store.db, stories=[key("bad")]))
    whole = left(store)
    cuts = 0
    for commands in itertools.count(12, 9):
        for name in ("stories", "links", "visits", "revisions", "fingerprints", "crawls"):
            store.db[name].delete_many({})
        build(store)
        plan = plan_forgetting(store.db, stories=[key("bad")])
        with cut_after(store, commands) as db:
            try:
                forget(db, plan)
            except PyMongoError:
                cuts += 1
                begun = store.db["meta"].find_one({"_id": "forgetting"})  # the cut may be behind the last command
                told = str(next(check_store(store.db), ""))
                named = "meta forgetting: `scrapy forget` was stopped" in told
                assert named == (begun is not None)
            else:
                break
        start_run(store, spider="x")
        assert left(store) == whole, f"cut after {commands} commands"
        assert faults(store) == []
    assert cuts > 3


def test_copies_are_invalid_from_the_first_step_on(store: Store) -> None:
    """What was read before a removal, and what was read while it was stopped on its way, is valid no more."""
    build(store)
    before = copy_token(store.db)
    with cut_after(store, 4) as db, pytest.raises(PyMongoError):
        forget(db, plan_forgetting(store.db, stories=[key("bad")]))
    between = copy_token(store.db)
    assert store.db["stories"].find_one({"_id": key("c")}), "nothing of it is removed yet"
    assert finish_forgetting(store.db)
    assert len({before, between, copy_token(store.db)}) == 3


def test_a_removal_too_large_for_one_document(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """No answer to the plan of a crawl holds more rows than are asked for at once, no note more keys than a document
    takes; killed before the note is whole nothing is begun, and killed after it the next one finishes all of it."""
    first, _ = build(store)
    monkeypatch.setattr(forget_module, "ROWS_PER_REPLY", 2)
    monkeypatch.setattr(forget_module, "NOTED_KEYS", 2)
    answers = Answers()
    with MongoClient(uri_of(store), tz_aware=True, event_listeners=[answers]) as client:
        plan = plan_forgetting(client[store.db.name], crawl=first)
    assert sorted([*plan.removed, *plan.emptied, *plan.changed]) == sorted(map(key, ("a", "b", "bad", "c", "d", "e")))
    assert max(answers.rows["visits"]) == 2
    with monkeypatch.context() as patched:
        die_after(patched, 2)
        with pytest.raises(KilledError):
            forget(store.db, plan)
    assert not finish_forgetting(store.db)
    with monkeypatch.context() as patched:
        patched.setattr(forget_module, "finish_forgetting", lambda _: None)
        forget(store.db, plan)
    parts = list(store.db["meta"].find({"of": "forgetting"}))
    assert max(len(part["keys"]) for part in parts) == 2
    assert finish_forgetting(store.db)
    assert store.db["meta"].count_documents({"of": "forgetting"}) == 0
    assert statuses(store) == {"b": "fetched", "f": "stub", "a": "stub", "other": "fetched"}
    assert faults(store) == []


class Answers(CommandListener):
    """Notes how many rows the answers about a collection hold."""

    def __init__(self) -> None:
        self.rows: dict[str, list[int]] = defaultdict(list)
        self.asked: dict[int, str] = {}

    def started(self, event: CommandStartedEvent) -> None:
        """Note what is asked."""
        self.asked[event.request_id] = event.command.get("collection") or str(event.command.get(event.command_name))

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Note what was answered."""
        rows = event.reply.get("values") or [
            row for name in ("firstBatch", "nextBatch") for row in event.reply.get("cursor", {}).get(name, ())
        ]
        self.rows[self.asked[event.request_id]].append(len(rows))

    def failed(self, event: object) -> None:
        """Do nothing."""
