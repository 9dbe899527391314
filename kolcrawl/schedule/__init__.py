"""Schedules: which crawl is due when, and on which Scrapyd node it is started, each run exactly once.

    plan          schedules.toml, read and checked    fields   the types of its fields
    due_times     due times, by interval or cron      cron     cron expressions
    dispatch      one tick: what to start now         journal  what was started, on disk
    scrapyd_node  the API of a node                   loop     ticks until the process is stopped
    install       crontab line and systemd units

Entry points: `read_plan` and `Scheduler.tick`. The package knows neither Scrapy nor the database. `dispatch` knows no
network and no clock: nodes and the time are passed to it, so tests run a day in a second. A tenth node is a line in
the file; another kind of node is a class with the two methods of `dispatch.Node`.

No library schedules the runs, since those that there are keep timers, while a run counts as started only when its node
has answered, and that must survive a kill.
"""
