"""One page, read by crawls that knew different things of its site: no version, and the text that is stored stays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kolcrawl.store.derive import derive
from kolcrawl.store.maintain.check import check_store
from kolcrawl.store.maintain.migrate import rederive_all
from kolcrawl.store.write.apply import apply_visits
from kolcrawl.store.write.documents import visit_document
from tests.store.visiting import a_run, at, key, link, visit

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem
    from kolcrawl.store.server.client import Store

RUN = "20260302-003400-abcdef"
WHOLE = "Front page\nOld town\nThe ferry sank."
TAKEN = {"title": "Ferry", "text": "The ferry sank.", "read_text": WHOLE, "content_hash": "b" * 64}
AS_READ = {"title": "Ferry", "text": WHOLE, "content_hash": "a" * 64}
EDITED = {"title": "Ferry", "text": "The ferry was raised.", "read_text": None, "content_hash": "c" * 64}


def write(store: Store, *items: StoryItem) -> None:
    """Write visits together."""
    store.db["crawls"].replace_one({"_id": RUN}, a_run(RUN), upsert=True)
    assert not apply_visits(store.db, [visit_document(item, RUN) for item in items]).refused


@pytest.mark.parametrize(("first", "second"), [(AS_READ, TAKEN), (TAKEN, AS_READ)])
@pytest.mark.parametrize("links", [["b"], ["b", "c"]])
def test_the_first_text_stays(store: Store, first: dict[str, str], second: dict[str, str], links: list[str]) -> None:
    """The second reading of a page, with other links or with the same, is no revision, and the stored text stays; an
    edited text is one, and both texts are known afterwards; deriving all anew changes nothing."""
    write(store, visit("a", 0, ["b"], **first))
    write(store, visit("a", 5, links, **second))
    story = store.db["stories"].find_one({"_id": key("a")})
    assert story is not None
    assert (story["text"], story["content_hash"], story["revisions"]) == (first["text"], first["content_hash"], 0)
    assert story["visits"] == 2
    assert list(check_store(store.db)) == []
    write(store, visit("a", 9, links, **EDITED))
    (revision,) = store.db["revisions"].find()
    assert (revision["text"], revision["changed"]) == (first["text"], ["text"])
    assert store.db["fingerprints"].count_documents({"content_hash": second["content_hash"]}) == 0
    rederive_all(store.db)
    assert store.db["revisions"].count_documents({}) == 1
    assert list(check_store(store.db)) == []


def test_a_page_between_them_is_a_version(store: Store) -> None:
    """A visit that comes in late, with another text than the readings before and after it, is told as two revisions,
    and no text is lost."""
    write(store, visit("a", 0, ["b"], **AS_READ))
    write(store, visit("a", 9, ["b"], **TAKEN))
    write(store, visit("a", 5, ["b"], **EDITED))
    revisions = [(row["at"], row["text"]) for row in store.db["revisions"].find().sort("at", 1)]
    assert revisions == [(at(5), AS_READ["text"]), (at(9), EDITED["text"])]
    story = store.db["stories"].find_one({"_id": key("a")})
    assert story is not None
    assert story["text"] == AS_READ["text"]
    assert list(check_store(store.db)) == []


def test_both_at_once(store: Store) -> None:
    """Two crawls that read the page before either was stored found one version, whichever comes first; another title
    is a version all the same, and then the text is not named as changed."""
    write(store, visit("a", 0, ["b"], **AS_READ), visit("a", 1, ["b"], **TAKEN))
    assert store.db["revisions"].count_documents({}) == 0
    assert list(check_store(store.db)) == []
    retitled = {**TAKEN, "title": "The ferry", "content_hash": "d" * 64}
    visits = [visit_document(visit("a", n, [link("b")], **of), RUN) for n, of in enumerate((AS_READ, retitled, TAKEN))]
    changes = derive(key("a"), visits).changes
    assert [change.changed for change in changes] == [["title"], ["title"]]
