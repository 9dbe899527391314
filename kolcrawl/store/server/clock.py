"""The clock of this machine against that of the database: visits are ordered by their time, over all machines."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from kolcrawl.errors import StoreError

if TYPE_CHECKING:
    from pymongo.database import Database

MAX_AHEAD: Final = timedelta(days=1)
"""What is stored with a time further ahead would look like the latest for as long."""
MAX_DIFFERENCE: Final = timedelta(minutes=5)
"""Between two machines that set their clocks by the network there are milliseconds."""


def check_clock(db: Database[dict[str, Any]]) -> str | None:
    """Compare this machine's clock with the database's.

    Returns: a line for the log where they differ; None where they agree, or the server does not tell its time.

    Raises:
        StoreError: this machine's clock is ahead by more than a day.
        pymongo.errors.PyMongoError: the server failed.
    """
    asked = datetime.now(UTC)
    there = db.client.admin.command("hello").get("localTime")
    here = asked + (datetime.now(UTC) - asked) / 2
    if not isinstance(there, datetime):
        return None
    ahead = here - there.replace(tzinfo=UTC)
    if ahead > MAX_AHEAD:
        raise StoreError(
            "this machine's clock ({here:%Y-%m-%d %H:%M} UTC) is {n} days ahead of the database's:"
            " set it right, or what is stored now would count as the latest for so long",
            here=here,
            n=round(ahead / timedelta(days=1)),
        )
    if abs(ahead) > MAX_DIFFERENCE:
        minutes = round(abs(ahead).total_seconds() / 60)
        side = "ahead of" if ahead > timedelta() else "behind"
        clock = f"this machine's clock ({here:%Y-%m-%d %H:%M} UTC)"
        return f"{clock} is {minutes} minutes {side} the database's: set it right"
    return None


def crawls_of_the_future(db: Database[dict[str, Any]]) -> list[str]:
    """Return the ids of some crawls that began later than it is: their machine's clock was ahead.

    Raises:
        pymongo.errors.PyMongoError: the server failed.
    """
    ahead = {"started_at": {"$gt": datetime.now(UTC) + MAX_AHEAD}}
    return [run["_id"] for run in db["crawls"].find(ahead, {"_id": 1}).limit(3)]
