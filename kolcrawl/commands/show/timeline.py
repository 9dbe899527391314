"""`scrapy timeline`: what happened to the stories of a network, in the order of time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.exceptions import UsageError

from kolcrawl.cli.changes_text import event_lines
from kolcrawl.cli.output_options import add_output_options, write_output
from kolcrawl.cli.project_command import ProjectCommand
from kolcrawl.cli.run import note_removed_past, print_json, print_lines, read_network
from kolcrawl.cli.selection_options import add_options, check_sites, known_values, parse_since, parse_time, selection
from kolcrawl.cli.terminal import terminal_width
from kolcrawl.export.listings import list_events
from kolcrawl.locale import tr
from kolcrawl.network import explained_errors

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from kolcrawl.network import Network, Story

EVENTS = ("published", "found", "changed", "gone")
SHOWN_EVENTS = "published,changed,gone"
TIMELINE_FIELDS = ("_id", "url", "site", "title", "status", "group", "copy_of")


class Command(ProjectCommand):
    requires_crawler_process = False

    def syntax(self) -> str:
        return "[options]"

    def short_desc(self) -> str:
        return tr("List what happened to stories, oldest first: published, found, changed, gone")

    def add_options(self, parser: argparse.ArgumentParser) -> None:
        super().add_options(parser)
        parser.add_argument(
            "--what", action="append", default=[], metavar="EVENTS",
            help=tr("of {values}, by commas (default: {default})", values=", ".join(EVENTS), default=SHOWN_EVENTS),
        )  # fmt: skip
        add_output_options(parser, tr("print one JSON object an event"))
        add_options(parser, shape=False)
        when = tr("a time, or an age like 30d")
        parser.add_argument("--since", metavar="TIME", help=tr("only what happened from then on: {when}", when=when))
        parser.add_argument("--until", metavar="TIME", help=tr("only what happened before then: {when}", when=when))

    def run(self, args: list[str], opts: argparse.Namespace) -> None:
        """Print the events of the selected stories."""
        if args:
            raise UsageError(tr("timeline takes no arguments: --seed URL chooses what is near a story"))

        def show(network: Network) -> None:
            what = known_values("--what", opts.what or [SHOWN_EVENTS], EVENTS)
            if opts.crawl:
                network = network.of_crawl(opts.crawl)
            if then := parse_time("--as-of", opts.as_of):
                network = network.as_of(then)
            since, until = parse_since("--since", opts.since), parse_since("--until", opts.until)
            opts.since = opts.until = None  # of the events, not of the publications
            note_removed_past("timeline", network, since)
            chosen = selection(opts)
            with explained_errors(network):
                check_sites(network.db, chosen.where.sites)
            keys = (row["id"] for row in network.part(chosen).nodes())
            events = [
                event
                for event in network.timeline(keys)
                if event.what in what and (not since or event.at >= since) and (not until or event.at < until)
            ]
            if opts.output:
                write_output(list_events(events), opts.output)
            elif opts.json:
                for event in events:
                    print_json(
                        {"at": event.at, "what": event.what}
                        | dict(_short(event.story))
                        | {"title": event.title, "was": event.detail}
                    )
            else:
                print_lines(event_lines(events, terminal_width()))

        assert self.settings is not None
        self.exitcode = read_network("timeline", self.settings, show)


def _short(story: Story) -> Iterator[tuple[str, object]]:
    yield from ((name.removeprefix("_id") or "key", story.get(name)) for name in TIMELINE_FIELDS)
