"""`scrapy extract`: print what is read off pages, as one JSON object for each."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import UsageError

from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.cli.run import print_json
from kolcrawl.errors import ArgumentError, KolcrawlError
from kolcrawl.locale import shown, tr
from kolcrawl.system.logs import set_command_log_level
from kolcrawl.system.stdout import discard_stdout

if TYPE_CHECKING:
    import argparse

    from scrapy.http import Response


class Command(ProjectCommand):
    def syntax(self) -> str:
        return "URL... | FILE --url URL | --pages FOLDER"

    def short_desc(self) -> str:
        return tr("Print what is read off pages: the story and its links, as JSON, without a crawl or a database")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument("--url", help=tr("the address that a page in a file came from"))
        parser.add_argument("--pages", metavar="FOLDER", help=tr("a folder of pages with index.jsonl"))

    def process_options(self, args: list[str], opts: argparse.Namespace) -> None:
        """Read Scrapy's options; unless they set a level, the log holds warnings only."""
        super().process_options(args, opts)
        assert self.settings is not None
        set_command_log_level(self.settings)

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the pages.

        Exit codes: 0 when a story was printed and no page went unprinted, also if the reader of the output stopped
        reading; 1 otherwise; 2 when an argument cannot be used.
        """
        from kolcrawl.crawl.args import check_url
        from kolcrawl.crawl.rules_by_site import RulesBySite

        self.stories = self.rows = self.expected_rows = 0
        self.reader_left = False
        assert self.settings is not None
        self.rules = RulesBySite.from_settings(self.settings)
        try:
            if opts.pages:
                self._folder(Path(opts.pages))
            elif opts.url:
                if len(args) != 1:
                    raise UsageError(tr("give one FILE with --url"))
                self._file(Path(args[0]), check_url(opts.url, "--url"))
            elif args:
                self._fetch([_address(arg) for arg in args])
            else:
                raise UsageError
        except (KolcrawlError, OSError) as error:
            print(f"scrapy extract: {shown(error)}", file=sys.stderr)
            self.exitcode = 2 if isinstance(error, ArgumentError) else 1
        else:
            complete = self.stories > 0 and self.rows == self.expected_rows
            self.exitcode = 0 if complete or self.reader_left else 1

    def _folder(self, folder: Path) -> None:
        from kolcrawl.extract.extract_page import extract_page, stored_pages

        for page in stored_pages(folder):
            if self.reader_left:
                return
            self.expected_rows += 1
            try:
                row = extract_page(page.read(), page.url, None, self.rules.of(page.url))
            except OSError as error:
                row = {"url": page.url, "error": f"{page.file}: cannot be read ({error})"}
            self._print({"id": page.id} | row if page.id else row)

    def _file(self, file: Path, url: str) -> None:
        from kolcrawl.extract.extract_page import extract_page

        self.expected_rows = 1
        try:
            body = file.read_bytes()
        except OSError as error:
            self._print({"url": url, "error": f"{file}: cannot be read ({error.strerror})"})
            return
        self._print(extract_page(body, url, None, self.rules.of(url)))

    def _fetch(self, urls: list[str]) -> None:
        from kolcrawl.extract.extract_page import extract_page
        from kolcrawl.extract.fetch_pages import FetchSpider
        from kolcrawl.report.advice import advice

        self.expected_rows = len(urls)

        def fetched(requested: str, response: Response) -> None:
            content_type = (response.headers.get("Content-Type") or b"").decode("latin-1")
            rules = self.rules.of(response.url)
            row = extract_page(response.body, response.url, {"content-type": content_type}, rules)
            self._print({"asked": requested} | row if requested != response.url else row)

        def failed(requested: str, reason: str) -> None:
            self._print({"url": requested, "error": f"{requested}: {reason}: {advice(reason)}", "reason": reason})

        assert self.crawler_process is not None
        self.crawler_process.crawl(FetchSpider, urls=urls, fetched=fetched, failed=failed)
        self.crawler_process.start()

    def _print(self, row: dict[str, Any]) -> None:
        try:
            print_json(row)
            sys.stdout.flush()
        except BrokenPipeError:
            discard_stdout()
            self.reader_left = True
        except OSError:  # a full disk: the interpreter's last flush must not fail once more
            discard_stdout()
            raise
        else:
            self.rows += 1
            self.stories += "story" in row


def _address(argument: str) -> str:
    from kolcrawl.crawl.args import check_url, is_file_name

    if "://" not in argument and Path(argument).is_file():
        raise ArgumentError("{argument} is a file: say where its page came from, with --url URL", argument=argument)
    if is_file_name(argument):
        raise ArgumentError(
            "{argument}: no such file, and no URL like https://example.com/news/1.html", argument=argument
        )
    return check_url(argument, "URL")
