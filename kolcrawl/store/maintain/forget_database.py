"""Removing a whole database, with what the data folder holds of it: the affair is over, or was a trial.

Its collections go one by one, which whoever may write them may do; to drop a database takes more rights on some
servers. A removal that was stopped on its way goes on when it is begun again.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pymongo.errors import PyMongoError

from kolcrawl.store.removals import note_removal, remove_kept_rows
from kolcrawl.store.write.runs import is_running
from kolcrawl.store.write.spool import spool_files

if TYPE_CHECKING:
    from pathlib import Path

    from kolcrawl.store.server.client import Store

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeDatabase:
    """What a database holds."""

    stories: int
    visits: int
    crawls: frozenset[str]
    """Ids of its runs."""
    running: tuple[str, ...]
    """Of these, the ones whose process is still there: they would write on."""
    files: tuple[Path, ...]
    """Spool files of the data folder that are meant for it, those that were set aside among them."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to remove."""
        return not (self.stories or self.visits or self.crawls or self.files)


def look_at_database(store: Store) -> WholeDatabase:
    """Find out what would be removed; nothing is changed.

    Raises:
        pymongo.errors.PyMongoError: the server failed.
        OSError: a file cannot be read.
    """
    runs = list(store.db["crawls"].find({}, {"finished_at": 1, "process": 1, "heartbeat_at": 1}))
    ids = frozenset(run["_id"] for run in runs)
    return WholeDatabase(
        stories=store.db["stories"].count_documents({}),
        visits=store.db["visits"].count_documents({}),
        crawls=ids,
        running=tuple(sorted(run["_id"] for run in runs if run["finished_at"] is None and is_running(run))),
        files=tuple(spool_files(store, ids)),
    )


def forget_database(store: Store, whole: WholeDatabase) -> None:
    """Remove a database and its files.

    Args:
        store: the database.
        whole: what was found in it.

    Raises:
        pymongo.errors.PyMongoError: the server failed; what is left goes when it is tried again.
        OSError: a file cannot be removed.
    """
    note_removal(store.db)  # pages that are open show nothing of it any more
    for path in whole.files:
        path.unlink(missing_ok=True)
    for name in sorted(store.db.list_collection_names(), key=lambda name: (name == "meta", name)):
        if not name.startswith("system."):
            store.db.drop_collection(name)
    try:
        store.client.drop_database(store.db.name)
    except PyMongoError as error:  # it is empty, and listed no more where the server drops empty ones by itself
        logger.info("the empty database %s stays: %s", store.db.name, error)
    remove_kept_rows(store.data_dir, store.db.name)
