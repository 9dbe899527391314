"""How well a crawl stays on its story: relevance and best-first order, measured where the truth is known.

    python benchmarks/relevance.py --make-site PATH/make_site.py --corpus DIR     on webs grown from templates
    python benchmarks/relevance.py --site DIR                                     on one web that is ready
    python benchmarks/relevance.py --corpus DIR --headlines                       on the links of real pages

The first two walk a web along its related links with a budget of a share of its pages, from ten seeds: breadth
first, best first by `kolcrawl.crawl`, and as an oracle that knows every story's topic would (stories on it first, in
the order found). Titles and texts come from the web's truth.jsonl; nothing is fetched. They are shown as given, and
made harder: with one word of the topic's name, or without it for two thirds of the stories, or for all, so that only
texts hold it. (A link then says nothing of its target, so no crawler can do as well as the oracle; "reader" is one
that knows each topic, but only once the story is read.) A story is on topic when it is of the seed's topic and
language: the webs have no related link that leads to another language because of a topic. `--in-flight N` judges links
as late as a crawler does that waits for N pages.

The third takes each labelled page as a seed and asks whether the page's own related links are judged above related
links of other publishers in its language: the area under the ROC curve.
"""

from __future__ import annotations

import argparse
import gzip
import heapq
import importlib.util
import json
import random
import re
import shutil
import statistics
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

sys.path.insert(0, str(Path(__file__).parents[1]))

from kolcrawl.policy.priority import path_relevance, priority
from kolcrawl.policy.relevance import Relevance

SEEDS = 10
WEBS = (  # templates, pages, seed; parameters were set on other ones
    (("ednchina-com-1", "inside-com-tw-1"), 1000, 101),
    (("setn-com-3", "people-com-cn-2", "qq-com-2"), 1000, 102),
    (("ettoday-net-1",), 500, 103),
    (("yahoo-com-3", "youth-cn-1", "wealth-com-tw-1", "chinatimes-com-5"), 2000, 104),
    (("nextapple-com-1", "nownews-com-1", "setn-com-4"), 1500, 105),
    (("sciencefly-com-1", "iab-com-1", "dailynewstz-1"), 1000, 106),
    (("lastampa-it-1", "trome-pe-1"), 600, 107),
    (("udn-com-2", "hoy-com-do-1", "tdg-ch-1", "hket-com-1"), 1200, 108),
)
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f]")
CHINESE = re.compile("[\u4e00-\u9fff]")


@dataclass(slots=True)
class Story:
    """What the truth says of a story."""

    title: str
    text: str
    topic: tuple[bool, int]
    related: list[str]


Web = dict[str, Story]


def read_web(folder: Path) -> Web:
    """Read truth.jsonl of a grown web; the topic is told apart by language."""
    web = {}
    with (folder / "truth.jsonl").open(encoding="utf-8") as rows:
        for row in map(json.loads, rows):
            chinese = bool(CHINESE.search(row["title"]))
            web[row["url"]] = Story(row["title"], "\n".join(row["body"]), (chinese, row["topic"]), row["related"])
    return web


def grown_webs(make_site: Path, corpus: Path) -> Iterator[tuple[str, Web]]:
    """Grow the webs of `WEBS` with the generator at `make_site`, without writing their pages."""
    spec = importlib.util.spec_from_file_location("make_site", make_site)
    assert spec is not None
    assert spec.loader is not None
    maker: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    sentences = maker.sentences
    maker.sentences = lambda tree: [CONTROL.sub("", sentence) for sentence in sentences(tree)]
    maker.Template.fill = lambda *_: b""
    for templates, pages, seed in WEBS:
        folder = Path(tempfile.mkdtemp(prefix="kolcrawl-web-"))
        try:
            maker.build(
                argparse.Namespace(
                    corpus=corpus, templates=list(templates), pages=pages, copies=0.1, seed=seed, out=folder
                )
            )
            yield f"{'+'.join(name.rsplit('-', 1)[0] for name in templates)} {pages}", read_web(folder)
        finally:
            shutil.rmtree(folder)


def with_titles(web: Web, kept: str, share: float) -> Web:
    """Give the web harder titles: the part before the colon, the topic's name, is cut in this share of them.

    Args:
        kept: what stays of the name: `word`, one word of it (two characters in Chinese), or `nothing`.
    """
    harder = {}
    for url, story in web.items():
        rng, title = random.Random(url), story.title
        if rng.random() < share:
            name, _, rest = title.replace("：", ": ").partition(": ")
            word = rng.choice(re.findall(r"[\u4e00-\u9fff]{2}|[^\W\u4e00-\u9fff]{2,}", name)) if kept == "word" else ""
            title = f"{word} {rest}".strip()
        harder[url] = Story(title, story.text, story.topic, story.related)
    return harder


def walk(web: Web, seed: str, budget: int, worth: Callable[[str, str], float]) -> list[str]:
    """Visit the web from the seed, links of most worth first, first found first among equals.

    Args:
        worth: of a link, from the URLs of its story and its target.
    """
    waiting, seen, visited = [(0.0, 0, seed)], {seed}, []
    while waiting and len(visited) < budget:
        url = heapq.heappop(waiting)[2]
        visited.append(url)
        for target in web[url].related:
            if target not in seen:
                seen.add(target)
                heapq.heappush(waiting, (-worth(url, target), len(seen), target))
    return visited


def best_first(web: Web, seed: str, budget: int, in_flight: int, judged: list[tuple[bool, bool]]) -> list[str]:
    """Visit the web as the spider does; `judged` takes a pair a story: judged on topic, is on topic."""
    relevance = Relevance()
    waiting: list[tuple[int, int, str, int, float | None]] = [(0, 0, seed, 0, None)]
    flying: list[tuple[int, int, str, int, float | None]] = []
    seen, visited = {seed}, []
    while (waiting or flying) and len(visited) < budget:
        while waiting and len(flying) < in_flight:
            flying.append(heapq.heappop(waiting))
        _, _, url, depth, path = flying.pop(0)
        story = web[url]
        visited.append(url)
        if url == seed:
            relevance.learn_seed(story.title, story.text)
            own = 1.0
        else:
            own = relevance.of_story(story.title, story.text, path)
            judged.append((own > 0.5, story.topic == web[seed].topic))
        relevance.learn(story.title, story.text, own, [web[target].title for target in story.related])
        for target in story.related:
            if target not in seen:
                seen.add(target)
                further = path_relevance(relevance.of_link(web[target].title, None, own), path)
                entry = (-priority(further, depth + 1), len(seen), target, depth + 1, further)
                heapq.heappush(waiting, entry)
    return visited


def measure(name: str, web: Web, share: float, in_flight: int) -> tuple[float, float, float, float]:
    """Walk from ten seeds; print and return the means: breadth-first, best-first, oracle, oracle of read stories."""
    budget, seeds = int(len(web) * share), random.Random(11).sample(sorted(web), SEEDS)
    rows, judged = [], list[tuple[bool, bool]]()
    for seed in seeds:

        def on_topic(url: str, seed: str = seed) -> bool:
            return web[url].topic == web[seed].topic

        walks = (
            walk(web, seed, budget, lambda _, target: 0.0),
            best_first(web, seed, budget, in_flight, judged),
            walk(web, seed, budget, lambda _, target: float(on_topic(target))),
            walk(web, seed, budget, lambda url, _: float(on_topic(url))),
        )
        rows.append([sum(map(on_topic, visited)) for visited in walks])
    breadth, best, oracle, reader = (statistics.mean(column) for column in zip(*rows, strict=True))
    times = [row[1] / row[0] for row in rows]
    right = statistics.mean(said == true for said, true in judged)
    print(
        f"{name:58.58} {breadth:6.1f} {best:6.1f} {oracle:6.1f} {reader:6.1f}"
        f"   x{best / breadth:4.2f} ({min(times):4.2f} to {max(times):4.2f})   x{oracle / breadth:4.2f}"
        f"   {best / oracle:4.2f} ({min(row[1] / row[2] for row in rows):4.2f})   {100 * right:5.1f} %",
        flush=True,
    )
    return breadth, best, oracle, reader


def measure_webs(webs: list[tuple[str, Web]], share: float, in_flight: int) -> None:
    """Print a table for each hardness of titles."""
    for kept, hard, what in (
        ("all", 0.0, "titles as given"),
        ("word", 1.0, "one word of the topic's name in each title"),
        ("nothing", 0.67, "two thirds of titles bare"),
        ("nothing", 1.0, "all titles bare"),
    ):
        print(
            f"\n{what}; budget {share:.0%} of the web, {in_flight} in flight; stories on topic, mean of {SEEDS} seeds"
        )
        print(
            f"{'web':58} {'breadth':>6} {'best':>6} {'oracle':>6} {'reader':>6}"
            "   best/breadth (range)    oracle   best/oracle (least)   judged right"
        )
        rows = [measure(name, with_titles(web, kept, hard), share, in_flight) for name, web in webs]
        times = [best / breadth for breadth, best, _, _ in rows]
        shares = [best / oracle for _, best, oracle, _ in rows]
        spread = statistics.stdev(times) if len(times) > 1 else 0.0
        print(
            f"mean of webs: best/breadth x{statistics.mean(times):.2f} (s.d. {spread:.2f}, least {min(times):.2f});"
            f" best/oracle {statistics.mean(shares):.2f} (least {min(shares):.2f})"
        )


# --- real pages


def real_pages(corpus: Path) -> Iterator[dict[str, Any]]:
    """Read title, text, language and anchors (text, whether related) of each labelled page."""
    import lxml.html
    import trafilatura

    labels = {row["id"]: row for row in map(json.loads, (corpus / "labels.jsonl").open(encoding="utf-8"))}

    def plain(url: str) -> str:
        return url.split("#", maxsplit=1)[0].replace("https://", "http://")

    for row in map(json.loads, (corpus / "index.jsonl").open(encoding="utf-8")):
        raw = gzip.decompress((corpus / f"pages/{row['id']}.html.gz").read_bytes())
        html = re.sub(r"^\s*<\?xml[^>]*\?>", "", raw.decode(row["encoding"] or "utf-8", "replace"))
        related = set(map(plain, labels[row["id"]]["related"]))
        anchors: dict[str, str] = {}
        for a in lxml.html.document_fromstring(html).iter("a"):
            try:
                url = plain(urljoin(row["url"], (a.get("href") or "").strip()))
            except ValueError:
                continue
            text = " ".join(a.text_content().split())
            if url in related and len(text) > len(anchors.get(url, "")):
                anchors[url] = text
        yield {
            "publisher": row["publisher"],
            "lang": row["lang"].split("-")[0],
            "title": re.split(r"\s*[_|｜]\s*|\s+[-–—]\s+", row["title"])[0],
            "text": trafilatura.extract(html, fast=True) or "",
            "anchors": [text for text in anchors.values() if len(text) >= 8],
        }


def measure_headlines(corpus: Path) -> None:
    """Print the area under the curve by language, for the half of the publishers that nothing was tuned on too."""
    pages = list(real_pages(corpus))
    print("a page's own related links against those of other publishers; 0.5 is chance")
    for learnt in (0, 10):
        found: dict[str, list[float]] = defaultdict(list)
        for page in pages:
            others = [p for p in pages if p["lang"] == page["lang"] and p["publisher"] != page["publisher"]]
            random.Random(page["title"]).shuffle(others)
            wrong = [text for p in others[learnt:] for text in p["anchors"]][:150]
            if len(page["anchors"]) < 3 or len(page["text"]) < 200 or len(wrong) < 10:
                continue
            relevance = Relevance()
            relevance.learn_seed(page["title"], page["text"])
            relevance.learn(page["title"], page["text"], 1.0, page["anchors"])
            for other in others[:learnt]:
                relevance.learn(other["title"], other["text"], None, other["anchors"])
            right = [relevance.of_link(text, None, 0.5) for text in page["anchors"]]
            left = [relevance.of_link(text, None, 0.5) for text in wrong]
            area = statistics.mean((r > w) + 0.5 * (r == w) for r in right for w in left)
            for group in (page["lang"] if page["lang"] in ("zh", "en") else "other", "all"):
                found[group].append(area)
        print(
            f"after {learnt:2} stories: "
            + ", ".join(f"{g} {statistics.mean(v):.3f} ({len(v)} pages)" for g, v in sorted(found.items()))
        )


def measure_speed(web: Web) -> None:
    """Print the time that a page takes: its story judged and learnt, its links judged and compared."""
    relevance, stories = Relevance(), list(web.values())[:500]
    relevance.learn_seed(stories[0].title, stories[0].text)
    started, links = time.process_time(), 0
    for story in stories:
        own = relevance.of_story(story.title, story.text)
        titles = [web[target].title for target in story.related]
        relevance.learn(story.title, story.text, own, titles)
        for title in titles:
            relevance.of_link(title, None, own)
            relevance.pair(story.title, title)
        links += len(titles)
    spent = (time.process_time() - started) / len(stories)
    print(f"\n{1000 * spent:.2f} ms of processor time a page with {links / len(stories):.0f} links")


def main() -> None:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, help="folder with index.jsonl, labels.jsonl and pages/")
    parser.add_argument("--make-site", type=Path, help="the generator of webs")
    parser.add_argument("--site", type=Path, help="folder of a grown web, with truth.jsonl")
    parser.add_argument("--headlines", action="store_true", help="judge the links of the corpus' real pages")
    parser.add_argument(
        "--budget", type=float, default=0.2, help="share of the web that is read (default: %(default)s)"
    )
    parser.add_argument("--in-flight", type=int, default=1, help="pages asked for at once (default: %(default)s)")
    args = parser.parse_args()
    if args.headlines and args.corpus:
        measure_headlines(args.corpus)
        return
    if args.site:
        webs = [(args.site.name, read_web(args.site))]
    elif args.make_site and args.corpus:
        webs = list(grown_webs(args.make_site, args.corpus))
    else:
        parser.error("give --site, or --make-site and --corpus, or --corpus and --headlines")
    measure_webs(webs, args.budget, args.in_flight)
    measure_speed(webs[0][1])


if __name__ == "__main__":
    main()
