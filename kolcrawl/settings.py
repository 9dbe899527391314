"""Scrapy settings of the project. Beside each value: who reads it, and why it is not Scrapy's default."""

from __future__ import annotations

import os
import sys

from kolcrawl import __version__
from kolcrawl.frontier import FRONTIER_SETTINGS
from kolcrawl.net import NET_SETTINGS
from kolcrawl.shadow import stop_if_shadowed

stop_if_shadowed()

# Safety, limits and politeness of downloads, each with its reason: kolcrawl/net/__init__.py.
globals().update(NET_SETTINGS)
# The frontier, on disk with JOBDIR: kolcrawl/frontier/__init__.py.
globals().update(FRONTIER_SETTINGS)

BOT_NAME = "kolcrawl"
SPIDER_MODULES = ["spiders"]
SPIDER_LOADER_WARN_ONLY = True  # a site's spider that cannot be imported must not stop every command
NEWSPIDER_MODULE = "spiders"
COMMANDS_MODULE = "kolcrawl.commands"

# --- where the network is stored (kolcrawl.config)
MONGO_URI = os.environ.get("MONGO_URI")  # None: the embedded server, on KOLCRAWL_DATA_DIR
MONGO_DATABASE = os.environ.get("MONGO_DATABASE", "kolcrawl")
KOLCRAWL_DATA_DIR = os.environ.get("KOLCRAWL_DATA_DIR", ".kolcrawl")

# When a story is due for another visit: as soon as a change has become as likely as REVISIT_CHANCE.
REVISIT_SHORTEST_HOURS = 1
REVISIT_LONGEST_HOURS = 24 * 60
REVISIT_CHANCE = 0.5

# --- the way of an item
ITEM_PIPELINES = {
    "pipelines.clean.CleanPipeline": 100,
    "pipelines.validate.ValidatePipeline": 200,
    "pipelines.dedupe.DedupePipeline": 300,
    "pipelines.store.StorePipeline": 800,
}
EXTENSIONS = NET_SETTINGS["EXTENSIONS"] | FRONTIER_SETTINGS["EXTENSIONS"] | {
    "kolcrawl.extensions.progress.Progress": 500,
    "kolcrawl.extensions.report.Report": 510,
    "scrapy.extensions.logstats.LogStats": None,  # Progress says more
}
# A page gives one item and its requests: one worker awaits the write, the other goes on with the requests.
# Scrapy's 100 workers a page cost a third of the engine's time.
CONCURRENT_ITEMS = 2

# --- downloads
DOWNLOADER_MIDDLEWARES = NET_SETTINGS["DOWNLOADER_MIDDLEWARES"] | {
    "kolcrawl.budget.BudgetMiddleware": 10,  # before robots.txt: no site is bothered for pages beyond the budget
}
# News sites with incomplete certificate chains are common, and proxies that replay or archive use their own.
DOWNLOAD_VERIFY_CERTIFICATES = False
METAREFRESH_MAXDELAY = 5  # seconds; longer ones are pages that reload themselves before a reader
CONCURRENT_REQUESTS = 16
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8,*;q=0.5",
}
COOKIES_ENABLED = False  # a crawl must see what an anonymous reader sees, the same each time
USER_AGENT = f"kolcrawl/{__version__}"

# --- the rest
DEPTH_STATS_VERBOSE = False
REFERRER_POLICY = "no-referrer"  # which page led to a story is ours to know

# --- the terminal
# On a terminal the progress line and the report say what matters; INFO lines would scroll them away.
LOG_LEVEL = "WARNING" if sys.stderr.isatty() else "INFO"
LOG_VERSIONS = []
STATS_DUMP = False  # the report says it in words; -s STATS_DUMP=1 brings Scrapy's table back
DEFAULT_DROPITEM_LOG_LEVEL = "INFO"
