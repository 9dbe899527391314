"""Merges that an older version made on the word of a redirect alone: found, and undone.

Schema 1 kept neither what proved a merge nor what named the merged story. What can be known again:

- The merged story kept its address and the text of the first link to it, which are judged as a redirect is today.
- A visit kept the address that was asked for. A version that was only ever seen under the merged story's address is
  its own page, read when the address answered again; any other is the page to which it led.
- A link whose text is that of the first link to the merged story named it. Others stay as they are until their page
  is read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from kolcrawl.errors import UrlError
from kolcrawl.policy.redirects import headlines_agree, is_same_story
from kolcrawl.store.bulk import ROWS_PER_REPLY, chunks
from kolcrawl.store.merge.lookup import canonical_key, linking_stories
from kolcrawl.store.merge.undo import is_page, undo_merge, visited_as
from kolcrawl.store.read.listed_links import links_to
from kolcrawl.text.normalize import letters
from kolcrawl.urls import may_claim, story_key
from kolcrawl.urls.same_article import adds_parameters

if TYPE_CHECKING:
    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

MANY_HEADLINES: Final = 5
"""Unlike headlines of links to one story from which it is surely several."""
MIN_ANCHOR_LETTERS: Final = 8
"""Letters below which the text of a link is no headline."""
TRUSTED_PROOFS: Final = ("key", "canonical", "address", "id", "slug", "title", "parameter")
"""Proofs of merges made by rules that ask for one."""


def mend_merges(db: Database[Document]) -> int:
    """Undo the merges of an older version that nothing proves; note what proves the others. May be run again.

    Returns: how many were undone.
    """
    unproved = {"status": "merged", "merge.proof": {"$exists": False}}
    undone = 0
    for key in [story["_id"] for story in db["stories"].find(unproved, {"_id": 1})]:
        story = db["stories"].find_one({"_id": key, **unproved})
        if story is None:
            continue
        canonical = canonical_key(db, key)
        visits = list(db["visits"].find({"story": canonical}, {"links": 0, "unapplied": 0}))
        other = db["stories"].find_one({"_id": canonical}, {"text": 0})
        if other is None:
            continue
        proof = _proof(story, other, visits)
        if proof:
            merge = {"into": canonical, "proof": proof, "at": story["updated_at"]}
            db["stories"].update_one({"_id": key, **unproved}, {"$set": {"merge": merge}})
            continue
        _name_again(db, story, canonical, visits)
        undo_merge(db, key, "migration")
        undone += 1
    return undone


def suspicious_merges(db: Database[Document], stories: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Find merges that nothing proves, and stories that were merged though their links have unlike headlines.

    Args:
        stories: merged or not.

    Yields: a story's key, and what is wrong.
    """
    yield from _unlike_headlines(db, [story for story in stories if story["status"] != "merged"])
    for story in stories:
        if story["status"] != "merged" or (story.get("merge") or {}).get("proof") in TRUSTED_PROOFS:
            continue
        canonical = canonical_key(db, story["_id"])
        visits = list(db["visits"].find({"story": canonical}, {"links": 0, "unapplied": 0}))
        other = db["stories"].find_one({"_id": canonical}, {"text": 0})
        if other and not _proof(story, other, visits):
            remedy = f"`scrapy migrate`, or `scrapy merge undo {story['_id']}`"
            what = f"{story['url']} is merged into {other['url']}, which neither address nor headline proves"
            yield story["_id"], f"{what}: {remedy}"


def _unlike_headlines(db: Database[Document], stories: list[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Find stories into which others were merged, and to which links with many unlike headlines lead."""
    by_key = {story["_id"]: story for story in stories}
    for chunk in chunks(by_key):
        for key in db["stories"].distinct("merged_into", {"merged_into": {"$in": chunk}, "status": "merged"}):
            unlike: list[str] = []
            anchors = {link["anchor"] for link in links_to(db, [key])}
            linking = db["links"].find({"to": key}, {"_id": 0, "anchor": 1}).batch_size(ROWS_PER_REPLY)
            anchors.update(link["anchor"] for link in linking)  # `distinct` is one answer, of 16 MB at most
            for anchor in sorted(anchors):
                if len(letters(anchor)) >= MIN_ANCHOR_LETTERS and not any(
                    headlines_agree(anchor, one) for one in unlike
                ):
                    unlike.append(anchor)
                if len(unlike) >= MANY_HEADLINES:
                    break
            if len(unlike) >= MANY_HEADLINES and not any(headlines_agree(by_key[key]["title"], one) for one in unlike):
                yield key, f"links with unlike headlines lead to it, such as {unlike[0]!r} and {unlike[1]!r}"


def _proof(story: Mapping[str, Any], other: Mapping[str, Any], visits: list[Document]) -> str | None:
    """Judge by today's rules what shows that two stories are one."""
    try:
        if story_key(story["url"]) == other["_id"]:
            return "key"
        proof = is_same_story(story["url"], other["url"])
        if proof is None and may_claim(story["url"], other["url"]) and not adds_parameters(story["url"], other["url"]):
            return "canonical"
    except UrlError:
        return "key"  # an address that today's rules do not take was not judged by a redirect either
    if proof:
        return proof
    led = [visit for visit in visits if visit["outcome"] == "fetched" and visited_as(visit) == story["_id"]]
    titles = {visit["title"] for visit in led or visits if visit["outcome"] == "fetched"}
    return "title" if titles and all(headlines_agree(story["title"], title) for title in titles) else None


def _name_again(db: Database[Document], story: Mapping[str, Any], canonical: str, visits: list[Document]) -> None:
    """Note on visits and links that they named the merged story, as far as it can be known."""
    key = story["_id"]
    elsewhere = {visit["content_hash"] for visit in visits if visited_as(visit) != key}
    own = [
        visit["_id"]
        for visit in visits
        if visited_as(visit) == key
        and (not is_page(visit) or (visit["content_hash"] not in elsewhere and _is_of(visit, story)))
    ]
    for chunk in chunks(own):
        db["visits"].update_many({"_id": {"$in": chunk}}, {"$set": {"merged_from": key}})
    if not story["title"]:
        return
    twins = db["stories"].find({"merged_into": canonical, "_id": {"$ne": key}}, {"title": 1})
    if any(letters(twin["title"] or "") == letters(story["title"]) for twin in twins):
        return  # which of them a link named cannot be told
    for chunk in chunks({canonical, *linking_stories(db, [canonical])}):  # a link to itself is stored on visits alone
        named = {"story": {"$in": chunk}, "links.to": canonical}
        anchors = {
            link["anchor"]
            for visit in db["visits"].find(named, {"links": 1})
            for link in visit["links"]
            if link["to"] == canonical and letters(link["anchor"]) == letters(story["title"])
        }
        of_it = {"link.to": canonical, "link.anchor": {"$in": sorted(anchors)}, "link.merged_from": {"$exists": False}}
        db["visits"].update_many(named, {"$set": {"links.$[link].merged_from": key}}, array_filters=[of_it])


def _is_of(visit: Mapping[str, Any], story: Mapping[str, Any]) -> bool:
    """Return whether a visit found the headline that the first link to a story had."""
    linked, found = letters(story["title"] or ""), letters(visit.get("title") or "")
    return bool(linked) and (linked == found or headlines_agree(story["title"], visit["title"]))
