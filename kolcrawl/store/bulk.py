"""Writing many documents at once, and asking for many: what the modules of this room share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from pymongo import InsertOne, UpdateOne
from pymongo.errors import BulkWriteError

if TYPE_CHECKING:
    from pymongo.collection import Collection

Document = dict[str, Any]
Operation = InsertOne[Document] | UpdateOne

CHUNK: Final = 50
"""Keys in one `$in`: beyond, its cost grows with the square on the embedded server."""

DUPLICATE: Final = 11000
# what the document itself is to blame for: validator, size, bad value
_REFUSALS: Final = {2, 9, 14, 121, 10334, 17280, 17419}


def chunks(keys: Iterable[str], size: int = CHUNK) -> Iterator[list[str]]:
    """Keys in lists that are short enough for `$in`."""
    rest = iter(keys)
    while chunk := list(islice(rest, size)):
        yield chunk


def bulk(
    collection: Collection[Document], operations: Sequence[Operation], made: list[int] | None = None
) -> dict[int, tuple[int, str]]:
    """Write unordered. Returns: by index of a refused operation, code and message.

    Args:
        made: takes in the indexes of upserts that made a new document.
    Raises:
        pymongo.errors.PyMongoError: something failed that is not the documents' fault.
    """
    if not operations:
        return {}
    upserted: dict[int, Any] = {}
    try:
        upserted = collection.bulk_write(operations, ordered=False).upserted_ids or {}
    except BulkWriteError as error:
        upserted = {entry["index"]: entry["_id"] for entry in error.details.get("upserted", ())}
        failed = error.details["writeErrors"]
        others = [entry for entry in failed if entry["code"] not in _REFUSALS | {DUPLICATE}]
        if others or error.details.get("writeConcernErrors"):
            raise
        return {entry["index"]: (entry["code"], entry["errmsg"]) for entry in failed}
    finally:
        if made is not None:
            made += upserted
    return {}
