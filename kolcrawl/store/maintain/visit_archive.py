"""Files of visits that are to be removed: gzip, one JSON object a line (MongoDB's Extended JSON), whole or not at all.

The first line says what is in it, then the visits follow story by story; the last line says how many they are.
"""

from __future__ import annotations

import gzip
import os
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from bson import json_util

from kolcrawl.errors import StoreError
from kolcrawl.store.bulk import chunks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from pymongo.database import Database

    from kolcrawl.store.bson_types import Document

_CONTENT: Final = "kolcrawl visits"


def write_archive(path: Path, db: Database[Document], before: datetime, going: Iterable[Sequence[str]]) -> None:
    """Write visits to a file, unless it has been written before.

    Args:
        path: the file.
        db: the database.
        before: all of them are from before this moment.
        going: ids of the visits, story by story.

    Raises:
        StoreError: the file is there and has other visits.
        OSError: it cannot be written.
    """
    head = {"content": _CONTENT, "database": db.name, "before": before.isoformat()}
    if path.exists():
        if _head(path) != head:
            raise StoreError("{path} is no archive of this database and moment: name another file", path=path)
        return
    unfinished = path.with_name(path.name + ".part")
    with unfinished.open("wb") as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb") as file:
            count = 0
            file.write(_line(head))
            for names in going:
                for chunk in chunks(names):
                    for visit in db["visits"].find({"_id": {"$in": chunk}}):
                        file.write(_line(visit))
                        count += 1
            file.write(_line({"visits": count}))
        raw.flush()
        os.fsync(raw.fileno())
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def archived_visits(path: Path) -> Iterator[tuple[str, list[str]]]:
    """Yield the stories in an archive, each with the ids of its visits."""
    for key, visits in groupby(_visits(path), key=lambda visit: visit["story"]):
        yield key, [visit["_id"] for visit in visits]


def _visits(path: Path) -> Iterator[Any]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json_util.loads(line)
            if "story" in row:
                yield row


def _head(path: Path) -> Any:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            head = json_util.loads(lines.readline())
    except (OSError, EOFError, ValueError):
        return None
    return head if isinstance(head, dict) else None


def _line(document: Document) -> bytes:
    return json_util.dumps(document, ensure_ascii=False).encode() + b"\n"
