"""`scrapy schedule`: crawls that come again and again, on one or several Scrapyd nodes."""

from __future__ import annotations

import getpass
import signal
import sqlite3
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.commands import ScrapyCommand
from scrapy.exceptions import UsageError
from scrapy.spiderloader import get_spider_loader

from kolcrawl.config import Config
from kolcrawl.errors import ConfigError, KolcrawlError
from kolcrawl.spider import StorySpider

if TYPE_CHECKING:
    import argparse

    from kolcrawl.schedule.dispatch import Scheduler
    from kolcrawl.schedule.plan import Plan

LONGEST_SLEEP = 20.0  # seconds between looks at the nodes


class Command(ScrapyCommand):
    requires_project = True
    requires_crawler_process = False

    def syntax(self) -> str:
        return "list|check|run|install [options]"

    def short_desc(self) -> str:
        return "Start crawls when they are due, on Scrapyd, as schedules.toml says"

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--file", default="schedules.toml", help="the schedules (default: %(default)s)")
        parser.add_argument("--state", metavar="FILE", help="what was started (default: schedules.sqlite in the data)")
        parser.add_argument("--once", action="store_true", help="run: start what is due now, and end")
        parser.add_argument("--cron", action="store_true", help="install: print a crontab line, no systemd units")
        parser.add_argument("--to", metavar="FOLDER", help="install: write the systemd units there")

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Exit code 1 when the file cannot be used, and for `check` when a node does not answer or lacks a spider."""
        actions = {"list": self._list, "check": self._check, "run": self._run, "install": self._install}
        if len(args) != 1 or args[0] not in actions:
            raise UsageError("say what to do: scrapy schedule list, check, run or install")
        assert self.settings is not None
        try:
            try:
                from kolcrawl.schedule.plan import read_plan
            except ModuleNotFoundError as error:
                raise ConfigError(f"{error.name} is missing: pip install 'kolcrawl[scrapyd]'") from None
            self.state = Path(opts.state or Config.from_settings(self.settings).data_dir / "schedules.sqlite")
            self.exitcode = actions[args[0]](read_plan(Path(opts.file)), opts)
        except KolcrawlError as error:
            print(f"scrapy schedule: {error}", file=sys.stderr)
            self.exitcode = 1
        except sqlite3.Error as error:
            print(f"scrapy schedule: {self.state}: {error}", file=sys.stderr)
            self.exitcode = 1

    def _list(self, plan: Plan, opts: argparse.Namespace) -> int:
        from kolcrawl.schedule.due_times import due_after
        from kolcrawl.schedule.journal import Journal

        with Journal(self.state, read_only=True) as journal:
            for schedule in plan.schedules:
                due = next(due_after(schedule, datetime.now(UTC)))
                print(f"{schedule.name}: {schedule.spider}, {schedule.when}, next due {due:%Y-%m-%d %H:%M} UTC")
                for run in journal.runs(schedule.name)[-3:]:
                    where = f" on {run.node}" if run.node else ""
                    print(f"  {run.job} {run.state}{where}{f' ({run.why})' if run.why else ''}")
        return 0

    def _check(self, plan: Plan, opts: argparse.Namespace) -> int:
        from kolcrawl.schedule.scrapyd_node import ScrapydNode
        from kolcrawl.system.http_client import ServiceError

        assert self.settings is not None
        loader = get_spider_loader(self.settings)
        for schedule in plan.schedules:
            if schedule.spider not in loader.list():
                told = f"schedule {schedule.name}: there is no spider {schedule.spider!r}"
                raise ConfigError(f"{opts.file}: {told}; there are {', '.join(sorted(loader.list()))}")
            spider = loader.load(schedule.spider)
            if issubclass(spider, StorySpider):
                try:
                    spider.read_args(schedule.args)
                except KolcrawlError as error:
                    raise ConfigError(f"{opts.file}: schedule {schedule.name}: {error}") from None
            print(f"{schedule.name}: good")
        faults = 0
        for address in plan.nodes:
            try:
                node = ScrapydNode(address)
                jobs = node.jobs()
                for project in sorted({schedule.project for schedule in plan.schedules}):
                    wanted = {schedule.spider for schedule in plan.schedules if schedule.project == project}
                    if missing := wanted - set(node.spiders(project)):
                        told = f"{node.url}: its {project} has no spider {min(missing)!r}; deploy it there again"
                        raise ServiceError(told, status=200)
                print(f"{node.url}: up, {len(jobs.running)} running, {len(jobs.pending)} pending")
            except ServiceError as error:
                print(error)
                faults += 1
        return 1 if faults else 0

    def _run(self, plan: Plan, opts: argparse.Namespace) -> int:
        from kolcrawl.schedule.dispatch import Scheduler
        from kolcrawl.schedule.journal import Journal
        from kolcrawl.schedule.scrapyd_node import ScrapydNode

        with Journal(self.state) as journal:
            scheduler = Scheduler(plan, [ScrapydNode(address) for address in plan.nodes], journal)
            if opts.once:
                _tick(scheduler)
                return 0
            stop = threading.Event()
            for number in (signal.SIGINT, signal.SIGTERM):
                signal.signal(number, lambda *_: stop.set())
            print(f"{len(plan.schedules)} schedules on {len(plan.nodes)} nodes; Ctrl-C ends", flush=True)
            while not stop.is_set():
                _tick(scheduler)
                now = datetime.now(UTC)
                stop.wait(min(max((scheduler.next_start(now) - now).total_seconds(), 0.1), LONGEST_SLEEP))
        return 0

    def _install(self, plan: Plan, opts: argparse.Namespace) -> int:
        from kolcrawl.schedule.install import NAME, crontab, systemd

        folder = Path.cwd()
        command = [sys.executable, "-m", "scrapy", "schedule", "run", "--once"]
        command += ["--file", str(Path(opts.file).absolute()), "--state", str(self.state.absolute())]
        if opts.cron:
            print(crontab(folder, command), end="")
            return 0
        for name, text in systemd(folder, command, getpass.getuser()).items():
            if opts.to:
                try:
                    (Path(opts.to) / name).write_text(text, encoding="utf-8")
                except OSError as error:
                    raise ConfigError(f"{Path(opts.to) / name}: cannot be written ({error.strerror})") from None
                print(f"{Path(opts.to) / name} written")
            else:
                print(f"# {name}\n{text}")
        if opts.to:
            print(f"next: systemctl daemon-reload && systemctl enable --now {NAME}.timer")
        return 0


def _tick(scheduler: Scheduler) -> None:
    now = datetime.now(UTC)
    for line in scheduler.tick(now).told:
        print(f"{now:%Y-%m-%dT%H:%M:%SZ} {line}", flush=True)
