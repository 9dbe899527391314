"""What the error of a server means, in our words: what failed, and what to do. Pure.

Entry point: `explain`. All stories go in bulks, whose error says no more than that there were some: `cause_of` takes
the first of them. Codes are those of MongoDB's `error_codes.yml`; Atlas has one of its own for whatever it refuses.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from pymongo.errors import BulkWriteError, ConnectionFailure, NetworkTimeout, OperationFailure, PyMongoError

from kolcrawl.errors import StoreError, StoreRefusedError, StoreUnavailableError
from kolcrawl.locale import Message
from kolcrawl.store.server.diagnosis import diagnosis
from kolcrawl.store.server.masking import mask_text

if TYPE_CHECKING:
    from pathlib import Path

SOCKET_TIMEOUT: Final = 120.0
"""Seconds a single operation may take: a batch of large stories on a busy disk, never an endless wait."""
EMBEDDED_SOCKET_TIMEOUT: Final = 900.0
"""The same for the embedded server, which reads through a collection at some 14,000 documents a second."""
MAX_SHOWN: Final = 300
"""Characters of a server's message that are shown."""

_UNAUTHORIZED, _AUTHENTICATION_FAILED, _ATLAS = 13, 18, 8000
# LockTimeout, CursorNotFound, MaxTimeMSExpired, WriteConcernTimeout, WriteConflict, ExceededTimeLimit,
# RequestRateTooLarge (Cosmos DB): answers of a server that is restarted, elects or is throttled.
_PASSING_CODES: Final = {24, 43, 50, 64, 112, 262, 16500}
_NO_SPACE: Final = {14031, 39}  # OutOfDiskSpace, FileStreamFailed
_SHARD_KEY: Final = {61, 66, 31025}  # ShardKeyNotFound, ImmutableField, a shard key value that would change


class Cause(NamedTuple):
    """The first thing that a server said was wrong."""

    code: int | None
    message: str


def cause_of(error: PyMongoError) -> Cause:
    """Return the first cause of an error; of a bulk, that of its first write that failed."""
    if isinstance(error, BulkWriteError):
        details = error.details
        for entry in (*details.get("writeErrors", ()), *details.get("writeConcernErrors", ())):
            return Cause(entry.get("code"), write_error_message(entry))
    code = error.code if isinstance(error, OperationFailure) else None
    message = str(error).partition(", full error:")[0]
    if isinstance(error, OperationFailure) and error.details and "errmsg" in error.details:
        message = write_error_message(error.details)
    return Cause(code, message)


def write_error_message(entry: Mapping[str, Any]) -> str:
    """Return the message of a write that failed, with the fields that a validator refuses."""
    fields = list(_refused_fields((entry.get("errInfo") or {}).get("details") or {}))
    message = str(entry.get("errmsg", ""))
    return f"{message}: {'; '.join(fields)}" if fields else message


def _refused_fields(details: Mapping[str, Any]) -> Iterator[str]:
    for rule in details.get("schemaRulesNotSatisfied", ()):
        for name in rule.get("missingProperties", ()):
            yield f"{name} is missing"
        for entry in rule.get("propertiesNotSatisfied", ()):
            reasons = [str(reason.get("reason", "")) for reason in entry.get("details", ())]
            yield f"{entry.get('propertyName')}: {', '.join(filter(None, reasons)) or 'is refused'}"


def explain(error: PyMongoError, shown: str, uri: str = "", *, data_dir: Path | None = None) -> StoreError:
    """Return the error of a server in our words: what failed, and what to do.

    Args:
        error: what the driver raised.
        shown: the masked URI.
        uri: the URI itself, whose secrets are masked in the message.
        data_dir: folder of the embedded server; None for another server.
    """
    cause = cause_of(error)
    message = mask_text(cause.message, uri)[:MAX_SHOWN]
    if data_dir is not None:
        if isinstance(error, NetworkTimeout):
            return StoreUnavailableError(
                "the embedded database at {shown} did not answer within {n:.0f} s: {diagnosis}",
                shown=shown,
                n=EMBEDDED_SOCKET_TIMEOUT,
                diagnosis=diagnosis(data_dir),
            )
        if isinstance(error, ConnectionFailure):
            return StoreUnavailableError(
                "the embedded database at {shown} does not answer: {diagnosis}",
                shown=shown,
                diagnosis=diagnosis(data_dir),
            )
        return StoreError(
            "the embedded database at {shown} failed: {message}; {diagnosis}",
            shown=shown,
            message=message,
            diagnosis=diagnosis(data_dir),
        )
    if _is_login_refusal(cause):
        return StoreRefusedError(
            "the database at {shown} refuses the login: check user, password and authSource in MONGO_URI", shown=shown
        )
    if isinstance(error, NetworkTimeout):
        return StoreUnavailableError(
            "the database at {shown} did not answer within {n:.0f} s: it is busy, or"
            " the line is slow (socketTimeoutMS in MONGO_URI gives it longer)",
            shown=shown,
            n=SOCKET_TIMEOUT,
        )
    if isinstance(error, ConnectionFailure):
        return StoreUnavailableError(
            "no database answers at {shown}: start it or correct MONGO_URI (without MONGO_URI"
            " kolcrawl uses its own embedded server)",
            shown=shown,
        )
    failed = Message(
        "the database at {shown} failed: {message}{remedy}", shown=shown, message=message, remedy=_remedy(cause)
    )
    return StoreUnavailableError(failed) if _passes(error, cause) else StoreError(failed)


def _remedy(cause: Cause) -> str:
    if cause.code == _UNAUTHORIZED:
        return Message("; give the database user the roles readWrite and dbAdmin on this database")
    if cause.code in _NO_SPACE or "quota" in cause.message.lower():
        return Message("; make room there, then crawl again: what is fetched meanwhile is kept in the spool")
    if cause.code in _SHARD_KEY or "shard key" in cause.message.lower():
        return Message("; shard each collection by a hashed _id, or not at all")
    return ""


def _passes(error: PyMongoError, cause: Cause) -> bool:
    """Tell whether the same question may be answered a moment later."""
    return isinstance(error, OperationFailure) and (
        cause.code in _PASSING_CODES or error.has_error_label("RetryableWriteError")
    )


def _is_login_refusal(cause: Cause) -> bool:
    """Tell a login that is wrong or missing from a right that the user lacks, which has the same code."""
    message = cause.message.lower()
    if cause.code == _UNAUTHORIZED:
        return "requires authentication" in message
    return cause.code == _AUTHENTICATION_FAILED or (cause.code == _ATLAS and "auth" in message)
