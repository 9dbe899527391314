"""The text of `scrapy crawls`: a table of the runs, or one run in full."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kolcrawl.cli.terminal import columns, fit, plain
from kolcrawl.locale import clock, listed, mark, tr, translate_stored, trn, word, zone_name
from kolcrawl.report.advice import advice, skip_advice
from kolcrawl.report.foreign_stories import STORED_NOTES
from kolcrawl.report.quality import STORED_FAULTS
from kolcrawl.store.write.runs import is_running

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
    "new_links": mark("links added to the network"),
    "new_stories": mark("stories added to the network, with those known from links alone and those merged since"),
    "stubs": mark("of the stories added, those not visited by its end: stubs and skipped ones"),
    "copies": mark("copies of other stories, of the stories visited"),
}
"""The counts of a run, in words."""
LISTED_COUNTS = ("fetched", "failed", "gone", "skipped", "links")
"""The counts in the list of runs."""
LEFT_AWAY_FIRST = ("took", "end", "skipped", "links", "gone", "failed")
"""Columns of the list of runs that are left away where the terminal is too narrow, in this order."""
MAX_END_WIDTH, MIN_SEEDS_WIDTH = 12, 12


def list_lines(runs: Sequence[Run], width: int) -> Iterator[str]:
    """Write a header and one line for each run, in the order given, and which columns the terminal has no room for."""
    if not runs:
        yield tr("no runs yet: scrapy crawl related -a url=https://...")
        return
    table = _listed_columns(runs)
    room = {name: max(map(columns, cells)) for name, cells in table.items()}
    room["end"] = min(room["end"], MAX_END_WIDTH)
    seeds = room.pop("seeds")
    left_away = []
    for name in LEFT_AWAY_FIRST:
        if sum(room.values()) + 2 * (len(room) - 1) > width:
            del room[name]
            left_away.append(table[name][0])
    left = width - sum(room.values()) - 2 * len(room)
    if left >= min(seeds, MIN_SEEDS_WIDTH):
        room["seeds"] = min(seeds, left)
    else:
        left_away.append(table["seeds"][0])
    numbers = {"took", *LISTED_COUNTS}
    for at in range(len(runs) + 1):
        cells = (fit(table[name][at], room[name], pad=True, right=name in numbers) for name in room)
        yield fit("  ".join(cells).rstrip(), width)
    if left_away:
        yield tr("no room here for: {names} (`scrapy crawls ID` shows a run in full)", names=listed(left_away))


def _listed_columns(runs: Sequence[Run]) -> dict[str, list[str]]:
    """Return the columns of the list of runs, each with its heading first."""
    table = {
        "id": [tr("id"), *(run["_id"] for run in runs)],
        "started": [tr("started ({zone})", zone=zone_name()), *(clock(run["started_at"]) for run in runs)],
        "took": [tr("took"), *map(duration_text, runs)],
        "end": [tr("end"), *map(ending, runs)],
        "quality": [tr("quality"), *(quality(run)[0] for run in runs)],
    }
    for name in LISTED_COUNTS:
        table[name] = [word(name), *(str((run.get("counts") or {}).get(name, 0)) for run in runs)]
    table["seeds"] = [tr("seeds"), *(" ".join(map(plain, run.get("seeds") or ())) for run in runs)]
    return table


def crawl_lines(run: Run, width: int, others: Sequence[str] = ()) -> Iterator[str]:
    """Write one run, with what to do about each reason of failure.

    Args:
        others: ids of the other runs of its job, which was taken up again.
    """
    counts = run.get("counts") or {}
    state, why = quality(run)
    yield tr("crawl {id}", id=run["_id"])
    spider = tr("spider {name}", name=run["spider"])
    yield fit(tr("{spider}   Scrapyd job {job}", spider=spider, job=run["job"]) if run.get("job") else spider, width)
    if others:
        yield trn(
            "the job has {n} other run: {ids}", "the job has {n} other runs: {ids}", len(others), ids=listed(others)
        )
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
    line = tr("{line}, last sign of life {time}", line=line, time=clock(run.get("heartbeat_at"), seconds=True))
    if is_running(run):
        return line
    return tr("{line}; the next crawl that starts counts what it wrote", line=line)


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
    """Write how a run ended: Scrapy's finish reason, that it is running, or that it was killed and nobody noted it."""
    return word(plain(run.get("finish_reason") or ("running" if is_running(run) else "killed")))


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
