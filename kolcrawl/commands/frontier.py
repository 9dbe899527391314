"""`scrapy frontier`: look at a crawl that workers share, and steer it."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.cli.run import print_json, print_lines
from kolcrawl.cli.terminal import terminal_width
from kolcrawl.errors import ConfigError, KolcrawlError
from kolcrawl.frontier.shared.addon import check_shared_frontier
from kolcrawl.locale import shown, tr, trn

if TYPE_CHECKING:
    import argparse

    from kolcrawl.frontier.shared.overview import FrontierConsole


class Command(ProjectCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[NAME] [--pause | --resume | --requeue-dead | --clear] [--json]"

    def short_desc(self) -> str:
        return tr("Show a crawl that workers share on Redis (FRONTIER_URL), or steer it")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        does = parser.add_mutually_exclusive_group()
        does.add_argument("--pause", action="store_true", help=tr("have the workers get no more requests"))
        does.add_argument("--resume", action="store_true", help=tr("have the workers get requests again"))
        does.add_argument("--requeue-dead", action="store_true", help=tr("try the requests again that were given up"))
        does.add_argument("--clear", action="store_true", help=tr("remove the crawl; its workers stop"))
        parser.add_argument("--json", action="store_true", help=tr("print one JSON object"))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Show or steer; exit code 1 when Redis or the crawl is not there, 2 for a wrong setting."""
        if len(args) > 1:
            raise UsageError(tr("frontier takes one name of a crawl"))
        assert self.settings is not None
        try:
            if not self.settings.get("FRONTIER_URL"):
                raise ConfigError("FRONTIER_URL is not set: it says which Redis the workers share")
            self.settings.delete("JOBDIR")
            check_shared_frontier(self.settings)
            from kolcrawl.frontier.shared.overview import FrontierConsole

            console = FrontierConsole(str(self.settings["FRONTIER_URL"]), self.settings.getdict("REDIS_PARAMS"))
            try:
                self._do(console, args[0] if args else None, opts)
            finally:
                console.close()
        except KolcrawlError as error:
            print(f"scrapy frontier: {shown(error)}", file=sys.stderr)
            self.exitcode = 2 if isinstance(error, ConfigError) else 1

    def _do(self, console: FrontierConsole, name: str | None, opts: argparse.Namespace) -> None:
        if name is None:
            if opts.pause or opts.resume or opts.requeue_dead or opts.clear:
                raise UsageError(tr("which crawl? scrapy frontier without options lists them"))
            names = console.crawls()
            if opts.json:
                print_json({"crawls": names})
            else:
                print_lines(names or [tr("no crawl is in the Redis at {url}", url=console.shown)])
        elif opts.pause or opts.resume:
            console.pause(name, on=opts.pause)
            print_lines([tr("paused; --resume goes on") if opts.pause else tr("going on")])
        elif opts.requeue_dead:
            n = console.requeue_dead(name)
            print_lines([trn("{n} request waits again", "{n} requests wait again", n)])
        elif opts.clear:
            n = console.clear(name)
            print_lines([trn("removed, with {n} request that waited", "removed, with {n} requests that waited", n)])
        else:
            self._show(console, name, as_json=opts.json)

    def _show(self, console: FrontierConsole, name: str, *, as_json: bool) -> None:
        from kolcrawl.cli.frontier_text import frontier_lines

        assert self.settings is not None
        seen = console.look(name, self.settings.getfloat("FRONTIER_LEASE", 30))
        if as_json:
            print_json(asdict(seen))
        else:
            print_lines(frontier_lines(seen, terminal_width()))
