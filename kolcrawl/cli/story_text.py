"""The report of `scrapy story`: a story and its neighbours, as data and as text."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any

from kolcrawl.cli.terminal import columns, fit, plain
from kolcrawl.locale import clock, listed, tr, word, zone_name
from kolcrawl.report.advice import advice
from kolcrawl.store.read.reader import KIND_ORDER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kolcrawl.network import Network
    from kolcrawl.store.read.records import Neighbour

MAX_TITLE_COLUMNS = 60  # longer lines are hard to follow by eye
MAX_BLOCK_LINKS = 100  # shown of one block; a story that stands in a site's list of the most read has thousands
STATE_COLUMNS = 18
REASON_WORDS = {
    "excluded": "pattern",
    "not_included": "pattern",
    "private_address": "private",
    "redirect_loop": "in circles",
    "site_budget": "budget",
}
"""Reasons that would not fit into `STATE_COLUMNS` beside the status."""
SHORT_FIELDS = ("_id", "title", "url", "site", "status", "reason", "published_at", "published", "discovered")


def story_report(network: Network, story: str) -> dict[str, Any]:
    """Collect everything that the network knows around a story.

    Returns: `story`, `copies` (the other members of its group), `found` (the way from the seed), `out` and `in`
        (neighbours by kind and place, each a `link` and a `story`), `visits`, `revisions`.

    Raises:
        ArgumentError: the network does not hold the story.
    """
    found = network.required(story)
    key = found["_id"]
    visits = [visit | {"links": len(visit.get("links") or ())} for visit in network.visits(key)]
    return {
        "story": found,
        "copies": [_short(other) for other in network.group(key) if other["_id"] != key],
        "found": [{"story": _short(step.story), "link": step.link} for step in network.discovery(key)],
        "out": [_neighbour(near) for near in network.neighbours(key, "out")],
        "in": [_neighbour(near) for near in network.neighbours(key, "in")],
        "visits": visits,
        "revisions": network.revisions(key),
    }


def story_lines(report: dict[str, Any], width: int) -> Iterator[str]:
    """Write a report as lines of at most `width` columns; long URLs are not cut, so that they can be copied."""
    story = report["story"]
    yield fit(story["title"] or tr("(no title)"), width)
    yield plain(story["url"])
    yield tr("key {key}", key=story["_id"])
    yield from (fit(line, width) for line in _facts(report))
    yield ""
    yield tr("how it was found (crawl {id})", id=plain(story["discovered"].get("crawl")))
    for step in report["found"]:
        yield fit(_step(step), width)
    yield from _links(report["out"], width, out=True)
    yield from _links(report["in"], width, out=False)
    yield from _past(report, width)


def _facts(report: dict[str, Any]) -> Iterator[str]:
    story = report["story"]
    published = story.get("published") or {}
    precision = word(published["precision"]) if published.get("precision") else None
    how = listed(filter(None, (published.get("source"), precision, _zone(published))))
    when = tr("published {time}", time=_published(story, zoned=True))
    if how:
        when = tr("{when} ({how})", when=when, how=how)
    yield tr("site {site}   {when}", site=story["site"], when=when)
    yield tr("status {status}", status=_status(story))
    numbers = [tr("depth {n}", n=story["depth"]), tr("relevance {share}", share=_share(story.get("relevance")))]
    if story.get("lang"):
        numbers.append(tr("language {tag}", tag=story["lang"]))
    if story.get("text_chars"):
        numbers.append(tr("text {n:,} characters", n=story["text_chars"]))
    yield "   ".join(numbers)
    if story.get("authors") or story.get("origin"):
        by = tr("by {names}", names=listed(story["authors"])) if story.get("authors") else ""
        origin = tr("from {name}", name=story["origin"]) if story.get("origin") else ""
        yield "   ".join(filter(None, (by, origin)))
    if story.get("tags"):
        yield tr("tags {names}", names=listed(story["tags"]))
    if story.get("aliases"):
        yield tr("also seen as {urls}", urls=", ".join(story["aliases"]))
    if report["copies"]:
        yield from _group(story, report["copies"])


def _group(story: dict[str, Any], copies: list[dict[str, Any]]) -> Iterator[str]:
    n = len(copies) + 1
    if story.get("copy_of"):
        similarity = _share(story.get("copy_similarity"))
        yield tr("group of {n}, copy of {key} (similarity {share}):", n=n, key=story["copy_of"], share=similarity)
    elif story["group"] == story["_id"]:
        yield tr("group of {n}, leads its copies:", n=n)
    else:
        yield tr("group of {n}, one of several copies:", n=n)
    for copy in copies:
        leads = fit(tr("leads") if copy["_id"] == story["group"] else tr("copy"), 6, pad=True)
        facts = f"{_published(copy, zoned=True):<20}  {copy['_id'][:8]}  {copy['site']}"
        yield f"  {leads} {facts}  {copy['title'] or copy['url']}"


def _status(story: dict[str, Any]) -> str:
    if story["reason"]:
        words = advice(story["reason"])
        return tr("{status} ({reason}): {words}", status=word(story["status"]), reason=story["reason"], words=words)
    if story["status"] == "stub":
        return tr("stub: known only from links, not fetched yet")
    last = story.get("last_visit") or {}
    if last.get("outcome") == "failed":
        return tr(
            "{status}; the latest visit failed ({reason}): {words}",
            status=word(story["status"]), reason=last["reason"], words=advice(last["reason"]),
        )  # fmt: skip
    return word(str(story["status"]))


def _state(story: dict[str, Any]) -> str:
    """Write what became of a story at the other end of a link: its status, and the reason in a word or two."""
    reason: str | None = story["reason"]
    if not reason:
        return word(str(story["status"]))
    words = REASON_WORDS.get(reason, reason.removeprefix("http_").replace("_", " "))
    return f"{word(story['status'])} {words}"


def _step(step: dict[str, Any]) -> str:
    story, link = step["story"], step["link"]
    found = story["discovered"]
    how = word(found.get("kind") or "?")
    if link:
        how += f" {link['position']}"
    return f"  {clock(found.get('at'))}  {fit(how, 14, pad=True)}  {story['_id'][:8]}  {story['title'] or story['url']}"


def _links(rows: list[dict[str, Any]], width: int, *, out: bool) -> Iterator[str]:
    yield ""
    name = tr("links out ({n})", n=len(rows)) if out else tr("links in ({n})", n=len(rows))
    yield name + (tr(", × no longer on the page") if _some_left(rows) else "")

    def block(row: dict[str, Any]) -> tuple[int, str, str]:
        link = row["link"]
        return _rank(link["kind"]), link["kind"], (link["heading"] or "") if out else ""

    def place(row: dict[str, Any]) -> tuple[Any, ...]:
        return *block(row), not row["link"]["active"], row["link"]["position"]

    for (_, kind, heading), members in groupby(sorted(rows, key=place), key=block):
        yield fit(f"  {word(kind)}" + (f" · {heading}" if heading else ""), width)
        for number, row in enumerate(members):
            if number == MAX_BLOCK_LINKS:
                yield tr("  … and {n} more (--json shows all)", n=sum(1 for _ in members) + 1)
                break
            link, other = row["link"], row["story"]
            mark = " " if link["active"] else "×"
            state = fit(_state(other), STATE_COLUMNS, pad=True)
            head = f"  {link['position']:>3}{mark} {_published(other):<16}  {state}"
            tail = f"  {other['_id'][:8]}"
            title = other["title"] or link["anchor"] or other["url"]
            title_columns = max(12, min(MAX_TITLE_COLUMNS, width - columns(head) - columns(tail) - 1))
            yield fit(f"{head} {fit(title, title_columns, pad=True)}{tail}", width)
            yield f"{'':7}{plain(other['url'])}"
    advices = {_state(row["story"]): advice(row["story"]["reason"]) for row in rows if row["story"]["reason"]}
    yield from (fit(tr("  {state}: {words}", state=state, words=text), width) for state, text in advices.items())


def _past(report: dict[str, Any], width: int) -> Iterator[str]:
    yield ""
    yield tr("visits ({n})", n=len(report["visits"]))
    for visit in report["visits"]:
        status = visit.get("http_status") or ""
        outcome = f"{word(visit['outcome'])} {visit.get('reason') or ''}".strip()
        facts = tr(
            "{size:.0f} kB  {time} ms  {n} links  crawl {id}",
            size=visit["bytes"] / 1000, time=visit["elapsed_ms"], n=visit["links"], id=visit["crawl"],
        )  # fmt: skip
        yield fit(f"  {clock(visit['at'], seconds=True)}  {outcome}  {status}  {facts}", width)
    if report["revisions"]:
        yield ""
        yield tr("earlier versions ({n})", n=len(report["revisions"]))
    for revision in report["revisions"]:
        line = tr(
            "  until {time}  {changed}", time=clock(revision["at"]), changed=listed(map(word, revision["changed"]))
        )
        if "title" in revision["changed"]:
            line = tr("{line}  was: {title}", line=line, title=plain(revision["title"]))
        yield fit(line, width)


def _some_left(rows: list[dict[str, Any]]) -> bool:
    return not all(row["link"]["active"] for row in rows)


def _rank(kind: str) -> int:
    return KIND_ORDER.get(kind, len(KIND_ORDER))


def _published(story: dict[str, Any], *, zoned: bool = False) -> str:
    """Write when a story was published, as precisely as its page says: a day, or a moment, with its zone if asked."""
    at = story["published_at"]
    if at is None:
        return "-"
    day = (story.get("published") or {}).get("precision") == "day"
    return f"{at:%Y-%m-%d}" if day else clock(at) + (f" {zone_name()}" if zoned else "")


def _zone(published: dict[str, Any]) -> str:
    return tr("zone assumed") if published.get("tz") == "assumed" else ""


def _share(value: float | None) -> str:
    return "-" if value is None else f"{value:.2f}"


def _neighbour(near: Neighbour) -> dict[str, Any]:
    return {"link": near.link, "story": _short(near.story)}


def _short(story: Any) -> dict[str, Any]:
    return {name: story.get(name) for name in SHORT_FIELDS}
