"""ROOM guarding: what may be fetched, how fast, how much of it, and why it was not.

Doors, all of them Scrapy components named in `NET_SETTINGS`, and one function:
- `guard.GuardMiddleware`, `handler.GuardedDownloadHandler`: no request leaves the public internet;
- `robots.RobotsMiddleware`, `politeness.PolitenessMiddleware`: sites are asked as they wish, and left alone when they
  fail; `sites.Sites` remembers how each takes it;
- `limits.ContentTypeGate`: what is no page is not fetched to its end;
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
        "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
        "kolcrawl.net.robots.RobotsMiddleware": 100,
        "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
        # After redirects are followed (600) and bodies are decompressed (590).
        "kolcrawl.net.politeness.PolitenessMiddleware": 550,
        "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": None,  # the guard's middleware does it
        "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,  # a crawl must see what anybody sees
    },
    "EXTENSIONS": {"kolcrawl.net.limits.ContentTypeGate": 500},
    "ALLOWED_PRIVATE_HOSTS": [],  # the guard: hosts, host:port or networks that may be fetched though they are private
    "PROXY": None,  # the guard: URL of a proxy for all pages; http_proxy and https_proxy work as well
    "CONTACT": "",  # the guard: a URL or address in the user agent, for the owners of the sites
    "TELNETCONSOLE_ENABLED": False,  # both consoles run any Python that reaches them
    "REMOTE_CONTROL_ENABLED": False,
    # --- limits
    "DOWNLOAD_MAXSIZE": 12_000_000,  # bytes, as sent and decompressed; Scrapy's 1 GiB is an open door
    "DOWNLOAD_WARNSIZE": 0,  # a large page is recorded as too_large; no second warning
    "DOWNLOAD_TIMEOUT": 30,  # seconds from connecting to the last byte, so it ends slow bodies too; Scrapy: 180
    "DNS_TIMEOUT": 15,  # seconds; Scrapy's 60 are longer than the whole request may take
    "REDIRECT_MAX_TIMES": 8,  # browsers' 20 serve login loops only
    "URLLENGTH_LIMIT": 2083,  # the guard, so that a longer one fails with a reason; also for redirects
    "SPIDER_MIDDLEWARES": {"scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None},  # would drop in silence
    # --- politeness
    "ROBOTSTXT_OBEY": True,
    "CRAWL_DELAY_MAX": 120.0,  # seconds; robots.txt files that ask for more get this
    "AUTOTHROTTLE_ENABLED": True,
    "AUTOTHROTTLE_START_DELAY": 0.25,  # seconds; Scrapy's 5 is longer than most of our crawls
    "AUTOTHROTTLE_MAX_DELAY": 30.0,
    "AUTOTHROTTLE_TARGET_CONCURRENCY": 2.0,  # requests that a site works on at once, on average
    "CONCURRENT_REQUESTS_PER_DOMAIN": 4,  # Scrapy's 8 is much for one news site
    "RETRY_TIMES": 2,
    "RETRY_GIVE_UP_LOG_LEVEL": "INFO",  # the failed story says so; Scrapy: ERROR
    "SITE_BACKOFF": 5.0,  # seconds of rest after a 429, a 503 or a block page, doubled each time it comes again
    "SITE_BACKOFF_MAX": 300.0,  # seconds; a site that asks by Retry-After for more is left alone in this crawl
    "SITE_FAILURES": 6,  # failed pages in a row after which a site is paused
    "SITE_PAUSE": 30.0,  # seconds until a paused site gets one request as a probe, doubled after each that fails
    "SITE_PROBES": 3,  # failed probes after which the site is left alone; its requests fail as site_paused
}
"""Scrapy settings of this room, each with its reason; `kolcrawl.settings` takes them over."""
