"""Databases in which an older version took notices for stories."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.maintain.mend_notices import mend_notices
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from kolcrawl.store.write.runs import start_run
from kolcrawl.story.fingerprint import content_hash
from tests.store.visiting import at, key, visit

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem
    from kolcrawl.store.server.client import Store

DELETED, REPAIR = (
    ("该内容已被发布者删除", "请浏览其他内容。"),
    ("系统维护公告", "本网站将于今日凌晨进行系统升级维护，敬请谅解。"),
)


def shown(name: str, minutes: float, title: str, text: str, **more: Any) -> StoryItem:
    """A visit that read this title and text as a story."""
    item = visit(name, minutes, **more)
    item.title, item.text = title, text
    item.content_hash = content_hash(title, text)
    return item


def write(store: Store, *items: StoryItem) -> None:
    """Write visits, each as a crawl of its own."""
    for item in items:
        apply_visits(store.db, [visit_document(item, start_run(store, spider="x").id)])


def story(store: Store, name: str) -> dict[str, Any]:
    """The document of a story."""
    found = store.db["stories"].find_one({"_id": key(name)})
    assert found is not None
    return found


def test_the_last_good_reading_comes_back(store: Store) -> None:
    """A story under which a notice was read, twice, is gone as withdrawn, with title, text and links as before; one
    under a notice for a while is as it was, and its visit failed; what was read again since is not touched."""
    write(store, visit("deleted", 0, ["a", "b"]), visit("repair", 0, ["a"]), visit("back", 0, ["a"]))
    before = {name: story(store, name) for name in ("deleted", "repair", "back")}
    write(
        store,
        shown("deleted", 10, *DELETED), shown("deleted", 20, *DELETED), shown("repair", 10, *REPAIR),
        shown("back", 10, *DELETED), visit("back", 20, ["a"]),
    )  # fmt: skip
    assert story(store, "deleted")["title"] == DELETED[0]
    named = sorted(str(finding) for finding in check_store(store.db))
    assert [key("deleted") in named[0], key("repair") in named[0]].count(True) == 1
    assert len(named) == 2
    assert all("scrapy migrate" in line for line in named)
    back = story(store, "back")
    assert mend_notices(store.db) == 2
    assert mend_notices(store.db) == 0
    deleted, repair = story(store, "deleted"), story(store, "repair")
    assert (deleted["status"], deleted["reason"]) == ("gone", "withdrawn")
    assert (repair["status"], repair["reason"], repair["last_visit"]["reason"]) == ("fetched", None, "unavailable")
    for name, now in (("deleted", deleted), ("repair", repair)):
        for field in ("title", "text", "content_hash", "published_at"):
            assert now[field] == before[name][field], (name, field)
    active = store.db["links"].find({"from": key("deleted"), "active": True})
    assert {link["to"] for link in active} == {key("a"), key("b")}
    assert story(store, "back") == back
    assert list(check_store(store.db)) == []


def test_without_a_good_reading(store: Store) -> None:
    """A story that was never anything but a notice is named, with the command that removes it; migrate leaves it, and a
    dated or signed story of such a title is none."""
    write(store, visit("seed", 0, ["never"]), shown("never", 1, *DELETED))
    signed = shown("signed", 2, *DELETED)
    signed.authors = ["Ada Quill"]
    dated = shown("dated", 3, *DELETED)
    dated.published_at = at(0)
    write(store, signed, dated)
    assert mend_notices(store.db) == 0
    found = [str(finding) for finding in check_store(store.db)]
    assert len(found) == 1
    assert f"scrapy forget {key('never')}" in found[0]
