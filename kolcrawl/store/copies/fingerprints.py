"""The collection `fingerprints`: by what stories are recognised as copies, one document for each version that is shown.

It is apart from `stories` because an update of a document writes all its index entries anew on the embedded server, and
a fingerprint has one for each of its 42 bands: a story is updated some four times, its fingerprint is written once.

A fingerprint follows from the text that its story shows, and names that version (`content_hash`). So it needs no order
of writing: whoever finds the two to differ writes the fingerprint anew, only if it is still the one that was read, and
looks again. A process that dies in between leaves visits with log entries, whose story is looked at again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from bson import Int64
from pymongo import DeleteOne, InsertOne, UpdateOne

from kolcrawl.store.bulk import bulk_write, chunks
from kolcrawl.store.schema import SCHEMA
from kolcrawl.story.fingerprint import SIGNATURE_BYTES, bands_of, signature_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document
    from kolcrawl.store.bulk import Operation

MAX_FINGERPRINT_ROUNDS: Final = 10
"""Times that fingerprints are compared with their stories; the second finds them equal, unless others write, too."""

Signatures = dict[str, bytes | None]
"""Signatures by content hash; None for a text that is too short to judge."""


def write_fingerprints(db: Database[Document], keys: Collection[str], known: Mapping[str, bytes | None]) -> None:
    """Write the fingerprints of some stories that are not those of what the stories show.

    Args:
        db: the database.
        keys: of the stories; a merged story, and one that is not stored or was not read, has no fingerprint.
        known: signatures by content hash; others are made from the stored texts.
    """
    for _ in range(MAX_FINGERPRINT_ROUNDS):
        shown = _shown_versions(db, keys)
        stored = {row["_id"]: row for row in find_fingerprints(db, keys, ["content_hash"])}
        differing = [key for key in keys if shown.get(key) != stored.get(key, {}).get("content_hash")]
        if not differing:
            return
        made = dict(known) | _made_from_texts(db, {key: shown[key] for key in differing if key in shown}, known)
        operations: list[Operation] = []
        for key in differing:
            version, before = shown.get(key), stored.get(key)
            if version is None:
                operations.append(DeleteOne({"_id": key, "content_hash": stored[key]["content_hash"]}))
            elif version in made:  # else it is shown no more
                operations.append(_write(key, version, made[version], before))
        refused = bulk_write(db["fingerprints"], operations)
        if not refused and all(isinstance(operation, InsertOne) for operation in operations):
            return  # whoever changes a story in between finds what was inserted


def find_fingerprints(db: Database[Document], keys: Iterable[str], fields: Collection[str]) -> list[Document]:
    """Read some fields of the fingerprints of stories."""
    return [row for chunk in chunks(keys) for row in db["fingerprints"].find({"_id": {"$in": chunk}}, list(fields))]


def is_signed(fingerprint: Mapping[str, Any]) -> bool:
    """Return whether a fingerprint has a signature of this scheme: one of another cannot be compared."""
    return len(fingerprint.get("signature") or b"") == SIGNATURE_BYTES


def fingerprint_document(key: str, version: str, signature: bytes | None) -> Document:
    """Return the fingerprint of a story.

    Args:
        key: of the story.
        version: its content hash.
        signature: of its text; None where that is too short to judge.
    """
    return {
        "_id": key,
        "schema": SCHEMA,
        "content_hash": version,
        "signature": signature,
        "bands": [Int64(band) for band in bands_of(signature)] if signature else [],
    }


def _write(key: str, version: str, signature: bytes | None, before: Document | None) -> Operation:
    document = fingerprint_document(key, version, signature)
    if before is None:
        return InsertOne(document)
    changed = {name: document[name] for name in ("content_hash", "signature", "bands")}
    return UpdateOne({"_id": key, "content_hash": before["content_hash"]}, {"$set": changed})


def _shown_versions(db: Database[Document], keys: Iterable[str]) -> dict[str, str]:
    """Read the content hashes of stories that show something."""
    shown = {}
    for chunk in chunks(keys):
        for story in db["stories"].find({"_id": {"$in": chunk}}, ["content_hash", "status"]):
            if story["status"] != "merged" and story["content_hash"]:
                shown[story["_id"]] = story["content_hash"]
    return shown


def _made_from_texts(db: Database[Document], wanted: Mapping[str, str], known: Collection[str]) -> Signatures:
    made: Signatures = {}
    unknown = [key for key, version in wanted.items() if version not in known]
    for chunk in chunks(unknown):
        for story in db["stories"].find({"_id": {"$in": chunk}}, ["content_hash", "text"]):
            made[story["content_hash"]] = signature_of(story["text"] or "")
    return made
