"""How well and how fast stories are read: kolcrawl beside trafilatura and newspaper4k, on the same pages in one run.

    python benchmarks/stories.py --corpus DIR [--suites DIR] [--peers] [--speed [--every N]] [--errors N]
        [--predictions FILE]

DIR holds folders of pages (`labelled`, `unlabelled`; each an `index.jsonl` with `id`, `url`, `publisher`, `lang`, and
`pages/<id>.html.gz`) and `gold/<id>.json` with any of `title`, `date`, `authors`, `body`. kolcrawl goes the way of a
crawl: `read_page`, `story_from_page`, `clean_story`. Over the pages whose gold has the field it prints the share of
titles with the same letters and digits (or one holding the other and at least 60 % of it), of dates within 24 hours,
of dates exact to the minute where the gold has a time, of pages with all gold authors found, and the mean F1 of the
text's tokens (words; single East Asian characters). Publishers are dealt into two halves, A and B, by a hash of their
domain, to show how far the figures depend on who is among them. For kolcrawl it also counts the sentences of the texts
that do not stand on their page without a gap (`lost_words.py`).

--suites adds the pages and golds of other tools' own evaluations (`story_suites.py`); either folder may be left out.

--peers runs trafilatura (with its metadata) and newspaper4k as well; both come with the extra `bench`. --speed prints
the CPU time of `read_page` and of its parts as a ratio to trafilatura's `bare_extraction(fast=True)`, for structured
pages and for the rest. A page is structured when its markup names both headline and date of its article: in a JSON-LD
node of a type of article, in microdata (`itemprop`), or in OpenGraph (`og:title` with `article:published_time`).
The least of several readings in a row is what a page costs whose site was met before; "site unseen" is the first.
Nothing is fetched.
"""

from __future__ import annotations

import argparse
import gc
import gzip
import hashlib
import json
import re
import sys
import time
import unicodedata
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from lost_words import SentenceCount, count_sentences
from story_suites import print_suites

from kolcrawl.page import Page, SiteRules, parse_document, read_page
from kolcrawl.page.encoding import decode
from kolcrawl.page.facts.meta import read_markup
from kolcrawl.page.facts.story_facts import read_facts
from kolcrawl.story.clean import clean_story
from kolcrawl.story.from_page import story_from_page

if TYPE_CHECKING:
    from collections.abc import Callable

    from kolcrawl.page.facts.meta import Markup

FIELDS = ("title", "date_day", "date_minute", "authors", "text_f1")
NOW = datetime.now(UTC)
LOW_MARK = 0.7  # below it a page is listed among the errors
REPEATS = 3  # the least of them counts: other programs run on the machine too
_TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+")


class Stored(NamedTuple):
    """One page of the corpus."""

    id: str
    url: str
    half: str
    """`labelled` or `unlabelled`."""
    part: str
    """`A` or `B`: half of the publishers, by a hash of their domain."""
    body: bytes
    gold: dict[str, Any]


def corpus_pages(corpus: Path) -> list[Stored]:
    """Read all pages of a corpus, with their gold."""
    pages = []
    for half in ("labelled", "unlabelled"):
        for line in (corpus / half / "index.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            gold = corpus / "gold" / f"{row['id']}.json"
            first = hashlib.sha1(row["publisher"].encode(), usedforsecurity=False).digest()[0] % 2
            pages.append(
                Stored(
                    row["id"],
                    row["url"],
                    half,
                    "A" if first else "B",
                    gzip.decompress((corpus / half / "pages" / f"{row['id']}.html.gz").read_bytes()),
                    json.loads(gold.read_text(encoding="utf-8")) if gold.exists() else {},
                )
            )
    return pages


def by_kolcrawl(page: Stored) -> dict[str, Any]:
    """Read the story as `scrapy extract` does."""
    item = clean_story(
        story_from_page(read_page(page.body, page.url, {}, now=NOW), requested_url=page.url, visited_at=NOW)
    )
    return item.to_json() | {"outcome": item.outcome, "reason": item.reason}


def by_trafilatura(page: Stored) -> dict[str, Any]:
    """Read the story with trafilatura, metadata included."""
    import trafilatura

    answer: Any = trafilatura.bare_extraction(page.body, url=page.url, with_metadata=True, include_comments=False)
    if answer is None:
        return {}
    names = [name for name in (answer.author or "").split("; ") if name]
    return {"title": answer.title, "published_at": answer.date, "authors": names, "text": answer.text}


def by_newspaper(page: Stored) -> dict[str, Any]:
    """Read the story with newspaper4k, out of the page's bytes."""
    import newspaper  # type: ignore[import-untyped]

    article = newspaper.Article(page.url, fetch_images=False)
    article.download(input_html=decode(page.body)[0])
    article.parse()
    date = article.publish_date
    return {
        "title": article.title,
        "published_at": date.isoformat() if isinstance(date, datetime) else date,
        "authors": article.authors,
        "text": article.text,
    }


def score(story: dict[str, Any], gold: dict[str, Any]) -> dict[str, float]:
    """Mark the fields that the gold has, from 0 to 1."""
    marks: dict[str, float] = {}
    if gold.get("title"):
        marks["title"] = _same_title(story.get("title") or "", gold["title"])
    if gold.get("date"):
        marks |= _date_marks(story.get("published_at") or "", str(gold["date"]))
    if gold.get("authors"):
        found = " ".join(map(_letters, story.get("authors") or []))
        marks["authors"] = all(_letters(name) in found for name in gold["authors"])
    if gold.get("body"):
        marks["text_f1"] = _token_f1(story.get("text") or "", gold["body"])
    return {name: float(mark) for name, mark in marks.items()}


def _date_marks(found: str, gold: str) -> dict[str, float]:
    want, got = _moment(gold), _moment(found)
    if want is None:
        return {}
    marks: dict[str, float] = {"date_day": got is not None and abs(got - want) <= timedelta(hours=24)}
    if len(gold) > 12 and (want.hour or want.minute):
        marks["date_minute"] = got is not None and abs(got - want) < timedelta(minutes=1)
    return marks


def _token_f1(found: str, gold: str) -> float:
    found_tokens, gold_tokens = (Counter(_TOKEN.findall(text.casefold())) for text in (found, gold))
    common = (found_tokens & gold_tokens).total()
    return 2 * common / (found_tokens.total() + gold_tokens.total()) if common else 0.0


def _letters(text: str) -> str:
    return "".join(c for c in unicodedata.normalize("NFKC", text).casefold() if c.isalnum())


def _same_title(found: str, gold: str) -> bool:
    short, long = sorted((_letters(found), _letters(gold)), key=len)
    return bool(short) and (short == long or (short in long and len(short) >= 0.6 * len(long)))


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@dataclass
class Result:
    """What one way of reading gives for the corpus."""

    pages: int = 0
    raised: int = 0
    empty: int = 0
    """Pages without text."""
    broken: int = 0
    """Pages with U+FFFD of our making."""
    turned_away: int = 0
    """Pages that are no story."""
    marks: dict[tuple[str, str], list[float]] = field(default_factory=lambda: defaultdict(list))
    """By field and group of pages."""
    wrong: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    """Pages with a low mark, by field."""

    def add(self, page: Stored, story: dict[str, Any]) -> None:
        """Count one page."""
        self.pages += 1
        self.empty += not story.get("text")
        self.turned_away += bool(story.get("reason"))
        read = (story.get("text") or "") + (story.get("title") or "")
        self.broken += "\ufffd" in read and b"\xef\xbf\xbd" not in page.body
        for name, mark in score(story, page.gold).items():
            for group in ("all", page.half, page.part):
                self.marks[name, group].append(mark)
            if mark < LOW_MARK:
                given = str(story.get("published_at" if name.startswith("date") else name, ""))[:90]
                self.wrong[name].append(f"{page.id}: {given if name != 'text_f1' else f'{mark:.2f}'}")

    def print(self, name: str, seconds: float, errors: int) -> None:
        """Print the marks, for all pages, by folder and by halves of the publishers."""
        groups = ("all", "labelled", "unlabelled", "A", "B")
        spent = 1000 * seconds / self.pages
        counts = f"{self.pages} pages, {self.raised} raised, {self.empty} without text"
        print(f"\n{name}: {counts}, {spent:.1f} ms of CPU a page")
        if name == "kolcrawl":
            print(f"  turned away as no story: {self.turned_away}; U+FFFD of our making: {self.broken}")
        print("  " + "".join(f"{head:>18}" for head in ("", *groups)))
        for one in FIELDS:
            rows = [self.marks[one, group] for group in groups]
            cells = [(sum(row) / len(row) if row else 0.0, len(row)) for row in rows]
            print(f"  {one:>18}" + "".join(f"{f'{mean:.3f} ({count})':>18}" for mean, count in cells))
        for one in FIELDS:
            for note in self.wrong[one][:errors]:
                print(f"    {one} {note}")


def accuracy(
    name: str, read: Callable[[Stored], dict[str, Any]], pages: list[Stored], errors: int, log: list[str]
) -> int:
    """Read all pages in one way and print the marks.

    Returns: how many pages raised.
    """
    result = Result()
    started = time.process_time()
    for page in pages:
        try:
            story = read(page)
        except Exception as error:  # a peer that raises is part of the result
            result.raised += 1
            print(f"{name}: {page.id} raised {type(error).__name__}: {error}", file=sys.stderr)
            story = {}
        log.append(json.dumps({"id": page.id, "story": story}, ensure_ascii=False, default=str))
        result.add(page, story)
    result.print(name, time.process_time() - started, errors)
    return result.raised


def print_lost_words(pages: list[Stored], errors: int) -> None:
    """Print how many sentences of the texts stand on their page without a gap."""
    count = SentenceCount()
    for page in pages:
        document = parse_document(page.body, page.url)
        read = read_page(page.body, page.url, {}, now=NOW)
        told = read_markup(document).script.found.html if read.story.sources.get("text") == "script" else ""
        item = clean_story(story_from_page(read, requested_url=page.url, visited_at=NOW))
        if item.text:
            count_sentences(document, item.text, count, page.id, told)
    print(
        f"\nsentences of the texts: {count.sentences}; without a gap on their page {count.whole}, but for elements that"
        f" are no words of them {count.unseen_out}, with words left out {count.words_out} (on {len(count.pages)} pages)"
        f", not followed {count.not_found}"
    )
    for element, times in count.elements.most_common(errors):
        print(f"    left out {times} times: {element}")
    for note in count.pages[:errors]:
        print(f"    {note}")


def is_structured(markup: Markup) -> bool:
    """Tell whether the page's markup names headline and date of its article, in one of the three vocabularies."""
    node, props = markup.article or {}, markup.props
    return bool(
        (node.get("headline") and node.get("datePublished"))
        or ("headline" in props and "datepublished" in props)
        or (markup.first("og:title") and markup.first("article:published_time"))
    )


def speed(pages: list[Stored]) -> None:
    """Print the CPU time of `read_page` and of the whole way to a cleaned item beside trafilatura's."""
    import trafilatura

    def story_alone(page: Stored) -> None:
        document = parse_document(page.body, page.url)
        read_facts(document, Page(url=page.url, encoding=document.encoding), SiteRules(), NOW)

    ways: dict[str, Callable[[Stored], object]] = {
        "trafilatura fast": lambda page: trafilatura.bare_extraction(page.body, fast=True),
        "and its metadata": lambda page: trafilatura.bare_extraction(
            page.body, url=page.url, fast=True, with_metadata=True
        ),
        "read_page": lambda page: read_page(page.body, page.url, {}, now=NOW),
        "read and clean": by_kolcrawl,
        "without links": story_alone,
        "parse": lambda page: parse_document(page.body, page.url),
    }
    structured = {page.id: is_structured(read_markup(parse_document(page.body, page.url))) for page in pages}
    spent: dict[tuple[str, str], float] = {}
    for way in ways.values():
        way(pages[0])  # models and tables are loaded once a crawl, not once a page
    gc.collect()
    gc.freeze()
    gc.disable()  # what one way leaves behind is not to be cleared away at another's cost
    for page in pages:
        for name, way in ways.items():
            times = []
            for _ in range(REPEATS):
                started = time.process_time()
                way(page)
                times.append(time.process_time() - started)
            spent[name, page.id] = min(times)
            if name == "read_page":  # the first reading of a page, of a site of which nothing is cached
                spent["site unseen", page.id] = times[0]
        gc.collect()
    gc.enable()
    print(f"\nCPU ms a page, least of {REPEATS}, and ratio to trafilatura's bare_extraction(fast=True)")
    for label, chosen in (("structured", True), ("the rest", False)):
        ids = [page.id for page in pages if structured[page.id] is chosen]
        base = sum(spent["trafilatura fast", one] for one in ids)
        sums = {name: sum(spent[name, one] for one in ids) for name in ("site unseen", *ways)}
        print(
            f"  {label:>10} ({len(ids)} pages): "
            + ", ".join(f"{name} {1000 * t / len(ids):.1f} ({t / base:.2f})" for name, t in sums.items())
        )


def main() -> int:
    """Run what was asked for; 0 unless a page of the corpus made kolcrawl raise."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path)
    parser.add_argument("--suites", type=Path)
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--speed", action="store_true")
    parser.add_argument("--every", type=int, default=1, help="time only every such page")
    parser.add_argument("--errors", type=int, default=0, help="pages to list for each field")
    parser.add_argument("--predictions", type=Path, help="write kolcrawl's stories, one JSON object a page")
    args = parser.parse_args()
    if args.corpus is None and args.suites is None:
        parser.error("give --corpus DIR, --suites DIR or both")
    raised = _read_corpus(args) if args.corpus else 0
    if args.suites:
        print_suites(args.suites, args.peers)
    return 1 if raised else 0


def _read_corpus(args: argparse.Namespace) -> int:
    """Read the corpus in the ways that were asked for.

    Returns: how many pages made kolcrawl raise.
    """
    pages = corpus_pages(args.corpus)
    log: list[str] = []
    raised = accuracy("kolcrawl", by_kolcrawl, pages, args.errors, log)
    print_lost_words(pages, args.errors)
    if args.predictions:
        args.predictions.write_text("\n".join(log) + "\n", encoding="utf-8")
    if args.peers:
        accuracy("trafilatura", by_trafilatura, pages, 0, [])
        if find_spec("newspaper") is None:
            print("\nnewspaper4k: not installed here (pip install -e '.[bench]'), no figures")
        else:
            accuracy("newspaper4k", by_newspaper, pages, 0, [])
    if args.speed:
        speed(pages[:: args.every])
    return raised


if __name__ == "__main__":
    sys.exit(main())
