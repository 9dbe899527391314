"""Scrapy settings of the project. Beside each value: who reads it, and why it is not Scrapy's default."""

from __future__ import annotations

import os
import sys

from kolcrawl import __version__
from kolcrawl.frontier import FRONTIER_SETTINGS
from kolcrawl.net import NET_SETTINGS
from kolcrawl.system.logs import hush_start
from kolcrawl.system.shadowing import stop_if_shadowed

stop_if_shadowed()
hush_start()

# Safety, limits and politeness of downloads, each with its reason: kolcrawl/net/__init__.py.
globals().update(NET_SETTINGS)
# The frontier, on disk with JOBDIR: kolcrawl/frontier/__init__.py.
globals().update(FRONTIER_SETTINGS)

# numpy is used for small arrays; the threads that it starts for large ones take .1 s of a core before they rest.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

BOT_NAME = "kolcrawl"
SPIDER_MODULES = ["spiders"]
SPIDER_LOADER_WARN_ONLY = True  # a site's spider that cannot be imported must not stop every command
NEWSPIDER_MODULE = "spiders"
COMMANDS_MODULE = "kolcrawl.commands"

# --- where the network is stored (kolcrawl.config)
MONGO_URI = os.environ.get("MONGO_URI")  # None: the embedded server, on KOLCRAWL_DATA_DIR
MONGO_DATABASE = os.environ.get("MONGO_DATABASE", "kolcrawl")
KOLCRAWL_DATA_DIR = os.environ.get("KOLCRAWL_DATA_DIR", ".kolcrawl")

STORE_PATIENCE = 60.0  # seconds that a crawl waits for a database that fails, before it keeps its stories on disk
# When a story is due for another visit: as soon as a change has become as likely as REVISIT_CHANCE.
REVISIT_SHORTEST_HOURS = 1
REVISIT_LONGEST_HOURS = 24 * 60
REVISIT_CHANCE = 0.5

# --- the way of an item
ITEM_PIPELINES = {
    "pipelines.clean.CleanPipeline": 100,
    "pipelines.validate.ValidatePipeline": 200,
    "pipelines.fingerprint.DedupePipeline": 300,
    "pipelines.store.StorePipeline": 800,
}
EXTENSIONS = (
    NET_SETTINGS["EXTENSIONS"]
    | FRONTIER_SETTINGS["EXTENSIONS"]
    | {
        "kolcrawl.crawl.garbage_collection.RareGarbageCollection": 0,
        "kolcrawl.report.progress.Progress": 500,
        "kolcrawl.report.summary.Report": 510,
        "kolcrawl.notify.notifier.Notify": 520,
        "kolcrawl.report.metrics_extension.Metrics": 530,
        "scrapy.extensions.logstats.LogStats": None,  # Progress says more
    }
)
# A page gives one item and its requests: one worker awaits the write, the other goes on with the requests.
# Scrapy's 100 workers a page cost a third of the engine's time.
CONCURRENT_ITEMS = 2

# The spider: processes that read the pages beside the crawl's own; 0: it reads them itself. None: one where there are
# cores for the crawl, for it and for a database on this machine (docs/performance.md).
READ_PROCESSES = None
READ_SECONDS = 30.0  # the spider: that a reader may take for one page; 0: any time

# --- downloads
DOWNLOADER_MIDDLEWARES = NET_SETTINGS["DOWNLOADER_MIDDLEWARES"] | {
    "kolcrawl.crawl.budget.BudgetMiddleware": 10,  # before robots.txt: no site is bothered for pages beyond the budget
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

# --- being told (docs/scrapyd.md); secrets come from the environment, so that no job's command line shows them
KOLCRAWL_SCHEDULE = None  # notify, metrics: the schedule that started the crawl; `scrapy schedule` sets it
NOTIFY_WEBHOOK = os.environ.get("NOTIFY_WEBHOOK")  # sinks: URL that gets notices as JSON
NOTIFY_SECRET = os.environ.get("NOTIFY_SECRET")  # sinks: signs what the webhook gets
NOTIFY_MAIL = os.environ.get("NOTIFY_MAIL")  # sinks: addresses, separated by commas
NOTIFY_MAIL_FROM = os.environ.get("NOTIFY_MAIL_FROM")  # sinks: the sender; the first of NOTIFY_MAIL if unset
NOTIFY_SMTP = os.environ.get("NOTIFY_SMTP")  # sinks: smtps://name:password@host, smtp://host; unset: this machine
NOTIFY_COMMAND = os.environ.get("NOTIFY_COMMAND")  # sinks: gets the notice on its standard input
NOTIFY_ON = "crawl_failed,crawl_degraded,site_blocked,new_story,title_changed,story_gone"  # notify: which events
NOTIFY_ABOVE = 0.5  # notify: relevance, 0 to 1, from which a new story is told
NOTIFY_SECONDS = 20.0  # notify: the end of a crawl waits no longer for its sinks
METRICS_FOLDER = os.environ.get("METRICS_FOLDER")  # metrics: for the textfile collector of Prometheus; unset: none

# --- the terminal
# On a terminal the progress line and the report say what matters; INFO lines would scroll them away.
LOG_LEVEL = "WARNING" if sys.stderr.isatty() else "INFO"
LOG_FORMATTER = (
    "kolcrawl.system.logs.LogFormatter"  # Scrapy's own fifty lines at each start: only with an explicit level
)
LOG_VERSIONS: list[str] = []
STATS_DUMP = False  # the report says it in words; -s STATS_DUMP=1 brings Scrapy's table back
DEFAULT_DROPITEM_LOG_LEVEL = "INFO"
