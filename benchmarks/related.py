"""Measure how well and how fast related blocks are found.

    python benchmarks/related.py --corpus LABELLED
    python benchmarks/related.py --corpus LABELLED UNLABELLED --more-labels benchmarks/related/labels.jsonl \\
        --cross-validate --foreign
    python benchmarks/related.py --site SITE... --corpus LABELLED UNLABELLED \\
        --more-labels benchmarks/related/labels.jsonl
    python benchmarks/related.py --template SITE... --corpus LABELLED UNLABELLED \\
        --more-labels benchmarks/related/labels.jsonl

The first form asks the shipped model (which has seen these pages), through `read_page`, as a crawl does. With
--cross-validate a model is trained for each fifth of the publishers on the other four, so that no page's publisher is
in its own training part; --foreign trains on one folder and measures on the publishers of the other. --site measures
on generated sites, with and without what a site teaches while it is read, by a later crawl and by two at once: a model
trained without the publishers of the site's templates when a corpus is given, otherwise the shipped one; then with the
pages whose site was not known yet judged again. --template prints F1 of sites of one template each: each page for
itself, with what the site teaches, with pages judged again. These need lightgbm and scikit-learn.
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
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self
from unittest.mock import patch

from related_corpus import LabelledPage, f1, fold_of, read_corpus, score

from kolcrawl.crawl.site_blocks import FIRST_KEPT
from kolcrawl.items import BlockLesson, joined_lesson
from kolcrawl.page import parse_document, read_page
from kolcrawl.page.page import Page, PageLink
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


@dataclass(slots=True)
class GeneratedSite:
    """A folder with `index.jsonl` (`url`, `file`) and `truth.jsonl` (`url`, `related`, `optional`)."""

    name: str
    pages: list[tuple[str, bytes]]
    truth: dict[str, dict[str, Any]]

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read the folder."""
        truth = {row["url"]: row for row in _rows(folder / "truth.jsonl")}
        rows = _rows(folder / "index.jsonl")
        pages = [(row["url"], gzip.decompress((folder / row["file"]).read_bytes())) for row in rows]
        return cls(folder.name, pages, truth)

    def edges(self, found: dict[str, set[str]]) -> tuple[float, float, float]:
        """Score the links that were called related, by page.

        True links that do not stand on the page do not count, nor do optional ones.

        Returns: precision, recall and F1 of all edges.
        """
        sums: Counter[str] = Counter()
        for url, body in self.pages:
            text = html.unescape(body.decode("utf-8"))
            links = found[url] - set(self.truth[url].get("optional", ()))
            wish = {link for link in self.truth[url]["related"] if f'"{link}"' in text}
            sums.update(good=len(links & wish), found=len(links), wanted=len(wish))
        good, said, wanted = sums["good"], sums["found"], sums["wanted"]
        return good / max(1, said), good / max(1, wanted), f1(good, said, wanted)


def site(folder: Path, model: Model) -> None:
    """Print precision and recall of related edges on a generated site: without and with what the site teaches.

    A later crawl begins with what the one before it kept; of two crawls at once, each reads every other page, and they
    tell each other what they learnt after the pages after which a crawl keeps it.
    """
    made = GeneratedSite.read(folder)
    kept: dict[str, dict[int, BlockLesson]] = {}
    with patch("kolcrawl.page.related.judgement.shipped_model", lambda: model):
        _print_edges(made, "each page for itself", read_site(made, [None], {}))
        _print_edges(made, "with what the site teaches", read_site(made, [SiteMemory()], kept))
        _print_edges(made, "by a later crawl", read_site(made, [SiteMemory()], kept))
        _print_edges(made, "by two crawls at once", read_site(made, [SiteMemory(), SiteMemory()], {}))


def _print_edges(made: GeneratedSite, name: str, found: tuple[dict[str, set[str]], dict[str, set[str]]]) -> None:
    """Print how right the edges are as the pages were read, and with those that were judged again."""
    (precision, recall, _), (later_precision, later_recall, _) = map(made.edges, found)
    print(
        f"{made.name}: {name:28} precision {precision:.4f}, recall {recall:.4f}; "
        f"judged again {later_precision:.4f}, {later_recall:.4f}"
    )


def read_site(
    made: GeneratedSite, memories: list[SiteMemory | None], kept: dict[str, dict[int, BlockLesson]]
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Read the pages by turns with each memory; `kept` is what is known by host.

    Returns: by page, the links called related when it was read, and those when it was judged again.
    """
    first: dict[str, set[str]] = {}
    later: dict[str, set[str]] = {}
    told: set[tuple[int, str]] = set()
    read: Counter[str] = Counter()
    for number, (url, body) in enumerate(made.pages):
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
        first[url] = later[url] = _related(page.links)
        for correction in page.corrections:
            later[correction.url] = _related(correction.links)
    return first, later


def _related(links: Iterable[PageLink]) -> set[str]:
    return {link.url for link in links if link.kind == "related"}


def templates(folders: list[Path], pages: list[LabelledPage], folds: int) -> None:
    """Print F1 of related edges on sites of one template each, by models that never saw the template's publisher."""
    from train_related import train

    lang_of = {site_of(page.url): page.lang for page in pages}
    models = [
        read_model(train([page for page in pages if fold_of(page.publisher, folds) != part])) for part in range(folds)
    ]
    publisher_of = {site_of(page.url): page.publisher for page in pages}
    rows: list[tuple[str, list[float]]] = []
    for folder in folders:
        made = GeneratedSite.read(folder)
        host = site_of(made.pages[0][0])
        model = models[fold_of(publisher_of[host], folds)]
        with patch("kolcrawl.page.related.judgement.shipped_model", lambda model=model: model):
            alone, _ = read_site(made, [None], {})
            first, later = read_site(made, [SiteMemory()], {})
        scores = [made.edges(found)[2] for found in (alone, first, later)]
        rows.append((lang_of[host], scores))
        print(f"{made.name:32} {lang_of[host]:3}" + "".join(f"{score:8.4f}" for score in scores))
    for name, chosen in (("all", rows), ("Chinese", [row for row in rows if row[0] == "zh"])):
        means = [statistics.mean(scores[column] for _, scores in chosen) for column in range(3)] if chosen else []
        print(f"mean F1 over {len(chosen)} templates, {name}: " + ", ".join(f"{mean:.4f}" for mean in means))


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
    parser.add_argument(
        "--template", type=Path, nargs="+", default=[], help="folders of generated sites of one template each"
    )
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
    if args.template:
        for page in pages:
            page.describe()
        templates(args.template, pages, args.folds)
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
