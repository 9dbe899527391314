"""What a site teaches while it is crawled."""

from __future__ import annotations


class SiteMemory:
    """Blocks seen on earlier pages, by host, within a bound."""
