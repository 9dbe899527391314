"""The text of `scrapy crawls`: a table of the runs, or one run in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kolcrawl.cli.terminal import columns, fit, plain
from kolcrawl.locale import clock, mark, tr, translate_stored, word, zone_name
from kolcrawl.report.advice import advice, skip_advice
from kolcrawl.report.foreign_stories import STORED_NOTES
from kolcrawl.report.quality import STORED_FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from kolcrawl.locale import Message

Run = dict[str, Any]
COUNTS = {
    "fetched": mark("fetched: visits that got the page"),
    "repeats": mark("of these and the next, pages of a story that another address had led to before"),
    "unchanged": mark("unchanged: visits at which the server said that the page is as it was"),
    "failed": mark("failed: the page could not be had, or is not the story"),
    "gone": mark("gone: 404, 410, or a notice in its place"),
    "skipped": mark("skipped: seen in links and not read, for scope, budget or robots.txt"),
    "not_due": mark("not due: known from earlier crawls, and not asked for again"),
    "on_topic": mark("on the topic, of the stories fetched"),
    "links": mark("links seen on the pages fetched, of each story once"),
    "new_links": mark("new links: not in the network before"),
    "new_stories": mark("new stories, with those known from links alone and those merged since"),
    "stubs": mark("stubs, of the new stories: known from links alone when it ended, the skipped among them"),
    "copies": mark("copies of other stories"),
}
"""The counts of a run, in words."""
LISTED_COUNTS = {"fetched": 7, "failed": 6, "gone": 5, "skipped": 7, "links": 7}
"""The counts in the list of runs, with the widths of their columns."""


def list_lines(runs: Sequence[Run], width: int) -> Iterator[str]:
    """Write a header and one line for each run, in the order given."""
    if not runs:
        yield tr("no runs yet: scrapy crawl related -a url=https://...")
        return
    id_width = max(8, *(len(run["_id"]) for run in runs))
    names = "  ".join(fit(word(name), column, right=True) for name, column in LISTED_COUNTS.items())
    started = tr("started ({zone})", zone=zone_name())
    started_width = max(16, columns(started))
    took, end, judged = fit(tr("took"), 8, right=True), fit(tr("end"), 12, pad=True), fit(tr("quality"), 8, pad=True)
    identity, seeds = fit(tr("id"), id_width, pad=True), tr("seeds")
    head = f"{identity}  {fit(started, started_width, pad=True)}  {took}  {end}  {judged}"
    yield fit(f"{head}  {names}  {seeds}", width)
    for run in runs:
        counts = run.get("counts") or {}
        numbers = "  ".join(f"{counts.get(name, 0):>{column}}" for name, column in LISTED_COUNTS.items())
        yield fit(
            f"{run['_id']:<{id_width}}  {clock(run['started_at']):<{started_width}}  {duration_text(run):>8}"
            f"  {fit(ending(run), 12, pad=True)}  {fit(quality(run)[0], 8, pad=True)}  {numbers}"
            f"  {' '.join(map(plain, run.get('seeds') or ()))}",
            width,
        )


def crawl_lines(run: Run, width: int) -> Iterator[str]:
    """Write one run, with what to do about each reason of failure."""
    counts = run.get("counts") or {}
    state, why = quality(run)
    yield tr("crawl {id}", id=run["_id"])
    spider = tr("spider {name}", name=run["spider"])
    yield fit(tr("{spider}   Scrapyd job {job}", spider=spider, job=run["job"]) if run.get("job") else spider, width)
    yield _when(run)
    yield fit(tr("quality {state}", state=state) + (tr(": ") + tr("; ").join(why) if why else ""), width)
    for note in (run.get("quality") or {}).get("notes") or ():
        yield translate_stored(plain(note), STORED_NOTES)
    if run.get("about"):
        yield fit(tr("about {words}", words=run["about"]), width)
    for seed in run.get("seeds") or ():
        yield tr("seed {url}", url=plain(seed))
    yield from _pairs(tr("arguments"), run.get("args"), width)
    yield from _pairs(tr("settings"), run.get("settings"), width)
    yield from _pairs(tr("versions"), run.get("versions"), width)
    yield ""
    yield tr("counts")
    for name, words in COUNTS.items():
        if name in counts:
            yield fit(f"  {counts[name]:>8,}  {tr(words)}", width)
    failures = run.get("failures") or {}
    yield from _reasons(tr("failed or gone, and what to do"), failures, lambda reason, _: advice(reason), width)
    args = run.get("args") or {}
    skipped, kinds = run.get("skipped") or {}, run.get("skipped_kinds") or ()
    yield from _reasons(
        tr("skipped, and what to change"), skipped, lambda reason, n: skip_advice(reason, n, args, kinds), width
    )
    yield from _sites(run.get("sites") or [], width)


def _when(run: Run) -> str:
    """Write when a run started, how long it took, and how it ended."""
    line = tr(
        "started {time} {zone}   took {duration}   {end}",
        time=clock(run["started_at"], seconds=True), zone=zone_name(), duration=duration_text(run), end=ending(run),
    )  # fmt: skip
    if run.get("finished_at"):
        return line
    return tr("{line}, last sign of life {time}", line=line, time=clock(run.get("heartbeat_at"), seconds=True))


def _reasons(title: str, reasons: dict[str, int], say: Callable[[str, int], Message], width: int) -> Iterator[str]:
    """Write a line for each reason, most frequent first, with what to do."""
    if reasons:
        yield ""
        yield title
    for reason, n in sorted(reasons.items(), key=lambda row: (-row[1], row[0])):
        yield fit(tr("  {n:>8,}  {reason}: {words}", n=n, reason=reason, words=say(reason, n)), width)


def _sites(sites: Sequence[Run], width: int) -> Iterator[str]:
    if not sites:
        return
    yield ""
    site_width = max(12, min(28, width - 50))
    names = ((tr("pages"), 6), (tr("related"), 7), (tr("date"), 5), (tr("text"), 5), (tr("failed"), 6), (tr("gone"), 6))
    yield "  ".join((fit(tr("site"), site_width, pad=True), *(fit(name, room, right=True) for name, room in names)))
    for row in sorted(sites, key=lambda row: (-row["pages"], row["site"])):
        shares = "  ".join(
            f"{_share(row.get(field, 0), row['pages']):>{column}}"
            for field, column in (("with_related", 7), ("with_date", 5), ("with_text", 5))
        )
        yield fit(
            f"{fit(row['site'], site_width, pad=True)}  {row['pages']:>6}  {shares}  {row.get('failed', 0):>6}"
            f"  {row.get('gone', 0):>6}",
            width,
        )


def duration_text(run: Run) -> str:
    """Write how long a run took: `0:03:20`; a dash while it runs."""
    if not run.get("finished_at"):
        return "-"
    seconds = round((run["finished_at"] - run["started_at"]).total_seconds())
    return f"{seconds // 3600}:{seconds // 60 % 60:02}:{seconds % 60:02}"


def ending(run: Run) -> str:
    """Write how a run ended: Scrapy's finish reason, or that it is running."""
    return word(plain(run.get("finish_reason") or "running"))


def quality(run: Run) -> tuple[str, list[str]]:
    """Read the quality of a run.

    Returns: the word for `ok`, `degraded`, `failed` or `running`, a dash where there is none; the causes, a line each.
    """
    stored = run.get("quality") or {}
    why = stored.get("why") or []
    lines = [why] if isinstance(why, str) else why
    told = [translate_stored(word(plain(line)), STORED_FAULTS) for line in lines]
    return word(str(stored.get("state") or "-")), told


def _pairs(name: str, values: Run | None, width: int) -> Iterator[str]:
    """Write the values that are set as `name=value`, as many on a line as fit."""
    line, indent = name, " " * columns(name)
    for key, value in (values or {}).items():
        if value in (None, "", []):
            continue
        pair = f"{key}={plain(','.join(map(str, value)) if isinstance(value, list) else value)}"
        if line not in (name, indent) and columns(line) + 2 + columns(pair) > width:
            yield fit(line, width)
            line = indent
        line += f"  {pair}"
    if line != name:
        yield fit(line, width)


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%" if whole else "-"
