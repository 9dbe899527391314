"""Near copies: how many are found, how many of those found are none, and what a story costs as the store grows.

    python benchmarks/duplicates.py --corpus DIR            recall and precision, on texts of real pages
    python benchmarks/duplicates.py --corpus DIR --growth   and the cost of a story, as `benchmarks/growth.py` has it

Texts are those that `kolcrawl.page` finds on the pages under DIR (folders with an index.jsonl and pages/<id>.html.gz),
put together from runs of sentences of several stories until they have 2,000 characters in Chinese, 3,000 in English.
Copies of each are made by edits (`benchmarks/edits.py`) of 5, 10 and 20 per cent. Different stories on the same topic
take 10, 20 or 30 per cent of their sentences from each other (background, statements, quotations) and the rest from
one more story. All are placed together (`kolcrawl.store.copies.placing`), and judged by the group they end up in. The
publishers are split into two halves by the hash of their name; the numbers in `story.fingerprint` were chosen on
the first.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import sys
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import combinations
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.edits import KINDS, edited, sentences
from benchmarks.growth import FEW_BANDS, SIZES, growth
from kolcrawl.errors import PageError
from kolcrawl.page import Page, SiteRules, parse_document
from kolcrawl.page.facts.story_facts import read_facts
from kolcrawl.store.copies.placing import Member, Place, places
from kolcrawl.story.fingerprint import SIMILAR, bands_of, signature_of, similarity

LENGTH = {"zh": 2000, "en": 3000}
SHARES = (0.05, 0.10, 0.20)
WANTED = {"zh": (0.99, 0.97, 0.90), "en": (0.99, 0.95, 0.60)}
TOPICAL = (0.1, 0.2, 0.3)
PRECISION = 0.99
START = datetime(2026, 1, 1, tzinfo=UTC)


# --- texts


def read_texts(corpus: Path) -> list[tuple[str, str, str, str]]:
    """Read publisher, language, page and text of the corpus's pages."""
    found = []
    for index in sorted(corpus.rglob("index.jsonl")):
        for line in index.read_text("utf-8").splitlines():
            page = json.loads(line)
            body = gzip.decompress((index.parent / "pages" / f"{page['id']}.html.gz").read_bytes())
            try:
                document = parse_document(body, page["url"])
            except PageError:
                continue
            read = Page(url=page["url"], encoding=document.encoding)
            read_facts(document, read, SiteRules(), None)
            if read.story.text:
                found.append((page["publisher"], (page["lang"] or "")[:2], page["id"], read.story.text))
    return found


def half(publisher: str) -> int:
    """Return 0 or 1."""
    return sha256(publisher.encode()).digest()[0] % 2


def usable(text: str) -> list[str]:
    """Split a text into sentences, without crumbs and lists in one piece."""
    return [sentence for sentence in sentences(text) if 6 <= len(sentence) <= 400]


def write_texts(pool: list[list[str]], length: int, chance: random.Random) -> list[list[str]]:
    """Make texts of a length, as many as the pool yields, of runs of six sentences. None is used twice."""
    runs = [text[start : start + 6] for text in pool for start in range(0, len(text), 6)]
    chance.shuffle(runs)
    texts: list[list[str]] = [[]]
    for run in runs:
        if sum(map(len, texts[-1])) >= length:
            texts.append([])
        texts[-1] += run
    return texts[:-1]


def joined(text: list[str]) -> str:
    """Join paragraphs to a text."""
    return "\n".join(text)


# --- recall and precision


def measure_quality(lang: str, pool: list[list[str]], copies: int, chance: random.Random) -> bool:
    """Print recall by share and kind of edit, and precision. Returns: whether all is as promised."""
    good = True
    for kind in KINDS:
        found = [0] * len(SHARES)
        originals = right = pairs = 0
        while originals < copies:
            texts = write_texts(pool, LENGTH[lang], chance)
            recognised, same, grouped = measure_once(texts, kind, chance)
            originals += len(texts) // 2
            found = [sum(both) for both in zip(found, recognised, strict=True)]
            right += same
            pairs += grouped
        recall = [count / originals for count in found]
        met = right >= PRECISION * pairs and all(r >= w for r, w in zip(recall, WANTED[lang], strict=True))
        good &= met
        shown = "  ".join(f"{share:.3f}" for share in recall)
        said = "" if met else "   NOT AS PROMISED"
        print(f"  {lang}  {kind:8} recall {shown}   precision {right / pairs:.4f} of {pairs} pairs{said}", flush=True)
    return good


def measure_once(texts: list[list[str]], kind: str, chance: random.Random) -> tuple[list[int], int, int]:
    """Place half of some texts, copies of them, and other stories on their topics made with the other half.

    Returns: copies found, by share of edits; pairs in one group that are copies; pairs in one group.
    """
    originals, others = texts[: len(texts) // 2], texts[len(texts) // 2 :]
    spare = others.pop()  # what is put in comes from here, so that no two originals have anything in common
    members: dict[str, Member] = {}
    families: dict[str, int] = {}

    def add(family: int, text: list[str]) -> str:
        name = f"{len(members):032x}"
        published = START + timedelta(minutes=chance.randrange(1000))
        members[name] = Member(name, signature_of(joined(text)), published, START, Place(name))
        families[name] = family
        return name

    made: list[tuple[int, str, str]] = []
    for number, text in enumerate(originals):
        original = add(number, text)
        for at, share in enumerate(SHARES):
            made.append((at, original, add(number, edited(text, share, kind, spare, chance))))
        if number < len(others):
            share = TOPICAL[number % len(TOPICAL)]
            topical = taken(text, share, chance) + taken(others[number], 1 - share, chance)
            add(-1 - number, topical)
    stands = places(members)
    groups: dict[str, list[str]] = {}
    for name, place in stands.items():
        groups.setdefault(place.group, []).append(name)
    pairs = [pair for names in groups.values() for pair in combinations(names, 2)]
    right = sum(families[one] == families[other] for one, other in pairs)
    together = [at for at, one, other in made if stands[one].group == stands[other].group]
    return [together.count(at) for at in range(len(SHARES))], right, len(pairs)


def taken(text: list[str], share: float, chance: random.Random) -> list[str]:
    """Choose sentences of a text at random, until they make up such a share of its characters."""
    found: list[str] = []
    for sentence in chance.sample(text, len(text)):
        if sum(map(len, found)) < share * sum(map(len, text)):
            found.append(sentence)
    return found


def show_alike(texts: list[tuple[str, str, str, str]]) -> None:
    """Print which pages of the corpus itself would be copies, and how unlike the most alike others are."""
    signed = [(page, signature) for _, _, page, text in texts if (signature := signature_of(text))]
    alike = sorted(
        ((similarity(signed[i][1], signed[j][1]), i, j) for i, j in combinations(range(len(signed)), 2)), reverse=True
    )
    print(f"\nthe {len(signed)} pages themselves, most alike first (* is a copy)")
    for likeness, i, j in alike[:8]:
        (one, first), (other, second) = signed[i], signed[j]
        copy = likeness >= SIMILAR and set(bands_of(first)) & set(bands_of(second))
        print(f"  {likeness:.3f} {'*' if copy else ' '} {one}  {other}")


def main() -> int:
    """Run the benchmark from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--copies", type=int, default=100, help="texts of which copies are made, by language and kind")
    parser.add_argument("--growth", action="store_true", help="measure the cost of a story, too")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    texts = read_texts(options.corpus)
    chance = random.Random(options.seed)
    good = True
    print("share of copies found with 5, 10 and 20% edited, and share of grouped pairs that are copies")
    for number, title in enumerate(("publishers the numbers were chosen on", "other publishers")):
        print(title)
        for lang in LENGTH:
            said = [
                usable(text) for publisher, spoken, _, text in texts if spoken == lang and half(publisher) == number
            ]
            good &= measure_quality(lang, [text for text in said if len(text) >= 6], options.copies, chance)
    show_alike(texts)
    if options.growth:
        print()
        good &= growth(SIZES, bands=FEW_BANDS, minutes=60, mongo=None) == 0
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
