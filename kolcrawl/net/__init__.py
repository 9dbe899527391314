"""ROOM guarding: what may be fetched, how fast, how much of it, and why it was not.

Doors, all of them Scrapy components named in `NET_SETTINGS`, and one function:
- `guard.GuardMiddleware`, `handler.GuardedDownloadHandler`: no request leaves the public internet;
- `reasons.reason_of`: the stable code for what a request came to.

The room knows HTTP and Scrapy's downloader, and nothing of stories or of the database. A second database changes
nothing here; a hundredth site changes nothing either, unless it has a new way of refusing.
"""

from __future__ import annotations

from typing import Any

NET_SETTINGS: dict[str, Any] = {
    # --- safety: pages are hostile input
    # Every connection passes the address guard. Pages are fetched over http and https alone: file: would read this
    # machine's disk, and nobody needs ftp:, s3: or data: to follow news.
    "DOWNLOAD_HANDLERS": {
        "http": "kolcrawl.net.handler.GuardedDownloadHandler",
        "https": "kolcrawl.net.handler.GuardedDownloadHandler",
        "data": None,
        "file": None,
        "ftp": None,
        "s3": None,
    },
    "DOWNLOADER_MIDDLEWARES": {
        "kolcrawl.net.guard.GuardMiddleware": 20,  # before robots.txt (100), so that none is asked for in vain
        "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": None,  # the guard's middleware does it
        "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,  # a crawl must see what anybody sees
    },
    "ALLOWED_PRIVATE_HOSTS": [],  # the guard: hosts, host:port or networks that may be fetched though they are private
    "PROXY": None,  # the guard: URL of a proxy for all pages; http_proxy and https_proxy work as well
    "CONTACT": "",  # the guard: a URL or address in the user agent, for the owners of the sites
    # Scrapy trusts any certificate. A story kept as evidence must come from the site that it names.
    "DOWNLOAD_VERIFY_CERTIFICATES": True,
    "TELNETCONSOLE_ENABLED": False,  # both consoles run any Python that reaches them
    "REMOTE_CONTROL_ENABLED": False,
}
"""Scrapy settings of this room, each with its reason; `kolcrawl.settings` takes them over."""
