"""`scrapy savepage`: keep a page with what was read off it, as a test to review."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.errors import KolcrawlError
from kolcrawl.locale import os_reason, shown, tr
from kolcrawl.system.logs import set_command_log_level
from kolcrawl.urls import site_of

if TYPE_CHECKING:
    import argparse

    from scrapy.http import Response


class Command(ProjectCommand):
    def syntax(self) -> str:
        return "URL [--site NAME] [--folder FOLDER]"

    def short_desc(self) -> str:
        return tr("Save a page with what is read off it, as a test to review")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--site", help=tr("folder for the page (default: the first word of its domain)"))
        parser.add_argument(
            "--folder", default="tests/pages", help=tr("where saved pages are kept (default: %(default)s)")
        )
        parser.add_argument("--file", metavar="FILE", help=tr("take the page from a file instead of the network"))

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read Scrapy's options; unless they set a level, the log holds warnings only."""
        super().process_options(args, opts)
        assert self.settings is not None
        set_command_log_level(self.settings)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Save the page; exit code 1 when it cannot be fetched, read or written, 2 for a wrong argument."""
        from kolcrawl.crawl.args import check_url
        from kolcrawl.crawl.rules_by_site import RulesBySite
        from kolcrawl.extract.fetch_pages import FetchSpider
        from kolcrawl.extract.saved_pages import save_page
        from kolcrawl.report.advice import advice

        if len(args) != 1:
            raise UsageError(tr("give one URL"))
        assert self.settings is not None
        rules = RulesBySite.from_settings(self.settings)
        self.exitcode = 1  # until the page is saved: a callback that fails ends in Scrapy's log

        def save(body: bytes, url: str, content_type: str | None) -> None:
            site = opts.site or site_of(url).partition(".")[0]
            try:
                file = save_page(Path(opts.folder), site, body, url, content_type, rules.of(url), datetime.now(UTC))
            except (KolcrawlError, OSError) as error:
                self._fail(shown(error))
                return
            print(tr("{file}: read through it, mend what is wrong, and it is a test", file=file))
            self.exitcode = 0

        def fetched(requested: str, response: Response) -> None:
            content_type = (response.headers.get("Content-Type") or b"").decode("latin-1") or None
            save(response.body, response.url, content_type)

        def failed(requested: str, reason: str) -> None:
            self._fail(tr("{url}: {reason}: {words}", url=requested, reason=reason, words=advice(reason)))

        try:
            url = check_url(args[0], "savepage")
        except KolcrawlError as error:
            self._fail(shown(error), exitcode=2)
            return
        if opts.file:
            try:
                body = Path(opts.file).read_bytes()
            except OSError as error:
                self._fail(tr("{file}: cannot be read ({why})", file=opts.file, why=os_reason(error)))
                return
            save(body, url, None)
            return
        assert self.crawler_process is not None
        self.crawler_process.crawl(FetchSpider, urls=[url], fetched=fetched, failed=failed)
        self.crawler_process.start()

    def _fail(self, message: str, exitcode: int = 1) -> None:
        print(f"scrapy savepage: {message}", file=sys.stderr)
        self.exitcode = exitcode
