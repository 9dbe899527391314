"""Scrapy settings of the project. Beside each value: who reads it, and why it is not Scrapy's default."""

from __future__ import annotations

import os
import sys

from kolcrawl import __version__

BOT_NAME = "kolcrawl"
SPIDER_MODULES = ["spiders"]
NEWSPIDER_MODULE = "spiders"
COMMANDS_MODULE = "kolcrawl.commands"

# --- where the network is stored (kolcrawl.config)
MONGO_URI = os.environ.get("MONGO_URI")  # None: the embedded server, on KOLCRAWL_DATA_DIR
MONGO_DATABASE = os.environ.get("MONGO_DATABASE", "kolcrawl")
KOLCRAWL_DATA_DIR = os.environ.get("KOLCRAWL_DATA_DIR", ".kolcrawl")

# --- the way of an item
ITEM_PIPELINES = {
    "pipelines.clean.CleanPipeline": 100,
    "pipelines.validate.ValidatePipeline": 200,
    "pipelines.dedupe.DedupePipeline": 300,
    "pipelines.store.StorePipeline": 800,
}
EXTENSIONS = {
    "kolcrawl.extensions.progress.Progress": 500,
    "kolcrawl.extensions.report.Report": 510,
    "scrapy.extensions.logstats.LogStats": None,  # Progress says more
}
# A page gives one item and its requests: one worker awaits the write, the other goes on with the requests.
# Scrapy's 100 workers a page cost a third of the engine's time.
CONCURRENT_ITEMS = 2

# --- politeness
USER_AGENT = f"kolcrawl/{__version__}"
ROBOTSTXT_OBEY = True
CONCURRENT_REQUESTS = 16
CONCURRENT_REQUESTS_PER_DOMAIN = 4  # Scrapy's 8 is much for one news site
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 0.25  # seconds; Scrapy's 5 is longer than most of our crawls
AUTOTHROTTLE_MAX_DELAY = 30.0
AUTOTHROTTLE_TARGET_CONCURRENCY = 2.0
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8,*;q=0.5",
}

# --- hostile or broken servers
DOWNLOAD_TIMEOUT = 30  # seconds; Scrapy's 180 lets one dead host hold a slot for minutes
DOWNLOAD_MAXSIZE = 12_000_000  # bytes; Scrapy's 1 GiB is an open door
DOWNLOAD_WARNSIZE = 0  # a large page is recorded as too_large, no second warning
RETRY_TIMES = 2
REDIRECT_MAX_TIMES = 8  # browsers' 20 serves login loops only
COOKIES_ENABLED = False  # a crawl must see what an anonymous reader sees, the same each time
TELNETCONSOLE_ENABLED = False  # both consoles run any code that reaches them
REMOTE_CONTROL_ENABLED = False

# --- the frontier
REQUEST_FINGERPRINTER_CLASS = "kolcrawl.frontier.fingerprinter.StoryFingerprinter"  # one story, one request
DEPTH_STATS_VERBOSE = False
REFERER_ENABLED = False  # which page led to a story is ours to know

# --- the terminal
# On a terminal the progress line and the report say what matters; INFO lines would scroll them away.
LOG_LEVEL = "WARNING" if sys.stderr.isatty() else "INFO"
LOG_VERSIONS = []
STATS_DUMP = False  # the report says it in words; -s STATS_DUMP=1 brings Scrapy's table back
DEFAULT_DROPITEM_LOG_LEVEL = "INFO"
