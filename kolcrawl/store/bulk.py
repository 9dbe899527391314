"""Writing and reading many documents at once."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any, Final, TypeVar

from pymongo import DeleteOne, InsertOne, UpdateMany, UpdateOne
from pymongo.errors import BulkWriteError

from kolcrawl.store.bson_types import Document
from kolcrawl.store.server.failures import write_error_message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pymongo.collection import Collection

Operation = InsertOne[Document] | UpdateOne | UpdateMany | DeleteOne
T = TypeVar("T")

KEYS_PER_QUERY: Final = 50
"""Keys in one `$in`: beyond this its cost grows with the square on the embedded server."""
ROWS_PER_REPLY: Final = 10_000
"""Keys that a server sends at once; its own 16 MB become ten times as much in Python's objects."""
WORKED_ROWS: Final = 1_000
"""The same where each is worked on before the next are read: a cursor ends when it is not asked for ten minutes."""
DUPLICATE_KEY: Final = 11000
"""Error code: a document with this key is stored already."""
# error codes of which the document itself is the cause: validator, size, bad value
_REFUSAL_CODES: Final = {2, 9, 14, 121, 10334, 17280, 17419}


def chunks(values: Iterable[T], size: int = KEYS_PER_QUERY) -> Iterator[list[T]]:
    """Cut a stream into lists that are short enough for `$in`."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def bulk_write(
    collection: Collection[Document],
    operations: Sequence[Operation],
    upserted_indexes: list[int] | None = None,
    matched: list[int] | None = None,
) -> dict[int, tuple[int, str]]:
    """Write many documents in any order.

    Args:
        collection: where to.
        operations: what to write.
        upserted_indexes: takes the indexes of upserts that inserted a document.
        matched: takes the number of documents to which updates applied.

    Returns: error code and message of each operation that was refused, by its index.

    Raises:
        pymongo.errors.PyMongoError: something failed of which the documents are not the cause.
    """
    if not operations:
        return {}
    upserted: dict[int, Any] = {}
    try:
        written = collection.bulk_write(operations, ordered=False)
        upserted = written.upserted_ids or {}
        if matched is not None:
            matched.append(written.matched_count)
    except BulkWriteError as error:
        upserted = {entry["index"]: entry["_id"] for entry in error.details.get("upserted", ())}
        failed = error.details["writeErrors"]
        others = [entry for entry in failed if entry["code"] not in _REFUSAL_CODES | {DUPLICATE_KEY}]
        if others or error.details.get("writeConcernErrors"):
            raise
        return {entry["index"]: (entry["code"], write_error_message(entry)) for entry in failed}
    finally:
        if upserted_indexes is not None:
            upserted_indexes += upserted
    return {}
