"""All settings of the project, Scrapy's and our own, each with the reason for its value.

Those with a type are ours; docs/settings.md is made of them (`python docs/make_settings.py`). Change one for a single
crawl by `-s NAME=value`; what is read from the environment here can be set there, too. Secrets come from the
environment alone, so that no job's command line shows them.
"""

from __future__ import annotations

import os
import sys

from kolcrawl import __version__
from kolcrawl.system.interrupts import quiet_interrupts
from kolcrawl.system.shadowing import BUNDLE

quiet_interrupts()  # the first of our code that `scrapy` loads; a second of loading is to come

# --- the project
BOT_NAME = "kolcrawl"
SPIDER_MODULES = [f"{BUNDLE}spiders"]
SPIDER_LOADER_WARN_ONLY = True  # a site's spider that cannot be imported must not stop every command
NEWSPIDER_MODULE = f"{BUNDLE}spiders"
COMMANDS_MODULE = "kolcrawl.commands"
ADDONS = {
    "kolcrawl.system.startup.ProjectAddon": 0,  # before spiders are loaded: is the code ours, and which log lines
    "kolcrawl.net.own_sites.OwnSitesAddon": 1,  # the user's own sites are not waited for
    "kolcrawl.frontier.shared.addon.FrontierAddon": 2,  # a frontier that workers share, where one is set
}

# --- where the network is stored
MONGO_URI: str | None = os.environ.get("MONGO_URI")  # MongoDB to use; None: the embedded server on KOLCRAWL_DATA_DIR
MONGO_DATABASE: str = os.environ.get("MONGO_DATABASE", "kolcrawl")  # name of the database
# Folder of the embedded server's data, of stories that could not be written yet, and of unsent notifications.
KOLCRAWL_DATA_DIR: str = os.environ.get("KOLCRAWL_DATA_DIR", ".kolcrawl")
EMBEDDED_IDLE_MINUTES: float = 60.0  # minutes without any client after which the embedded server ends; 0: never
EMBEDDED_CHANGE_STREAMS: bool = False  # whether the embedded server offers change streams: a tenth slower, more disk
STORE_PATIENCE: float = 60.0  # seconds that a crawl waits for a database that fails, before it gives it up

# --- when a story is due for another visit
REVISIT_SHORTEST_HOURS: float = 1  # least time between two visits
REVISIT_LONGEST_HOURS: float = 24 * 60  # longest time between two visits: 60 days
REVISIT_CHANCE: float = 0.5  # a story is due when it has changed with this probability, 0 to 1

# --- items and pages
ITEM_PIPELINES = {
    f"{BUNDLE}pipelines.clean.CleanPipeline": 100,
    f"{BUNDLE}pipelines.validate.ValidatePipeline": 200,
    f"{BUNDLE}pipelines.fingerprint.FingerprintPipeline": 300,
    f"{BUNDLE}pipelines.store.StorePipeline": 800,
}
# A page gives one item and its requests: one worker awaits the write, the other goes on with the requests.
# Scrapy's 100 workers a page cost a third of the engine's time.
CONCURRENT_ITEMS = 2
# Processes that read pages beside the crawl's own; 0: the crawl's own reads the ordinary ones, and a process that is
# started for them those that are large or take more than 2 s. None: one, where there are cores for the crawl, for it
# and for a database on this machine, and Scrapyd did not start the crawl (docs/performance.md).
READ_PROCESSES: int | None = None
READ_SECONDS: float = 30.0  # seconds that such a process may take for one page; 0 sets no limit

# --- the frontier
SCHEDULER = "kolcrawl.frontier.scheduler.FrontierScheduler"  # Scrapy's own loses pages in silence when it is killed
REQUEST_FINGERPRINTER_CLASS = "kolcrawl.frontier.fingerprinter.StoryFingerprinter"  # one story, one request
# Pages in flight at most, from the request until the page is stored. Scrapy goes on fetching while the database is
# slow; so many are fetched again after a kill. Three batches of the store's writer keep all parts busy.
FRONTIER_IN_HAND: int = 150
# URL of a Redis that holds one frontier for any number of workers (docs/scale.md); None: each crawl has its own.
FRONTIER_URL: str | None = os.environ.get("FRONTIER_URL")
FRONTIER_LEASE: float = 30.0  # seconds after which what a worker holds that says nothing more goes to others
FRONTIER_PATIENCE: float = 120.0  # seconds that a worker waits for a Redis that does not answer, before it stops
CONCURRENT_REQUESTS = 16

# --- safety: pages are hostile input
# Every connection passes the address guard. Pages are fetched over http and https alone: file: would read this
# machine's disk, and nobody needs ftp:, s3: or data: to follow news.
DOWNLOAD_HANDLERS = {
    "http": "kolcrawl.net.handler.GuardedDownloadHandler",
    "https": "kolcrawl.net.handler.GuardedDownloadHandler",
    "data": None,
    "file": None,
    "ftp": None,
    "s3": None,
}
DOWNLOADER_MIDDLEWARES = {
    "kolcrawl.crawl.budget.BudgetMiddleware": 10,  # before robots.txt: no site is bothered for pages beyond the budget
    "kolcrawl.net.guard.GuardMiddleware": 20,  # before robots.txt (100), so that none is requested in vain
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "kolcrawl.net.robots.RobotsMiddleware": 100,
    "scrapy.downloadermiddlewares.retry.RetryMiddleware": None,
    "scrapy.downloadermiddlewares.redirect.RedirectMiddleware": None,
    "kolcrawl.net.page_redirects.LocationMiddleware": 600,  # in its place: addresses with slips, as browsers take them
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware": None,
    "kolcrawl.net.page_redirects.PageRedirectMiddleware": 580,  # in its place: scripts, headers and stubs as well
    "kolcrawl.net.politeness.PolitenessMiddleware": 550,  # after redirects (600) and decompression (590)
    "scrapy.downloadermiddlewares.useragent.UserAgentMiddleware": None,  # the guard's middleware sets it
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware": None,  # a crawl must see what anybody sees
}
ALLOWED_PRIVATE_HOSTS: list[str] = []  # hosts, host:port or networks that are fetched though they are private
PROXY: str | None = None  # URL of a proxy for all pages; http_proxy and https_proxy in the environment work as well
TELNETCONSOLE_ENABLED = False  # the telnet console runs any Python that reaches it
REMOTE_CONTROL_ENABLED = False  # so does remote control
COOKIES_ENABLED = False  # a crawl must see what an anonymous reader sees, the same each time
REFERRER_POLICY = "no-referrer"  # which page led to a story is ours to know
# News sites with incomplete certificate chains are common, and proxies that replay or archive use their own.
DOWNLOAD_VERIFY_CERTIFICATES = False

# --- limits of one download
DOWNLOAD_MAXSIZE = 12_000_000  # bytes, as sent and decompressed; Scrapy's 1 GiB is an open door
DOWNLOAD_WARNSIZE = 0  # a large page is recorded as too_large; no second warning
DOWNLOAD_FAIL_ON_DATALOSS = False  # whole pages come under a wrong length, too; PolitenessMiddleware looks for the end
DOWNLOAD_TIMEOUT = 30  # seconds from connecting to the last byte, so it ends slow bodies too; Scrapy: 180
STOP_SECONDS: float = 5.0  # seconds that pages under way get when the crawl is stopped; a JOBDIR keeps what is missing
DNS_TIMEOUT = 15  # seconds; Scrapy's 60 are longer than the whole request may take
REDIRECT_MAX_TIMES = 8  # browsers' 20 serve login loops only
METAREFRESH_MAXDELAY = 5  # seconds; after longer ones only pages without a text of their own are left
URLLENGTH_LIMIT = 2083  # characters; checked by the guard, so that a longer URL fails with a reason; redirects too
SPIDER_MIDDLEWARES = {
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware": None,  # would drop longer URLs in silence
}

# --- politeness
USER_AGENT = f"kolcrawl/{__version__}"
CONTACT: str = os.environ.get(
    "CONTACT", ""
)  # a URL or address that is added to the user agent, for the owners of the sites
DEFAULT_REQUEST_HEADERS = {
    "Accept": "text/html,application/xhtml+xml;q=0.9,*/*;q=0.5",
    "Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8,*;q=0.5",
}
ROBOTSTXT_OBEY = True
CRAWL_DELAY_MAX: float = 120.0  # seconds; a robots.txt that asks for a longer crawl delay gets this
DOWNLOAD_DELAY = 1  # seconds between two requests to a host, as Scrapy's template for projects has it
DOWNLOAD_DELAY_JITTER = 0  # that long at least, not on average
AUTOTHROTTLE_ENABLED = True  # longer where a host is slow
AUTOTHROTTLE_START_DELAY = 1
AUTOTHROTTLE_MAX_DELAY = 30.0
AUTOTHROTTLE_TARGET_CONCURRENCY = 2.0  # requests that a site works on at once, on average
CONCURRENT_REQUESTS_PER_DOMAIN = 2  # Scrapy's 8 is much for one news site
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "INFO"  # the failed story says so; Scrapy: ERROR
SITE_BACKOFF: float = 5.0  # seconds of rest after a 429, a 503 or a block page, doubled each time it comes again
SITE_BACKOFF_MAX: float = 300.0  # seconds; a site that asks by Retry-After for more is left alone in this crawl
SITE_FAILURES: int = 6  # failed pages in a row after which a site is paused
SITE_PAUSE: float = 30.0  # seconds until a paused site gets one request as a probe, doubled after each that fails
SITE_PROBES: int = 3  # failed probes after which the site is left alone; its requests fail as site_paused

# --- reports, notifications, metrics
EXTENSIONS = {
    "kolcrawl.crawl.garbage_collection.RareGarbageCollection": 0,
    "kolcrawl.net.limits.ContentTypeGate": 500,
    "kolcrawl.report.progress.Progress": 500,
    "kolcrawl.report.summary.Report": 510,
    "kolcrawl.notify.notifier.Notifier": 520,
    "kolcrawl.report.metrics_extension.Metrics": 530,
    "scrapy.extensions.logstats.LogStats": None,  # Progress says more
    # It unpickles a file of the JOBDIR, and writes it on a clean end only; the scheduler's `notes` are there instead.
    "scrapy.extensions.spiderstate.SpiderState": None,
}
REPORT_ENABLED: bool = True  # print what was found, and what to do next, at the end of a crawl
PROGRESS_LOG_SECONDS: float = 30.0  # seconds between two progress lines in a log; 0: none. A terminal has a live line
METRICS_FOLDER: str | None = os.environ.get("METRICS_FOLDER")  # for the textfile collector of Prometheus; None: none
KOLCRAWL_SCHEDULE: str | None = None  # name of the schedule that started the crawl; `scrapy schedule` sets it
NOTIFY_WEBHOOK: str | None = os.environ.get("NOTIFY_WEBHOOK")  # URL that gets notifications as JSON
NOTIFY_SECRET: str | None = os.environ.get("NOTIFY_SECRET")  # whsec_... signs what the webhook gets
NOTIFY_MAIL: str | None = os.environ.get("NOTIFY_MAIL")  # mail addresses that get notifications, separated by commas
NOTIFY_MAIL_FROM: str | None = os.environ.get("NOTIFY_MAIL_FROM")  # the sender; None: the first of NOTIFY_MAIL
NOTIFY_SMTP: str | None = os.environ.get("NOTIFY_SMTP")  # smtps://name:password@host or smtp://host; None: this machine
NOTIFY_COMMAND: str | None = os.environ.get("NOTIFY_COMMAND")  # command that gets a notification on standard input
# Events that are notified, separated by commas.
NOTIFY_ON: str = "crawl_failed,crawl_degraded,site_blocked,new_story,title_changed,story_gone"
NOTIFY_ABOVE: float = 0.5  # relevance, 0 to 1, from which a new story is notified
NOTIFY_SECONDS: float = 20.0  # seconds that the end of a crawl waits for notifications to be sent

# --- the terminal and the log
# Language of messages: en or zh; None: that of the locale. Files, of logs too, and the database are in English.
KOLCRAWL_LANG: str | None = os.environ.get("KOLCRAWL_LANG")
# On a terminal the progress line and the report say what matters; INFO lines would scroll them away.
LOG_LEVEL = "WARNING" if sys.stderr.isatty() else "INFO"
LOG_FORMATTER = "kolcrawl.system.logs.LogFormatter"  # Scrapy's own fifty lines at each start: with a level given only
LOG_VERSIONS: list[str] = []
STATS_DUMP = False  # the report says it in words; -s STATS_DUMP=1 brings Scrapy's table back
DEPTH_STATS_VERBOSE = False
DEFAULT_DROPITEM_LOG_LEVEL = "INFO"
