"""`scrapy crawl`, with Scrapy's options: one line for a wrong argument, and an exit code for how the crawl went."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING

from scrapy.commands.crawl import Command as ScrapyCrawl
from scrapy.exceptions import UsageError

from kolcrawl.cli.given_settings import check_values
from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.config import Config, check_numbers, check_project
from kolcrawl.crawl.argument_help import CRAWL_ARGUMENTS, argument_lines
from kolcrawl.errors import ArgumentError, KolcrawlError
from kolcrawl.locale import shown, tr
from kolcrawl.system.invocation import is_console
from kolcrawl.system.logs import is_log_on_terminal
from kolcrawl.system.stdout import replace_unprintable

if TYPE_CHECKING:
    import argparse


class Command(ProjectCommand, ScrapyCrawl):
    arguments = ("url", *CRAWL_ARGUMENTS)

    def short_desc(self) -> str:
        return tr("Run a spider of the current project, by name")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        if not is_console():  # there they are options, each with its own help
            about = tr("Arguments of a crawl, each given as -a NAME=VALUE:")
            parser.epilog = "\n".join([about, *(f"  {line}" for line in argument_lines())])

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Check the arguments, then crawl.

        Exit codes: 0 all well, 1 the crawl failed or found nothing, 2 an argument or setting cannot be used,
        3 the crawl ended but its quality is degraded, or it was stopped before its end.
        """
        from kolcrawl.notify.notifier import notify_not_started
        from kolcrawl.report.crawl_state import state_of

        assert self.crawler_process is not None
        replace_unprintable()
        if not args:
            raise UsageError(tr("name the spider and a page to start from: scrapy crawl related -a url=https://..."))
        if len(args) > 1:
            right = shlex.join(["scrapy", "crawl", args[0], "-a", f"url={args[1]}"])
            raise UsageError(tr("{word!r} is one word too many: write {right}", word=args[1], right=right))
        try:
            self._check(args[0], opts)
        except KolcrawlError as error:
            print(f"scrapy crawl: {shown(error)}", file=sys.stderr)
            if (job := opts.spargs.get("_job")) and self.settings is not None:
                notify_not_started(self.settings, args[0], job, str(error))
            self.exitcode = 2
            return
        crawler = self.crawler_process.create_crawler(args[0])
        self.crawler_process.crawl(crawler, **opts.spargs)
        self.crawler_process.start()
        # A crawl of ours without an exit code was broken off: before it began, or by a second Ctrl-C.
        state = state_of(crawler.spider)
        exit_code = state.exit_code if state is not None else 0
        if state is not None and state.refusal and not is_log_on_terminal():  # else the log has said it
            print(f"scrapy crawl: {shown(state.refusal)}", file=sys.stderr)
        if state is not None and isinstance(state.refusal, KolcrawlError):
            exit_code = state.refusal.exit_code
        if state is not None and exit_code is None:
            begun = state.crawl_id is not None
            exit_code = 1 if begun else 3
            if begun:
                how = tr("broken off; the next command notes the run as aborted")
            else:
                how = tr("stopped before it began")
            print(f"scrapy crawl: {how}", file=sys.stderr)
        self.exitcode = 1 if self.crawler_process.bootstrap_failed else exit_code or 0

    def _check(self, name: str, opts: argparse.Namespace) -> None:
        from kolcrawl.crawl.rules_by_site import check_rules
        from kolcrawl.frontier.shared.addon import check_shared_frontier
        from kolcrawl.net.guard import AddressGuard
        from kolcrawl.net.proxy import check_proxy
        from kolcrawl.notify.options import NotifyOptions
        from kolcrawl.spider import StorySpider

        assert self.crawler_process is not None
        loader = self.crawler_process.spider_loader
        assert self.settings is not None
        if name not in loader.list():
            check_project(self.settings)  # what undid the add-ons has undone SPIDER_MODULES, too
            raise ArgumentError(
                "there is no spider {name!r}; there are {known}", name=name, known=", ".join(sorted(loader.list()))
            )
        spider_class = loader.load(name)
        if issubclass(spider_class, StorySpider):
            check_project(self.settings)
            check_rules(name, spider_class.rules)
            arguments = spider_class.read_args(opts.spargs)
            Config.from_settings(self.settings)
            check_numbers(self.settings)
            check_values(self.settings)
            AddressGuard.from_settings(self.settings)
            check_shared_frontier(self.settings)
            NotifyOptions.from_settings(self.settings)
            if spider_class.by_proxy:
                check_proxy(self.settings, arguments.seeds)
