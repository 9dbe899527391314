"""Read a whole network in few large queries, a field at a time: for programs that hold all of it in memory.

Walking by key is `kolcrawl.network.network`. On a network as of a moment or of one crawl the same rows are rebuilt
from the visits, which takes longer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from pymongo.errors import PyMongoError

from kolcrawl.network.network import Network
from kolcrawl.store.schema import STATUSES
from kolcrawl.store.server.client import explain

if TYPE_CHECKING:
    from datetime import datetime

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
    """Give the network of another database of the same server, on the same connection."""
    return Network(network.db.client[database], network.moment, shown=network.shown)


def count_rows(network: Network) -> tuple[int, int]:
    """Count the documents of `stories` (merged ones among them) and `links` today, from the server's own statistics."""
    return network.db.stories.estimated_document_count(), network.db.links.estimated_document_count()


def last_write(network: Network) -> datetime | None:
    """Tell when a story of the network was last written; None for an empty one."""
    newest = network.db.stories.find({}, {"updated_at": 1}).sort("updated_at", -1).limit(1)
    return next((doc["updated_at"] for doc in newest), None)


def scan_stories(network: Network, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Read some fields of all stories but the merged ones, in no order; `_id` always comes with them."""
    if _is_today(network):
        statuses = [status for status in STATUSES if status != "merged"]
        found = network.db.stories.find({"status": {"$in": statuses}}, dict.fromkeys(fields, 1))
        yield from found.batch_size(SCAN_BATCH)
        return
    wanted = {"_id", *fields}
    for story in network.stories(with_text="text" in wanted):
        yield {name: value for name, value in story.items() if name in wanted}


def scan_links(network: Network, fields: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Read some fields of all links, in no order."""
    if _is_today(network):
        found = network.db.links.find({}, {"_id": 0} | dict.fromkeys(fields, 1))
        yield from found.batch_size(SCAN_BATCH)
        return
    keys = [story["_id"] for story in network.stories(with_text=False)]
    for link in network.links_out(keys):
        yield {name: link.get(name) for name in fields}


def scan_revisions(network: Network) -> Iterator[dict[str, Any]]:
    """Read which stories changed when, and in what: `story`, `at`, `changed`, without the earlier texts."""
    until = {"at": {"$lte": network.moment}} if network.moment else {}
    yield from network.db.revisions.find(until, {"_id": 0, "story": 1, "at": 1, "changed": 1, "title": 1})


def _is_today(network: Network) -> bool:
    return network.moment is None and network.crawl_id is None
