"""`scrapy schedule`: start crawls when they are due, on one or several Scrapyd nodes."""

from __future__ import annotations

import getpass
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError
from scrapy.spiderloader import get_spider_loader

from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.config import Config
from kolcrawl.errors import ConfigError, KolcrawlError, WrongSettingError
from kolcrawl.locale import shown, tr
from kolcrawl.system.invocation import install_line

if TYPE_CHECKING:
    import argparse

    from kolcrawl.schedule.plan import Plan


class Command(ProjectCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "list|check|run|install [options]"

    def short_desc(self) -> str:
        return tr("Start crawls when they are due, on Scrapyd, as schedules.toml says")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--file", default="schedules.toml", help=tr("the schedules (default: %(default)s)"))
        parser.add_argument(
            "--state", metavar="FILE", help=tr("what was started (default: schedules.sqlite in the data)")
        )
        parser.add_argument("--once", action="store_true", help=tr("run: start what is due now, and end"))
        parser.add_argument("--cron", action="store_true", help=tr("install: print a crontab line, no systemd units"))
        parser.add_argument("--to", metavar="FOLDER", help=tr("install: write the systemd units there"))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Run it.

        Exit codes: 2 for a file that cannot be understood; 1 for one that cannot be read, and for `check` also when a
        node does not answer or lacks a spider.
        """
        actions = {"list": self._list, "check": self._check, "run": self._run, "install": self._install}
        if len(args) != 1 or args[0] not in actions:
            raise UsageError(tr("say what to do: scrapy schedule list, check, run or install"))
        assert self.settings is not None
        try:
            try:
                from kolcrawl.schedule.plan import read_plan
            except ModuleNotFoundError as error:
                raise ConfigError(
                    "{name} is missing: {command}", name=error.name, command=install_line("scrapyd")
                ) from None
            self.state = Path(opts.state or Config.from_settings(self.settings).data_dir / "schedules.sqlite")
            self.exitcode = actions[args[0]](read_plan(Path(opts.file)), opts)
        except KolcrawlError as error:
            print(f"scrapy schedule: {shown(error)}", file=sys.stderr)
            self.exitcode = error.exit_code
        except sqlite3.Error as error:
            print(f"scrapy schedule: {self.state}: {error}", file=sys.stderr)
            self.exitcode = 1

    def _list(self, plan: Plan, opts: argparse.Namespace) -> int:
        from kolcrawl.cli.schedule_text import schedule_lines
        from kolcrawl.schedule.journal import Journal

        with Journal(self.state, read_only=True) as journal:
            for line in schedule_lines(plan, journal):
                print(line)
        return 0

    def _check(self, plan: Plan, opts: argparse.Namespace) -> int:
        from kolcrawl.cli.schedule_text import check_node, check_schedule
        from kolcrawl.system.http_client import ServiceError

        assert self.settings is not None
        loader = get_spider_loader(self.settings)
        for schedule in plan.schedules:
            try:
                print(check_schedule(schedule, loader))
            except ConfigError as error:
                raise WrongSettingError("{file}: {error}", file=opts.file, error=error) from None
        exit_code = 0
        for address in plan.nodes:
            try:
                print(check_node(address, plan))
            except ServiceError as error:
                print(shown(error))
                exit_code = 1
        return exit_code

    def _run(self, plan: Plan, opts: argparse.Namespace) -> int:
        from kolcrawl.schedule.dispatch import Scheduler
        from kolcrawl.schedule.journal import Journal
        from kolcrawl.schedule.loop import run_once, run_until_stopped
        from kolcrawl.schedule.scrapyd_node import ScrapydNode

        with Journal(self.state) as journal:
            scheduler = Scheduler(plan, [ScrapydNode(address) for address in plan.nodes], journal)
            if opts.once:
                run_once(scheduler)
            else:
                line = tr("{n} schedules on {nodes} nodes; Ctrl-C ends", n=len(plan.schedules), nodes=len(plan.nodes))
                print(line, flush=True)
                run_until_stopped(scheduler)
        return 0

    def _install(self, plan: Plan, opts: argparse.Namespace) -> int:
        from kolcrawl.schedule.install import UNIT_NAME, crontab_line, systemd_units, write_units

        folder = Path.cwd()
        command = [sys.executable, "-m", "scrapy", "schedule", "run", "--once"]
        command += ["--file", str(Path(opts.file).absolute()), "--state", str(self.state.absolute())]
        if opts.cron:
            print(crontab_line(folder, command), end="")
            return 0
        units = systemd_units(folder, command, getpass.getuser())
        if not opts.to:
            for name, text in units.items():
                print(f"# {name}\n{text}")
            return 0
        for file in write_units(units, Path(opts.to)):
            print(tr("{file} written", file=file))
        enable = f"systemctl daemon-reload && systemctl enable --now {UNIT_NAME}.timer"
        print(tr("next: {command}", command=enable))
        return 0
