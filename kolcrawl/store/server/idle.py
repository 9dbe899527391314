"""Ending the embedded server when nobody has used it for a while: a small process beside it.

`embedded` starts it with each server (`WATCH_PROGRAM`). It looks twice a minute whether any client is connected, and
goes when its server does. Should it be killed, its server stays until `scrapy mongo --stop`.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Final

from kolcrawl.store.server import embedded
from kolcrawl.system.processes import has_clients, wait_for_end

IDLE_LOOK_SECONDS: Final = 30.0
"""Seconds between two looks for clients."""


def end_when_idle(data_dir: Path, pid: int, minutes: float, look_seconds: float = IDLE_LOOK_SECONDS) -> bool:
    """Wait until a server has had no client for some minutes, then end it in good order.

    Args:
        data_dir: its folder.
        pid: its process number.
        minutes: how long nobody must have been connected.
        look_seconds: seconds between two looks.

    Returns: True if it was ended here; False if it went by itself.
    """
    used = time.monotonic()
    while not wait_for_end(pid, look_seconds):
        if has_clients(pid):
            used = time.monotonic()
        elif time.monotonic() - used >= 60 * minutes:
            return embedded.stop(data_dir, unless=lambda: has_clients(pid))
    return False


def main() -> None:
    """Watch over the server that the arguments name."""
    folder, pid, minutes = sys.argv[-3:]
    while not end_when_idle(Path(folder), int(pid), float(minutes)) and not wait_for_end(int(pid), 0):
        pass  # a client came at the last moment
