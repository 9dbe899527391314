"""ROOM scheduling: which crawl is due when, and on which Scrapyd node it is started, each exactly once.

    plan        schedules.toml, read and checked       times     due times, by interval or cron
    scheduler   one tick: what to start now            journal   what was started, on disk
    scrapyd     a node's API                           install   timers and crontab lines

Doors: `read_plan` and `Scheduler.tick`. The room knows neither Scrapy nor the database; `scheduler` knows no network
and no clock: nodes and the time are handed in, so that tests run a day in a second. A tenth node is a line in the
file; another kind of node is another class with the two methods of `scheduler.Node`.

Why no library does the scheduling: those there are keep timers, but whether a run was started is only known together
with the node's answer, and that is what must survive a kill. Cron expressions, with their daylight saving, are
cronsim's.
"""
