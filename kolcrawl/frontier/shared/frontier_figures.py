"""What a worker tells of itself, and what it is told of the crawl: `FrontierFigures`."""

from __future__ import annotations

import json
import os
import socket
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from scrapy.statscollectors import StatsCollector


class FrontierFigures(NamedTuple):
    """Figures of a crawl, over all workers."""

    leased: int = 0
    workers: int = 0
    dead: int = 0
    spent: int = 0
    """Pages that the budget was spent on."""
    seeds_noted: int = 0
    oldest_lease: int = 0
    """Milliseconds since the lease was renewed that was renewed longest ago; 0 without leases."""
    acknowledged: int = 0
    """Requests that were processed."""
    expired: int = 0
    """Leases that have run out."""
    hosts: int = 0
    """Hosts of which something waits or is leased, and a few that have just given their last."""

    def publish(self, stats: StatsCollector) -> None:
        """Set the statistics `frontier/NAME`, which the progress line and the metrics show."""
        for name, value in self._asdict().items():
            stats.set_value(f"frontier/{name}", value / 1000 if name == "oldest_lease" else value)


def about_this_worker() -> str:
    """Return what `scrapy frontier` shows of this process, as JSON."""
    return json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "since": round(time.time())})
