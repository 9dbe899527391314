"""One story, one request: the dupefilter compares story keys, not URLs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.utils.request import fingerprint

if TYPE_CHECKING:
    from scrapy import Request


class StoryFingerprinter:
    """Reads the story key that the spider puts into `request.meta["story"]`.

    A redirected request keeps the meta of the first one, but must not count as a repetition of it: it goes by
    its URL, as requests without a key do (robots.txt).
    """

    def fingerprint(self, request: Request) -> bytes:
        """16 or 20 bytes that are equal for two requests of one story."""
        key = request.meta.get("story")
        if key and "redirect_times" not in request.meta:
            return bytes.fromhex(key)
        return fingerprint(request)
