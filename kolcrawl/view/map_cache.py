"""Maps kept on disk by what they are made of: the same links give the same map, so it is laid out once."""

from __future__ import annotations

import hashlib
import io
import logging
from typing import TYPE_CHECKING

import numpy as np

from kolcrawl.layout.map_layout import MapLayout
from kolcrawl.locale import os_reason
from kolcrawl.system.files import write_atomically
from kolcrawl.view.network_rows import FILE_DAMAGE

if TYPE_CHECKING:
    from pathlib import Path

    from kolcrawl.layout.forces import Array

logger = logging.getLogger(__name__)

MAP_FORMAT = 2
"""Raised when maps are laid out in another way."""
MAX_MAPS = 24
"""Maps that are kept; those written longest ago are removed."""


def map_file(folder: Path, count: int, source: Array, target: Array) -> Path:
    """Name the file of the map of `count` nodes and the links between them."""
    digest = hashlib.sha256(f"{MAP_FORMAT} {count}".encode())
    digest.update(source.astype(np.int64).tobytes())
    digest.update(target.astype(np.int64).tobytes())
    return folder / f"{digest.hexdigest()[:32]}.map.npz"


def load_map(file: Path, count: int) -> MapLayout | None:
    """Read a map; None where there is none that can be read."""
    if not file.exists():
        return None
    try:
        with file.open("rb") as opened, np.load(opened, allow_pickle=False) as held:
            layout = MapLayout(x=held["x"], y=held["y"], island=held["island"], centres=held["centres"])
    except FILE_DAMAGE as error:
        logger.warning("%s is damaged and is written anew: %s", file, error)
        return None
    return layout if len(layout.x) == count else None


def save_map(file: Path, layout: MapLayout) -> None:
    """Keep a map, and remove the oldest ones beyond `MAX_MAPS`."""
    buffer = io.BytesIO()
    np.savez(buffer, x=layout.x, y=layout.y, island=layout.island, centres=layout.centres)
    try:
        write_atomically(file, buffer.getvalue())
        maps = sorted(file.parent.glob("*.map.npz"), key=lambda path: path.stat().st_mtime)
        for old in maps[:-MAX_MAPS]:
            old.unlink(missing_ok=True)
    except OSError as error:
        logger.warning("%s cannot be written, so the map is laid out again the next time: %s", file, os_reason(error))
