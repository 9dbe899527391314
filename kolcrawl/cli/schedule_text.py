"""The text of `scrapy schedule list` and `scrapy schedule check`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from kolcrawl.crawl.story_spider import StorySpider
from kolcrawl.errors import ConfigError, KolcrawlError
from kolcrawl.locale import clock, tr, translate_stored, word, zone_name
from kolcrawl.schedule.dispatch import STORED_WHYS
from kolcrawl.schedule.due_times import due_after
from kolcrawl.schedule.scrapyd_node import ScrapydNode
from kolcrawl.system.http_client import ServiceError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scrapy.spiderloader import SpiderLoaderProtocol

    from kolcrawl.schedule.journal import Journal
    from kolcrawl.schedule.plan import NodeAddress, Plan, Schedule

LATEST_RUNS = 3
"""Runs of a schedule that are shown."""


def schedule_lines(plan: Plan, journal: Journal) -> Iterator[str]:
    """Write each schedule with its next due time and its latest runs."""
    for schedule in plan.schedules:
        due = next(due_after(schedule, datetime.now(UTC)))
        yield tr(
            "{name}: {spider}, {when}, next due {time} {zone}",
            name=schedule.name, spider=schedule.spider, when=schedule.when, time=clock(due), zone=zone_name(),
        )  # fmt: skip
        for run in journal.runs(schedule.name)[-LATEST_RUNS:]:
            line = f"{run.job} {word(run.state)}"
            if run.node:
                line = tr("{line} on {node}", line=line, node=run.node)
            if run.why:
                line = tr("{line} ({why})", line=line, why=translate_stored(run.why, STORED_WHYS))
            yield f"  {line}"


def check_schedule(schedule: Schedule, loader: SpiderLoaderProtocol) -> str:
    """Check that a schedule's spider exists and takes its arguments.

    Returns: a line that says so.

    Raises:
        ConfigError: there is no such spider, or an argument cannot be used.
    """
    if schedule.spider not in loader.list():
        known = ", ".join(sorted(loader.list()))
        raise ConfigError(
            "schedule {name}: there is no spider {spider!r}; there are {known}",
            name=schedule.name,
            spider=schedule.spider,
            known=known,
        )
    spider = loader.load(schedule.spider)
    if issubclass(spider, StorySpider):
        try:
            spider.read_args(schedule.args)
        except KolcrawlError as error:
            raise ConfigError("schedule {name}: {error}", name=schedule.name, error=error) from None
    return tr("{name}: good", name=schedule.name)


def check_node(address: NodeAddress, plan: Plan) -> str:
    """Check that a node answers and has the spiders of the schedules.

    Returns: a line with the number of its jobs.

    Raises:
        ServiceError: it does not answer, or lacks a spider.
    """
    node = ScrapydNode(address)
    jobs = node.jobs()
    for project in sorted({schedule.project for schedule in plan.schedules}):
        needed = {schedule.spider for schedule in plan.schedules if schedule.project == project}
        if missing := needed - set(node.spiders(project)):
            raise ServiceError(
                "{url}: its {project} has no spider {spider!r}; deploy it there again",
                url=node.url, project=project, spider=min(missing), status=200,
            )  # fmt: skip
    return tr(
        "{url}: up, {running} running, {pending} pending",
        url=node.url, running=len(jobs.running), pending=len(jobs.pending),
    )  # fmt: skip
