"""Measure how well and how fast related blocks are found.

    python benchmarks/related.py --corpus LABELLED
    python benchmarks/related.py --corpus LABELLED UNLABELLED --more-labels benchmarks/related/labels.jsonl \\
        --cross-validate --foreign
    python benchmarks/related.py --site SITE... --corpus LABELLED UNLABELLED \\
        --more-labels benchmarks/related/labels.jsonl

The first form asks the shipped model (which has seen these pages), through `read_page`, as a crawl does. With
--cross-validate a model is trained for each fifth of the publishers on the other four, so that no page's publisher is
in its own training part; --foreign trains on one folder and measures on the publishers of the other. --site measures
on generated sites, with and without what a site teaches while it is read, by a later crawl and by two at once: a model
trained without the publishers of the site's templates when a corpus is given, otherwise the shipped one. These need
lightgbm and scikit-learn.
Then milliseconds a page beyond parsing, and as a ratio to the parse of the same page.
"""

from __future__ import annotations

import argparse
import gzip
import html
import json
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from unittest.mock import patch

from related_corpus import LabelledPage, fold_of, read_corpus, score

from kolcrawl.crawl.site_blocks import FIRST_KEPT
from kolcrawl.items import BlockLesson, joined_lesson
from kolcrawl.page import parse_document, read_page
from kolcrawl.page.page import Page
from kolcrawl.page.related.find_links import find_links
from kolcrawl.page.related.model import Model, read_model, shipped_model
from kolcrawl.page.related.site_memory import SiteMemory
from kolcrawl.page.site_rules import SiteRules
from kolcrawl.urls import site_of
from kolcrawl.urls.identity import url_parts

COLUMNS = ("precision", "recall", "f1", "macro_f1", "quiet")
LEAST_PAGES = 5  # languages with fewer are summed up


def table(title: str, pages: list[LabelledPage], predict: Callable[[LabelledPage], list[str]]) -> None:
    """Print the scores of all pages, and by language."""
    predicted = {page.id: predict(page) for page in pages}
    by_lang: dict[str, list[LabelledPage]] = defaultdict(list)
    for page in pages:
        by_lang[page.lang].append(page)
    groups = {"all": pages}
    groups |= {
        lang: part for lang, part in sorted(by_lang.items(), key=lambda p: -len(p[1])) if len(part) >= LEAST_PAGES
    }
    groups["others"] = [page for part in by_lang.values() if len(part) < LEAST_PAGES for page in part]
    print(f"\n{title}\n{'':8}{'pages':>6}" + "".join(f"{name:>11}" for name in COLUMNS))
    for name, part in groups.items():
        if part:
            result = score(part, predicted)
            print(f"{name:8}{len(part):6}" + "".join(f"{result[column]:11.3f}" for column in COLUMNS))


def shipped(page: LabelledPage) -> list[str]:
    """List what a crawl would call related on the page."""
    return [link.url for link in read_page(page.body(), page.url).links if link.kind == "related"]


def cross_validate(pages: list[LabelledPage], folds: int, seed: int) -> Callable[[LabelledPage], list[str]]:
    """Make a predictor that asks, for each page, a model that never saw the page's publisher."""
    from train_related import predictor, train

    models = {
        part: predictor(train([p for p in pages if fold_of(p.publisher, folds, seed) != part])) for part in range(folds)
    }
    return lambda page: models[fold_of(page.publisher, folds, seed)](page)


def foreign(pages: list[LabelledPage], tested: Iterable[LabelledPage]) -> Callable[[LabelledPage], list[str]]:
    """Make a predictor that was trained only on publishers that none of the tested pages has."""
    from train_related import predictor, train

    publishers = {page.publisher for page in tested}
    return predictor(train([page for page in pages if page.publisher not in publishers]))


def unseen(folder: Path, pages: list[LabelledPage]) -> Model:
    """Train a model on the pages of all publishers but those of a generated site."""
    from train_related import train

    hosts = {site_of(row["url"]) for row in _rows(folder / "index.jsonl")}
    return read_model(train([page for page in pages if site_of(page.url) not in hosts]))


def site(folder: Path, model: Model) -> None:
    """Print precision and recall of related edges on a generated site: without and with what the site teaches.

    A later crawl begins with what the one before it kept; of two crawls at once, each reads every other page, and they
    tell each other what they learnt after the pages after which a crawl keeps it.

    The folder has `index.jsonl` (`url`, `file`) and `truth.jsonl` (`url`, `related`, `optional`); true links that do
    not stand on the page do not count, nor do optional ones.
    """
    truth = {row["url"]: row for row in _rows(folder / "truth.jsonl")}
    pages = [
        (row["url"], gzip.decompress((folder / row["file"]).read_bytes())) for row in _rows(folder / "index.jsonl")
    ]
    kept: dict[str, dict[int, BlockLesson]] = {}
    with patch("kolcrawl.page.related.judgement.shipped_model", lambda: model):
        _print_edges(folder, "each page for itself", pages, truth, [None], {})
        _print_edges(folder, "with what the site teaches", pages, truth, [SiteMemory()], kept)
        _print_edges(folder, "by a later crawl", pages, truth, [SiteMemory()], kept)
        _print_edges(folder, "by two crawls at once", pages, truth, [SiteMemory(), SiteMemory()], {})


def _print_edges(
    folder: Path,
    name: str,
    pages: list[tuple[str, bytes]],
    truth: dict[str, dict[str, Any]],
    memories: list[SiteMemory | None],
    kept: dict[str, dict[int, BlockLesson]],
) -> None:
    """Read the pages by turns with each memory, print how right the edges are; `kept` is what is known by host."""
    good = found = wanted = 0
    told: set[tuple[int, str]] = set()
    read: Counter[str] = Counter()
    for number, (url, body) in enumerate(pages):
        reader = number % len(memories)
        memory, host = memories[reader], url_parts(url).host
        if memory is not None and (reader, host) not in told:
            told.add((reader, host))
            memory.take_up(host, list(kept.get(host, {}).values()))
        page = read_page(body, url, memory=memory)
        known = kept.setdefault(host, {})
        for lesson in page.lessons:
            known[lesson.place] = joined_lesson(known.get(lesson.place), lesson._replace(pages=1))
        read[host] += 1
        if read[host] // len(memories) in FIRST_KEPT:
            told -= {(other, host) for other in range(len(memories))}
        text = html.unescape(body.decode("utf-8"))
        links = {link.url for link in page.links if link.kind == "related"} - set(truth[url].get("optional", ()))
        wish = {link for link in truth[url]["related"] if f'"{link}"' in text}
        good, found, wanted = good + len(links & wish), found + len(links), wanted + len(wish)
    precision, recall = good / max(1, found), good / max(1, wanted)
    print(f"{folder.name}: {name:28} precision {precision:.4f}, recall {recall:.4f} of {wanted}")


def _rows(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def speed(folders: list[Path]) -> None:
    """Print the processor time that finding links takes on every page of the folders, warm, the best of three."""
    spent, parsed, names = [], [], []
    for folder in folders:
        for row in _rows(folder / "index.jsonl"):
            page = LabelledPage(
                row["id"], row["url"], row["publisher"], row.get("lang") or "?", folder, set(), set(), True
            )
            body = page.body()
            best = parse = float("inf")
            for _ in range(3):
                start = time.process_time()
                document = parse_document(body, page.url)
                middle = time.process_time()
                find_links(document, Page(url=page.url, encoding=document.encoding), SiteRules(), None)
                end = time.process_time()
                best, parse = min(best, end - middle), min(parse, middle - start)
            spent.append(best * 1000)
            parsed.append(parse * 1000)
            names.append(page.id)
    ratios = [s / p for s, p in zip(spent, parsed, strict=True)]
    most = max(range(len(spent)), key=spent.__getitem__)
    print(
        f"\n{len(spent)} pages: median {statistics.median(spent):.1f} ms of processor time a page beyond the parse "
        f"(which takes {statistics.median(parsed):.1f}; median ratio {statistics.median(ratios):.1f}), "
        f"90 % within {sorted(spent)[int(len(spent) * 0.9)]:.1f} ms, most {spent[most]:.1f} ms ({names[most]})"
    )


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, nargs="+", default=[], help="corpus folders")
    parser.add_argument("--site", type=Path, nargs="+", default=[], help="folders of generated sites with truth.jsonl")
    parser.add_argument("--more-labels", type=Path, help="labels of pages whose folder has none")
    parser.add_argument("--cross-validate", action="store_true", help="train without the publishers that are measured")
    parser.add_argument(
        "--foreign", action="store_true", help="train on the partly labelled pages only, or on the others only"
    )
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument(
        "--seeds", type=int, default=3, help="how many ways to part the publishers (default: %(default)s)"
    )
    parser.add_argument("--no-speed", action="store_true")
    args = parser.parse_args()
    pages = read_corpus(args.corpus, args.more_labels)
    if args.site:
        for page in pages:
            page.describe()
        for folder in args.site:
            site(folder, unseen(folder, pages) if pages else shipped_model())
        return
    if not pages:
        parser.error("--corpus or --site is needed")
    core = [page for page in pages if page.core]
    partly = [page for page in pages if not page.core]
    if args.cross_validate or args.foreign:
        for page in pages:
            page.describe()
    if args.cross_validate:
        for seed in range(args.seeds):
            predict = cross_validate(pages, args.folds, seed)
            table(f"cross-validated by publisher, {args.folds} parts, way {seed + 1} of parting them", core, predict)
            if partly:
                table("  the same, pages of which only likely blocks were labelled", partly, predict)
    if args.foreign and partly and core:
        table("trained on the partly labelled folder alone, other publishers", core, foreign(partly, core))
        table("trained on the fully labelled folder alone, other publishers", partly, foreign(core, partly))
    if not (args.cross_validate or args.foreign):
        table("shipped model, which has seen these pages", core or pages, shipped)
    if not args.no_speed:
        speed(args.corpus)


if __name__ == "__main__":
    main()
