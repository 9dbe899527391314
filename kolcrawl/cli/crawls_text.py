"""The text of `scrapy crawls`: a table of the runs, or one run in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kolcrawl.cli.terminal import clock, columns, fit, plain
from kolcrawl.report.advice import advice, skip_advice

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Run = dict[str, Any]
COUNTS = {
    "fetched": "fetched: visits that got the page",
    "repeats": "of these and the next, pages of a story that another address had led to before",
    "unchanged": "unchanged: visits at which the server said that the page is as it was",
    "failed": "failed: the page could not be had, or is not the story",
    "gone": "gone: 404, 410, or a notice in its place",
    "skipped": "skipped: seen in links and not read, for scope, budget or robots.txt",
    "not_due": "not due: known from earlier crawls, and not asked for again",
    "on_topic": "on the topic, of the stories fetched",
    "links": "links seen on the pages fetched, of each story once",
    "new_links": "new links: not in the network before",
    "new_stories": "new stories, those known from links alone included",
    "stubs": "stubs, of the new stories: known from links alone when it ended, the skipped among them",
    "copies": "copies of other stories",
}
"""The counts of a run, in words."""
LISTED_COUNTS = {"fetched": 7, "failed": 6, "gone": 5, "skipped": 7, "links": 7}
"""The counts in the list of runs, with the widths of their columns."""


def list_lines(runs: Sequence[Run], width: int) -> Iterator[str]:
    """Write a header and one line for each run, in the order given."""
    if not runs:
        yield "no runs yet: scrapy crawl related -a url=https://..."
        return
    id_width = max(8, *(len(run["_id"]) for run in runs))
    names = "  ".join(f"{name:>{column}}" for name, column in LISTED_COUNTS.items())
    yield fit(
        f"{'id':<{id_width}}  {'started (UTC)':<16}  {'took':>8}  {'end':<12}  {'quality':<8}  {names}  seeds", width
    )
    for run in runs:
        counts = run.get("counts") or {}
        numbers = "  ".join(f"{counts.get(name, 0):>{column}}" for name, column in LISTED_COUNTS.items())
        yield fit(
            f"{run['_id']:<{id_width}}  {clock(run['started_at'])}  {duration_text(run):>8}"
            f"  {fit(ending(run), 12, pad=True)}  {quality(run)[0]:<8}  {numbers}"
            f"  {' '.join(map(plain, run.get('seeds') or ()))}",
            width,
        )


def crawl_lines(run: Run, width: int) -> Iterator[str]:
    """Write one run, with what to do about each reason of failure."""
    counts = run.get("counts") or {}
    word, why = quality(run)
    yield f"crawl {run['_id']}"
    yield fit(f"spider {run['spider']}" + (f"   Scrapyd job {run['job']}" if run.get("job") else ""), width)
    alive = "" if run.get("finished_at") else f", last sign of life {clock(run.get('heartbeat_at'), seconds=True)}"
    yield f"started {clock(run['started_at'], seconds=True)} UTC   took {duration_text(run)}   {ending(run)}{alive}"
    yield fit(f"quality {word}" + (f": {'; '.join(why)}" if why else ""), width)
    if run.get("about"):
        yield fit(f"about {run['about']}", width)
    for seed in run.get("seeds") or ():
        yield f"seed {plain(seed)}"
    yield from _pairs("arguments", run.get("args"), width)
    yield from _pairs("settings", run.get("settings"), width)
    yield from _pairs("versions", run.get("versions"), width)
    yield ""
    yield "counts"
    for name, words in COUNTS.items():
        if name in counts:
            yield fit(f"  {counts[name]:>8,}  {words}", width)
    failures = run.get("failures") or {}
    if failures:
        yield ""
        yield "failed or gone, and what to do"
    for reason, n in sorted(failures.items(), key=lambda row: (-row[1], row[0])):
        yield fit(f"  {n:>8,}  {reason}: {advice(reason)}", width)
    skipped = run.get("skipped") or {}
    if skipped:
        yield ""
        yield "skipped, and what to change"
    for reason, n in sorted(skipped.items(), key=lambda row: (-row[1], row[0])):
        yield fit(f"  {n:>8,}  {reason}: {skip_advice(reason, n, run.get('args') or {})}", width)
    yield from _sites(run.get("sites") or [], width)


def _sites(sites: Sequence[Run], width: int) -> Iterator[str]:
    if not sites:
        return
    yield ""
    site_width = max(12, min(28, width - 49))
    yield f"{'site':<{site_width}}  {'pages':>6}  {'related':>7}  {'date':>5}  {'text':>5}  {'failed':>6}  {'gone':>5}"
    for row in sorted(sites, key=lambda row: (-row["pages"], row["site"])):
        shares = "  ".join(
            f"{_share(row.get(field, 0), row['pages']):>{column}}"
            for field, column in (("with_related", 7), ("with_date", 5), ("with_text", 5))
        )
        yield fit(
            f"{fit(row['site'], site_width, pad=True)}  {row['pages']:>6}  {shares}  {row.get('failed', 0):>6}"
            f"  {row.get('gone', 0):>5}",
            width,
        )


def duration_text(run: Run) -> str:
    """Write how long a run took: `0:03:20`; a dash while it runs."""
    if not run.get("finished_at"):
        return "-"
    seconds = round((run["finished_at"] - run["started_at"]).total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def ending(run: Run) -> str:
    """Write how a run ended: Scrapy's finish reason, or `running`."""
    return plain(run.get("finish_reason") or "running")


def quality(run: Run) -> tuple[str, list[str]]:
    """Read the quality of a run.

    Returns: `ok`, `degraded`, `failed` or a dash while it runs; and the causes, a line each.
    """
    stored = run.get("quality") or {}
    why = stored.get("why") or []
    return str(stored.get("state") or "-"), [plain(why)] if isinstance(why, str) else [plain(one) for one in why]


def _pairs(name: str, values: Run | None, width: int) -> Iterator[str]:
    """Write the values that are set as `name=value`, as many on a line as fit."""
    line = name
    for key, value in (values or {}).items():
        if value in (None, "", []):
            continue
        pair = f"{key}={plain(','.join(map(str, value)) if isinstance(value, list) else value)}"
        if line not in (name, "") and columns(line) + 2 + columns(pair) > width:
            yield fit(line, width)
            line = " " * len(name)
        line += f"  {pair}"
    if line != name:
        yield fit(line, width)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%" if whole else "-"
