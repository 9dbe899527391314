"""Read a whole network in few large queries, a field at a time: for programs that hold all of it in memory.

Walking by key is `kolcrawl.network.network`. On a network as of a moment or of one crawl the same rows are rebuilt
from the visits, which takes longer.
"""

from __future__ import annotations

from contextlib import contextmanager
from datetime import datetime
from itertools import chain
from typing import TYPE_CHECKING, Any

from bson.codec_options import CodecOptions
from pymongo.errors import PyMongoError

from kolcrawl.network.network import Network
from kolcrawl.store.read.listed_links import all_listed_links
from kolcrawl.store.server.failures import explain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

SCAN_BATCH = 10_000
"""Documents that a server sends at once."""
ANY_FIELD = {"_id": 1}


@contextmanager
def explained_errors(network: Network) -> Iterator[None]:
    """Raise what the server answers wrongly, or that it does not answer, as a `StoreError` that says what to do."""
    try:
        yield
    except PyMongoError as error:
        raise explain(error, network.shown) from error


def database_names(network: Network) -> list[str]:
    """List the databases of the server that hold a story network, by name; that of `network` is always among them."""
    client = network.db.client
    names = [name for name in client.list_database_names() if name not in ("admin", "config", "local")]
    held = [name for name in names if client[name].crawls.find_one({}, ANY_FIELD)]
    return sorted({*held, network.db.name})


def other_database(network: Network, database: str) -> Network:
    """Return the network of another database of the same server, on the same connection."""
    return Network(network.db.client[database], network.moment, shown=network.shown)


def count_written(
    network: Network, stories_after: datetime | None, links_after: datetime | None, limit: int = 1_000
) -> tuple[int, int]:
    """Count the stories and the links that were written after two moments, `limit` of each at most.

    A list that a page shows counts as one link.
    """
    counts = []
    moments = (("stories", stories_after), ("links", links_after), ("page_lists", links_after))
    for collection, after in moments:
        found = network.db[collection].find({"updated_at": {"$gt": after}} if after else {}, ANY_FIELD).limit(limit)
        counts.append(sum(1 for _ in found))
    return counts[0], min(limit, counts[1] + counts[2])


def scan_stories(network: Network, fields: Sequence[str], since: datetime | None = None) -> Iterator[dict[str, Any]]:
    """Read some fields of all stories but the merged ones, in no order; `_id` always comes with them.

    Args:
        network: where from.
        fields: their names, dotted for a part of a field.
        since: read those alone that were written from this moment on, merged ones among them.
    """
    if _is_today(network):
        where: dict[str, Any] = {"updated_at": {"$gte": since}} if since else {}
        # an index on the status would be walked document by document, which takes longer than leaving out a few
        for story in network.db.stories.find(where, dict.fromkeys((*fields, "status"), 1)).batch_size(SCAN_BATCH):
            if since or story["status"] != "merged":
                yield story
        return
    wanted = {"_id", *(name.partition(".")[0] for name in fields)}
    for shown in network.stories(with_text="text" in wanted):
        yield {name: value for name, value in shown.items() if name in wanted}


def scan_links(network: Network, fields: Sequence[str], since: datetime | None = None) -> Iterator[dict[str, Any]]:
    """Read all links with some fields at least, or those written from a moment on, in no order.

    Times are naive, in UTC: to make them aware takes longer than all else of a link.
    """
    if _is_today(network):
        where: dict[str, Any] = {"updated_at": {"$gte": since}} if since else {}
        # whole documents: they are small, and choosing fields costs the embedded server as much as reading them
        links: Any = network.db.links.with_options(CodecOptions(tz_aware=False))
        yield from links.find(where).batch_size(SCAN_BATCH)
        yield from all_listed_links(links.database.with_options(CodecOptions(tz_aware=False)), where)
        return
    keys = [story["_id"] for story in network.stories(with_text=False)]
    for link in network.links_out(keys):
        yield _naive({name: link.get(name) for name in fields})


def scan_links_of(network: Network, keys: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Read the links out of and into some stories, as `scan_links` does."""
    for link in chain(network.links_out(keys), network.links_in(keys)):
        yield _naive(dict(link))


def _naive(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.replace(tzinfo=None) if isinstance(value, datetime) else value for name, value in values.items()
    }


def scan_revisions(network: Network, *, with_text: bool = False) -> Iterator[dict[str, Any]]:
    """Read which stories changed when, and in what: `story`, `at`, `changed`, and `title` and `text` of before.

    Of one crawl, only what its own visits found.
    """
    until = {"at": {"$lte": network.moment}} if network.moment else {}
    fields = ("story", "at", "changed", *(("title", "text") if with_text else ()))
    found = network.db.revisions.find(until, {"_id": 0} | dict.fromkeys(fields, 1))
    if not network.crawl_id:
        yield from found
        return
    visits = network.db.visits.find({"crawl": network.crawl_id}, {"_id": 0, "story": 1, "at": 1})
    own = {(visit["story"], visit["at"]) for visit in visits}
    yield from (revision for revision in found if (revision["story"], revision["at"]) in own)


def _is_today(network: Network) -> bool:
    return network.moment is None and network.crawl_id is None
