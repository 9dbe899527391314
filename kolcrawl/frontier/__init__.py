"""The frontier: which requests are pending, which are in flight, and which were made before.

Entry points: `scheduler.FrontierScheduler`, with the notes of the spider (`crawler.engine.scheduler.notes`), and
`fingerprinter.StoryFingerprinter`. `queues` decides which request goes first, `request_store` keeps requests, and
`serialization` says in which form.

The package knows Scrapy's requests and one SQLite file. A frontier that many workers share needs another
`RequestStore` and another `HostQueues`: they are the two parts that would be elsewhere.
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
    # It unpickles a file of the JOBDIR, and writes it on a clean end only; the scheduler's `notes` are there instead.
    "EXTENSIONS": {"scrapy.extensions.spiderstate.SpiderState": None},
}
"""Scrapy settings of this package, each with its reason; `kolcrawl.settings` takes them over."""
