"""Read the runs of a network, and what they found, as of a moment or of one run, as far as that is still known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pymongo import DESCENDING

from kolcrawl.errors import UnmetArgumentError
from kolcrawl.store.history.histories import history_begins

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from pymongo.database import Database

Row = dict[str, Any]


def seen_runs(db: Database[Row], moment: datetime | None, crawl: str | None) -> list[Row]:
    """Read the runs, latest first; one that had not ended at the moment is shown as running.

    Args:
        db: the database.
        moment: only runs that had begun by then; None for all.
        crawl: only the run of this id; None for all.
    """
    where = ({"started_at": {"$lte": moment}} if moment else {}) | ({"_id": crawl} if crawl else {})
    runs = list(db.crawls.find(where).sort("_id", DESCENDING))
    for run in runs:
        if moment and run["finished_at"] is not None and run["finished_at"] > moment:
            run |= {"finished_at": None, "finish_reason": None, "quality": {"state": "running", "why": []}}
    return runs


def seen_revisions(db: Database[Row], keys: Sequence[str], moment: datetime | None, crawl: str | None) -> list[Row]:
    """Read the revisions of stories that had been found by a moment, and by one run, oldest first.

    Args:
        db: the database.
        keys: of the stories.
        moment: only revisions found by then; None for all.
        crawl: only those found by the run of this id; None for all.
    """
    where = {"story": {"$in": list(keys)}} | ({"at": {"$lte": moment}} if moment else {})
    found = sorted(db.revisions.find(where), key=lambda revision: (revision["at"], revision["_id"]))
    if not crawl:
        return found
    visits = db.visits.find({"story": {"$in": list(keys)}, "crawl": crawl}, {"story": 1, "at": 1})
    own = {(visit["story"], visit["at"]) for visit in visits}
    return [revision for revision in found if (revision["story"], revision["at"]) in own]


def observed_span(db: Database[Row], crawl: str | None) -> tuple[datetime, datetime] | None:
    """Return when a network, or one crawl, observed something first and last; None where it never did."""
    chosen = {"crawl": crawl} if crawl else {}
    ends = [db["visits"].find_one(chosen, {"at": 1}, sort=[("at", order)]) for order in (1, -1)]
    first, last = (visit["at"] if visit else None for visit in ends)
    return (first, last) if first and last else None


def refuse_removed_past(db: Database[Row], moment: datetime | None, crawl: str | None) -> None:
    """Refuse to show a network as of a moment, or as one crawl saw it, whose visits were removed.

    Raises:
        UnmetArgumentError: they were, all or some of them.
    """
    begins = history_begins(db)
    if begins is None:
        return
    run = db["crawls"].find_one({"_id": crawl}, {"started_at": 1}) if crawl else None
    if any(at is not None and at < begins for at in (moment, run["started_at"] if run else None)):
        raise UnmetArgumentError(
            "the past of this network begins at {begins}, since `scrapy prune` removed the visits before: ask for a"
            " later moment or crawl",
            begins=f"{begins:%Y-%m-%d %H:%M:%S} UTC",
        )
