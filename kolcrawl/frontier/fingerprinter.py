"""One story, one request: the dupefilter compares story keys, not URLs."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from scrapy.utils.request import fingerprint

if TYPE_CHECKING:
    from scrapy import Request


class StoryFingerprinter:
    """Fingerprints requests by the story key that the spider puts into `request.meta["story"]`.

    A redirected request keeps the meta of the first one, but must not count as a repetition of it: its fingerprint is
    that of its URL, as for requests without a key (robots.txt).
    """

    def fingerprint(self, request: Request) -> bytes:
        """Return 16 or 20 bytes, which are equal for two requests of one story."""
        key = request.meta.get("story")
        if key and "redirect_times" not in request.meta:
            with suppress(ValueError, TypeError):  # damaged in the JOBDIR
                return bytes.fromhex(key)
        return fingerprint(request)
