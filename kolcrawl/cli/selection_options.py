"""What is asked for on a command line, as a selection."""

from __future__ import annotations

import argparse
import difflib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final, get_args

from kolcrawl.errors import ArgumentError, StoreError
from kolcrawl.items import LINK_KINDS
from kolcrawl.locale import mark, tr
from kolcrawl.network.selection import EdgeTime, NodeKind, Selection
from kolcrawl.policy.scope import parse_moment
from kolcrawl.store.read.reader import StoryFilter

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pymongo.database import Database

SELECTABLE_STATUSES = ("stub", "fetched", "failed", "gone", "skipped")
NEAREST_SITES: Final = 3
"""Sites that are named where one is not known."""
AS_OF_HELP = mark(
    "as it had been observed then (ISO 8601; by this machine's clock if no zone is given, a date alone means its"
    " first moment)"
)


_PLAIN_SHAPE: Final = {"nodes": "stories", "collapse_copies": False, "with_text": False, "edge_time": "seen"}


def add_options(parser: argparse.ArgumentParser, *, near: bool = True, shape: bool = True) -> None:
    """Add the options that select a part of the network.

    Args:
        parser: takes the options.
        near: whether links and what is near a story can be chosen, too; else stories alone.
        shape: whether the form of the network can be chosen, too: what a node is, when an edge begins.
    """
    chosen = parser.add_argument_group(tr("Which part of the network"))
    chosen.add_argument("--crawl", metavar="ID", help=tr("as this run saw it (its id, the beginning of it, or latest)"))
    chosen.add_argument("--as-of", metavar="TIME", help=tr(AS_OF_HELP))
    chosen.add_argument("--site", action="append", default=[], help=tr("only stories of these domains, by commas"))
    chosen.add_argument(
        "--status", action="append", default=[], help=tr("only these: {values}", values=", ".join(SELECTABLE_STATUSES))
    )
    chosen.add_argument(
        "--languages", action="append", default=[], help=tr("only stories in these languages, by commas")
    )
    chosen.add_argument("--since", metavar="TIME", help=tr("published (or, if unknown, first seen) from then on"))
    chosen.add_argument("--until", metavar="TIME", help=tr("published (or, if unknown, first seen) before then"))
    chosen.add_argument("--min-relevance", type=float, metavar="X", help=tr("only stories of this relevance, 0 to 1"))
    if not near:
        parser.set_defaults(seed=[], hops=0, direction="out", kinds=[], **_PLAIN_SHAPE)
        return
    chosen.add_argument("--seed", metavar="URL", action="append", default=[], help=tr("only what is near this story"))
    chosen.add_argument("--hops", type=int, default=2, metavar="N", help=tr("link steps from --seed (default: 2)"))
    chosen.add_argument(
        "--direction", choices=("out", "in", "both"), default="out", help=tr("way to go from --seed (default: out)")
    )
    chosen.add_argument(
        "--kinds",
        action="append",
        default=[],
        help=tr("kinds of links, by commas: {values}", values=", ".join(LINK_KINDS)),
    )
    if not shape:
        parser.set_defaults(**_PLAIN_SHAPE)
        return
    chosen.add_argument(
        "--nodes",
        choices=get_args(NodeKind),
        default="stories",
        help=tr("what a node is: a story (default), a group of copies, or a site"),
    )
    chosen.add_argument(
        "--collapse-copies",
        action="store_true",
        help=tr("fold copies into their originals: as --nodes groups, also before sites"),
    )
    edge_time = mark(
        "when an edge begins in GEXF: when the link was first seen (default), or when both stories were published"
    )
    chosen.add_argument("--edge-time", choices=get_args(EdgeTime), default="seen", help=tr(edge_time))
    chosen.add_argument("--with-text", action="store_true", help=tr("with the stories' texts"))


def is_selective(opts: argparse.Namespace) -> bool:
    """Tell whether any option chooses among the stories, or shows them as they were."""
    names = ("crawl", "as_of", "site", "status", "languages", "since", "until")
    return any(getattr(opts, name) for name in names) or opts.min_relevance is not None


def selection(opts: argparse.Namespace) -> Selection:
    """Read the options that `add_options` added.

    Raises:
        ArgumentError: one has a value that cannot be used.
    """
    if opts.hops < 0:
        raise ArgumentError("--hops {hops}: give a number of link steps from 0 up", hops=opts.hops)
    if opts.min_relevance is not None and not 0 <= opts.min_relevance <= 1:
        raise ArgumentError("--min-relevance {given}: give a number from 0 to 1", given=opts.min_relevance)
    return Selection(
        where=StoryFilter(
            sites=tuple(site.lower().removeprefix("www.") for site in split_by_commas(opts.site)),
            statuses=known_values("--status", opts.status, SELECTABLE_STATUSES),
            langs=split_by_commas(opts.languages),
            since=parse_time("--since", opts.since),
            until=parse_time("--until", opts.until),
            min_relevance=opts.min_relevance,
        ),
        seeds=tuple(opts.seed),
        hops=opts.hops,
        direction=opts.direction,
        kinds=known_values("--kinds", opts.kinds, LINK_KINDS),
        nodes=opts.nodes,
        collapse_copies=opts.collapse_copies,
        with_text=opts.with_text,
        edge_time=opts.edge_time,
    )


def parse_time(name: str, text: str | None) -> datetime | None:
    """Read a time from a command line, by this machine's clock where no zone is given.

    Raises:
        ArgumentError: the text is not a time.
    """
    if text is None:
        return None
    try:
        at = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ArgumentError(
            "{name} {text!r} is not a time: write it like 2026-03-02 or 2026-03-02T08:34+08:00", name=name, text=text
        ) from None
    return at.astimezone(UTC)


def parse_since(name: str, text: str | None) -> datetime | None:
    """Read a time, or an age (`12h`, `30d`, `8w`), from a command line; times as `parse_time` does.

    Raises:
        ArgumentError: the text is neither.
    """
    if text is None:
        return None
    try:
        return parse_time(name, text)
    except ArgumentError:
        return parse_moment(name, text, datetime.now(UTC))


def whole_number(text: str) -> int:
    """Read a number from 0 up, for argparse.

    Raises:
        argparse.ArgumentTypeError: the text is none.
    """
    if not text.isdecimal():
        raise argparse.ArgumentTypeError(tr("{text!r} is no whole number from 0 up", text=text))
    return int(text)


def split_by_commas(given: Iterable[str]) -> tuple[str, ...]:
    """Split the values of an option that takes several, by commas."""
    return tuple(part.strip() for one in given for part in one.split(",") if part.strip())


def known_values(name: str, given: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """Read an option that takes some of a list of words, by commas.

    Raises:
        ArgumentError: one is not in the list.
    """
    chosen = split_by_commas(given)
    if unknown := [part for part in chosen if part not in known]:
        raise ArgumentError(
            "{name} {unknown}: there are {known}", name=name, unknown=unknown[0], known=", ".join(known)
        )
    return chosen


def check_sites(db: Database[dict[str, Any]], sites: Iterable[str]) -> None:
    """Refuse sites of which the database holds no story, and name the nearest that it holds.

    Raises:
        StoreError: there is no story of one of them.
    """
    for site in sites:
        if db["stories"].find_one({"site": site}, {"_id": 1}) is None:
            held = db["stories"].aggregate([{"$group": {"_id": "$site"}}])  # `distinct` is one answer, of 16 MB at most
            known = sorted(row["_id"] for row in held if row["_id"])
            if not known:
                return
            near = [name for name in known if site in name] or difflib.get_close_matches(site, known, NEAREST_SITES, 0)
            nearest = ", ".join(near[:NEAREST_SITES])
            raise StoreError("no site {site!r} is known; the nearest: {near}", site=site, near=nearest)
