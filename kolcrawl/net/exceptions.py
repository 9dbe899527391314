"""Why a request was not made, or its answer not taken: the package's own exceptions.

Those that reach a spider's errback are `IgnoreRequest`s, so that nothing retries or logs them, and carry `reason`, the
stable code that is stored with the story.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import IgnoreRequest

if TYPE_CHECKING:
    from scrapy.http import Response


KEEP_PENDING = "keep_pending"
"""Set in the `meta` of a request that a middleware holds back: it was not made, and stays pending in the JOBDIR."""


class RefusedAddressError(IgnoreRequest):
    """The guard refuses to fetch this; `reason` is `private_address`, `bad_scheme` or `bad_url`."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class RobotsUnavailableError(IgnoreRequest):
    """A site's robots.txt cannot be had now (from `net.robots`); `reason` is why, e.g. `http_503` or `dns`."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"robots.txt cannot be had ({reason})")
        self.reason = reason


class SitePausedError(IgnoreRequest):
    """The host failed too often to be asked again in this crawl (from `net.politeness`)."""

    reason = "site_paused"


class BlockedError(IgnoreRequest):
    """The site shows robots a gate instead of the page, also when asked again (from `net.politeness`)."""

    reason = "blocked"

    def __init__(self, response: Response) -> None:
        super().__init__(f"the site refuses robots (status {response.status})")
        self.response = response


class GivenUpError(IgnoreRequest):
    """The frontier will not have this request made (from `net.guard`); `reason` is why, e.g. `crash`."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"given up ({reason})")
        self.reason = reason


class HostRestsError(Exception):
    """The host was told to rest after this request had been handed to the downloader (from `net.handler`).

    Never reaches a spider: the request goes back to the queue.
    """


class CrawlStopsError(Exception):
    """The crawl is being stopped, and this request was not made to its end, or its page not read.

    From `net.stopping` it never reaches a spider; from `crawl.parse_workers` it does. The request goes back to the
    queue either way.
    """


class IncompletePageError(IgnoreRequest):
    """The server broke off in the middle of the page, also when asked again (from `net.politeness`)."""

    reason = "incomplete"


class HeadersTooLargeError(Exception):
    """The server does not stop sending headers (from `net.handler`); found below a DownloadFailedError."""
