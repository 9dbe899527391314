"""Count what a network holds, now or as it was seen before."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from kolcrawl.store.bulk import chunks
from kolcrawl.store.read.as_of import AsOfReader
from kolcrawl.store.read.listed_links import all_listed_links
from kolcrawl.store.read.reader import StoryFilter

if TYPE_CHECKING:
    from kolcrawl.store.read.reader import Reader

Counts = dict[str, dict[str, int]]


def count_network(reader: Reader) -> Counts:
    """Count `stories` by status, `links` by kind and `sites` by stories, most first.

    Merged stories are counted on the network of today alone: before they were merged they were seen as stories.
    """
    if isinstance(reader, AsOfReader):
        return _count_past(reader)
    counts: Counts = {}
    for name, collection, field in (
        ("stories", "stories", "status"),
        ("links", "links", "kind"),
        ("sites", "stories", "site"),
    ):
        found: Any = reader.db[collection].aggregate([{"$group": {"_id": f"${field}", "n": {"$sum": 1}}}])
        counts[name] = _most_first({row["_id"]: row["n"] for row in found})
    kinds = Counter(counts["links"])
    kinds.update(link["kind"] for link in all_listed_links(reader.db, {}))
    counts["links"] = _most_first(kinds)
    return counts


def _count_past(reader: AsOfReader) -> Counts:
    statuses, sites, kinds = Counter[str](), Counter[str](), Counter[str]()
    for batch in chunks(reader.stories(StoryFilter(), with_text=False)):
        statuses.update(story["status"] for story in batch)
        sites.update(story["site"] for story in batch)
        kinds.update(link["kind"] for link in reader.links_out([story["_id"] for story in batch]))
    return {"stories": _most_first(statuses), "links": _most_first(kinds), "sites": _most_first(sites)}


def _most_first(counts: dict[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda row: (-row[1], row[0])))
