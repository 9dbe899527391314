"""ROOM sharing: which requests wait, which were made, which are owed.

Doors: `scheduler.FrontierScheduler`, with its notes for the spider (`crawler.engine.scheduler.state`), and
`fingerprinter.StoryFingerprinter`. `queues` decides what goes first, `store` what survives, `wire` in which form.

The room knows Scrapy's requests and one SQLite file. A frontier that many workers share is another `Store` and another
`HostQueues`: they are the two halves that would be somewhere else.
"""

from __future__ import annotations

from typing import Any

FRONTIER_SETTINGS: dict[str, Any] = {
    # Scrapy's own loses pages in silence when it is killed, and lets one slow host fill the downloader.
    "SCHEDULER": "kolcrawl.frontier.scheduler.FrontierScheduler",
    "REQUEST_FINGERPRINTER_CLASS": "kolcrawl.frontier.fingerprinter.StoryFingerprinter",  # one story, one request
    # Pages under way, from the request until the page is stored. Scrapy goes on fetching while the database is slow;
    # so many at most are fetched again after a kill. Three batches of the store's writer keep all parts busy.
    "FRONTIER_IN_HAND": 150,
    # It unpickles a file of the JOBDIR, and writes it on a clean end only; the scheduler's `state` is there instead.
    "EXTENSIONS": {"scrapy.extensions.spiderstate.SpiderState": None},
}
"""Scrapy settings of this room, each with its reason; `kolcrawl.settings` takes them over."""
