"""Do not fetch what is no page: the answer's headers are enough to tell.

Entry point: `ContentTypeGate` (EXTENSIONS). A link to a film or an archive is given up when its headers have
come, with the reason `not_html`. Sizes and times are bounded by settings (`kolcrawl.settings`), the head of an answer
by `kolcrawl.net.handler`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from scrapy import signals
from scrapy.exceptions import StopDownload

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.http import Headers

# What is surely no page. Servers that call everything application/octet-stream do exist, so that is let through.
_NO_PAGE = re.compile(
    rb"\s*(?:audio|font|image|model|video)/|\s*application/"
    rb"(?:epub|gzip|java-archive|msword|pdf|postscript|vnd\.(?!wap)|x-(?:7z|bzip|gzip|mpegurl|rar|shockwave|tar|zip)|zip)",
    re.IGNORECASE,
)


class ContentTypeGate:
    """Stops downloads whose Content-Type is no page's."""

    def __init__(self, crawler: Crawler) -> None:
        self._stats = crawler.stats
        crawler.signals.connect(self.headers_received, signals.headers_received)

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(crawler)

    def headers_received(self, headers: Headers) -> None:
        """Look at the headers of an answer.

        Raises:
            StopDownload: the body is not wanted.
        """
        if _NO_PAGE.match(headers.get(b"Content-Type") or b""):
            self._stats.inc_value("limits/not_html")
            raise StopDownload(fail=True)
