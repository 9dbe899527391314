"""How well pages and golds of other tools' own evaluations are read, beside those tools.

DIR holds one folder a suite, with an `index.jsonl` of `id`, `url` and a gold, and `pages/<id>.html.gz`:

- `dates` (htmldate's evaluation): `day` of publication, null where there is none. The share of pages whose day is
  right, as stored in UTC and as printed: the day in the zone that the page states beside its time, if it states one.
- `texts` (Zyte's article-extraction-benchmark): `text`. F1 over shingles of four words, as its own script counts.
- `segments` (trafilatura's evaluation): `with` and `without`, pieces that the text must and must not hold.

Nothing is fetched. Where a peer is not installed, that is printed in place of its figures.
"""

from __future__ import annotations

import gzip
import json
import re
import time
from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from kolcrawl.extract.extract_page import extract_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SUITES = ("dates", "texts", "segments")
SHINGLE = 4  # words
_YEAR_FIRST = re.compile(r"\b(\d{4})[./\u5e74-](\d{1,2})[./\u6708-](\d{1,2})")
_WORD = re.compile(r"\w+")


@dataclass(frozen=True)
class SuitePage:
    """One page of a suite."""

    url: str
    """As the suite gives it; some are file names."""
    body: bytes
    gold: dict[str, Any]


def suite_pages(folder: Path) -> Iterator[SuitePage]:
    """Read the pages of one suite, with their golds."""
    for line in (folder / "index.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        body = gzip.decompress((folder / "pages" / f"{row['id']}.html.gz").read_bytes())
        yield SuitePage(row["url"], body, row)


def by_kolcrawl(page: SuitePage) -> dict[str, Any]:
    """Read a page as `scrapy extract --pages` does."""
    story: dict[str, Any] = extract_page(page.body, page.url).get("story") or {}
    return {
        "day": (story.get("published_at") or "")[:10] or None,
        "printed": printed_day(story),
        "text": story.get("text"),
    }


def by_trafilatura(page: SuitePage) -> dict[str, Any]:
    """Read text and date with trafilatura."""
    import trafilatura

    answer: Any = trafilatura.bare_extraction(page.body, url=page.url, with_metadata=True, include_comments=False)
    return {} if answer is None else {"day": answer.date, "printed": answer.date, "text": answer.text}


def by_htmldate(page: SuitePage) -> dict[str, Any]:
    """Read the date with htmldate, its extensive search on, as its own evaluation has it."""
    from htmldate import find_date

    day = find_date(page.body, original_date=True, extensive_search=True)
    return {"day": day, "printed": day}


def by_newspaper(page: SuitePage) -> dict[str, Any]:
    """Read text and date with newspaper4k, out of the page's bytes."""
    import newspaper  # type: ignore[import-untyped]

    article = newspaper.Article(page.url if "://" in page.url else "https://unknown.invalid/", fetch_images=False)
    article.download(input_html=page.body.decode("utf-8", "replace"))
    article.parse()
    day = str(article.publish_date)[:10] if article.publish_date else None
    return {"day": day, "printed": day, "text": article.text}


PEERS: tuple[tuple[str, str, Any, tuple[str, ...]], ...] = (
    ("trafilatura", "trafilatura", by_trafilatura, SUITES),
    ("htmldate", "htmldate", by_htmldate, ("dates",)),
    ("newspaper4k", "newspaper", by_newspaper, SUITES),
)
"""Name, module, reader and the suites that it can answer."""


def print_suites(folder: Path, peers: bool) -> None:
    """Print the figures of all suites in a folder.

    Args:
        folder: of the suites; those that are not there are named.
        peers: whether other tools are run as well.
    """
    for suite in SUITES:
        if not (folder / suite / "index.jsonl").exists():
            print(f"\n{suite}: not in {folder}")
            continue
        pages = list(suite_pages(folder / suite))
        print(f"\n{suite}: {len(pages)} pages")
        _print_one("kolcrawl", suite, by_kolcrawl, pages)
        for name, module, reader, suites in PEERS if peers else ():
            if suite not in suites:
                continue
            if find_spec(module) is None:
                print(f"  {name}: not installed here (pip install -e '.[bench]'), no figures")
                continue
            _print_one(name, suite, reader, pages)


def _print_one(name: str, suite: str, read: Callable[[SuitePage], dict[str, Any]], pages: list[SuitePage]) -> None:
    answers: list[tuple[dict[str, Any], dict[str, Any]]] = []
    raised = 0
    started = time.process_time()
    for page in pages:
        try:
            answers.append((page.gold, read(page)))
        except Exception:  # a peer that raises is part of the result
            raised += 1
            answers.append((page.gold, {}))
    spent = 1000 * (time.process_time() - started) / len(pages)
    note = f", {raised} raised" if raised else ""
    print(f"  {name}: {_SCORES[suite](answers)}{note}, {spent:.0f} ms of CPU a page")


def _score_dates(answers: list[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    printed = sum(answer.get("printed") == gold["day"] for gold, answer in answers) / len(answers)
    stored = sum(answer.get("day") == gold["day"] for gold, answer in answers) / len(answers)
    none = sum(answer.get("day") is None for _, answer in answers)
    return f"printed day {printed:.3f}, day in UTC {stored:.3f}, none {none}"


def _score_texts(answers: list[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    precisions, recalls = [], []
    for gold, answer in answers:
        wanted, found = shingles(gold["text"]), shingles(answer.get("text") or "")
        common = (wanted & found).total()
        precisions.append(common / found.total() if found else float(not wanted))
        recalls.append(common / wanted.total() if wanted else 1.0)
    return _f1(sum(precisions) / len(precisions), sum(recalls) / len(recalls))


def _score_segments(answers: list[tuple[dict[str, Any], dict[str, Any]]]) -> str:
    right = wrong = lost = 0
    for gold, answer in answers:
        text = _spaced(answer.get("text") or "")
        held = sum(_spaced(piece) in text for piece in gold["with"])
        right, lost = right + held, lost + len(gold["with"]) - held
        wrong += sum(_spaced(piece) in text for piece in gold["without"])
    return _f1(right / max(right + wrong, 1), right / max(right + lost, 1))


_SCORES = {"dates": _score_dates, "texts": _score_texts, "segments": _score_segments}


def _f1(precision: float, recall: float) -> str:
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0.0
    return f"F1 {f1:.4f} (precision {precision:.4f}, recall {recall:.4f})"


def _spaced(text: str) -> str:
    return " ".join(text.split())


def shingles(text: str) -> Counter[tuple[str, ...]]:
    """Count the runs of `SHINGLE` words in a text; a shorter text is one run."""
    words = _WORD.findall(text)
    count = max(1, len(words) - SHINGLE + 1) if words else 0
    return Counter(tuple(words[at : at + SHINGLE]) for at in range(count))


def printed_day(story: dict[str, Any]) -> str | None:
    """Tell the day of publication as the page prints it, which may be another than in UTC.

    Args:
        story: of `scrapy extract`.
    """
    stored = story.get("published_at")
    if not stored:
        return None
    published = story.get("published") or {}
    if day := published.get("day"):
        return str(day)
    raw = (published.get("raw") or "").strip()
    if published.get("precision") == "day":
        return str(stored[:10])
    if match := re.match(r"(\d{4})-(\d{2})-(\d{2})", raw):
        return match[0]
    if match := re.match(r"(\d{4})(\d{2})(\d{2})(?!\d)", raw) or _YEAR_FIRST.search(raw):
        return f"{int(match[1]):04}-{int(match[2]):02}-{int(match[3]):02}"
    days = {int(number) for number in re.findall(r"(?<!\d)(\d{1,2})(?!\d)", raw)}
    for off in (0, -1, 1):
        near = date.fromisoformat(stored[:10]) + timedelta(off)
        if near.day in days:
            return near.isoformat()
    return str(stored[:10])
