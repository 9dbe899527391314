"""Merging: when a fetch shows that two keys are one story. (Being written.)"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pymongo.database import Database

Document = dict[str, Any]


def survivors(db: Database[Document], keys: Iterable[str]) -> dict[str, str]:
    return {}


def merge_known(db: Database[Document], visit: Mapping[str, Any]) -> int:
    return 0


def settle_strays(db: Database[Document]) -> int:
    return 0
