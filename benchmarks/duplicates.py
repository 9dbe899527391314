"""Near copies: how many are found, how many of those found are none, and what a look-up costs as the store grows.

    python benchmarks/duplicates.py --corpus DIR                        recall and precision, on texts of real pages
    python benchmarks/duplicates.py --corpus DIR --sizes 10000,100000   and the cost per story in stores of such sizes

Texts are those that `kolcrawl.page` finds on the pages under DIR (folders with an index.jsonl and pages/<id>.html.gz),
put together from runs of sentences of several stories until they have 2,000 characters in Chinese, 3,000 in English.
Copies of each are made by edits (`benchmarks/edits.py`) of 5, 10 and 20 per cent. Different stories on the same topic
take 10, 20 or 30 per cent of their sentences from each other (background, statements, quotations) and the rest from
one more story. All are placed together (`kolcrawl.store.copies`), and judged by the group they end up in. The
publishers are split into two halves by the hash of their name; the numbers in `kolcrawl.fingerprint` were chosen on
the first.

Cost is measured on the embedded server, or any by --mongo URI, in a database of its own that is dropped afterwards:
it is filled with stories of random fingerprints, then batches of real texts come in, of which a fifth are copies of
stories that have been there from the beginning. Filling takes an hour or more for a million; --minutes ends it
earlier, and --bands 3 makes it faster, with as many stories but fewer entries in the index of bands.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from itertools import combinations
from pathlib import Path
from typing import Any

from bson import Int64
from pymongo import MongoClient
from pymongo.monitoring import CommandListener, CommandStartedEvent, CommandSucceededEvent

sys.path.insert(0, str(Path(__file__).parents[1]))

from benchmarks.edits import KINDS, edited, sentences
from kolcrawl.errors import PageError
from kolcrawl.fingerprint import BANDS, SIMILAR, bands_of, signature_of, similarity
from kolcrawl.page import Page, SiteRules, parse_document
from kolcrawl.page.facts import read_facts
from kolcrawl.store.copies import Member, Place, places
from kolcrawl.store.duplicates import group_stories
from kolcrawl.store.embedded import ensure_server, running, stop

Document = dict[str, Any]

LENGTH = {"zh": 2000, "en": 3000}
SHARES = (0.05, 0.10, 0.20)
WANTED = {"zh": (0.99, 0.97, 0.90), "en": (0.99, 0.95, 0.60)}
TOPICAL = (0.1, 0.2, 0.3)
PRECISION = 0.99
START = datetime(2026, 1, 1, tzinfo=UTC)
STRANGERS, COPIES = 40, 10
"""In a batch whose cost is measured."""
BATCH = 50


# --- texts


def read_texts(corpus: Path) -> list[tuple[str, str, str, str]]:
    """Publisher, language, page and text of the corpus's pages."""
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
    """0 or 1."""
    return sha256(publisher.encode()).digest()[0] % 2


def usable(text: str) -> list[str]:
    """The sentences of a text, without what is no sentence: crumbs, and lists in one piece."""
    return [sentence for sentence in sentences(text) if 6 <= len(sentence) <= 400]


def write_texts(pool: list[list[str]], length: int, chance: random.Random) -> list[list[str]]:
    """Texts of a length, as many as the pool yields, made of runs of six sentences. None is used twice."""
    runs = [text[start : start + 6] for text in pool for start in range(0, len(text), 6)]
    chance.shuffle(runs)
    texts: list[list[str]] = [[]]
    for run in runs:
        if sum(map(len, texts[-1])) >= length:
            texts.append([])
        texts[-1] += run
    return texts[:-1]


def joined(text: list[str]) -> str:
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
    """Sentences of a text at random, until they make up such a share of its characters."""
    found: list[str] = []
    for sentence in chance.sample(text, len(text)):
        if sum(map(len, found)) < share * sum(map(len, text)):
            found.append(sentence)
    return found


def story(name: str, signature: bytes | None, minute: int) -> Document:
    """As much of a story as finding copies looks at."""
    return {
        "_id": name,
        "status": "fetched",
        "group": name,
        "copy_of": None,
        "copy_similarity": None,
        "published_at": START + timedelta(minutes=minute),
        "first_seen": START,
        "signature": signature,
        "bands": [Int64(band) for band in bands_of(signature)] if signature else None,
    }


def put(db: Any, stories: list[Document]) -> None:
    """Write stories batch by batch as a crawl does."""
    for start in range(0, len(stories), BATCH):
        batch = stories[start : start + BATCH]
        db["stories"].insert_many(batch)
        group_stories(db, [found["_id"] for found in batch])


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


# --- cost


class Traffic(CommandListener):
    """What goes to and fro."""

    def __init__(self) -> None:
        self.commands = self.documents = 0

    def started(self, event: CommandStartedEvent) -> None:
        self.commands += 1

    def succeeded(self, event: CommandSucceededEvent) -> None:
        cursor = event.reply.get("cursor", {})
        self.documents += len(cursor.get("firstBatch", ())) + len(cursor.get("nextBatch", ()))

    def failed(self, event: object) -> None:
        pass


def random_stories(chance: random.Random, count: int, bands: int) -> Iterator[Document]:
    for _ in range(count):
        signature = chance.randbytes(512)
        found = story(f"{chance.getrandbits(127) | 1 << 127:032x}", signature, 0)
        found["bands"] = [Int64(chance.getrandbits(63)) for _ in range(bands)]
        yield found


def cpu_seconds(server: int | None) -> float:
    """CPU time that this process, and the server if it runs here, have used: wall time also tells who else worked."""
    used = time.process_time()
    if server:
        fields = Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()
        used += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return used


def measure_cost(
    client: Any,
    name: str,
    pool: list[list[str]],
    options: argparse.Namespace,
    server: int | None,
    chance: random.Random,
) -> None:
    """Print the cost per story at each size that is reached in time."""
    db = client[name]
    for field in ("bands", "group", "copy_of"):
        db["stories"].create_index(field, sparse=field == "copy_of")
    traffic = client.options.event_listeners[0]
    ends = time.monotonic() + 60 * options.minutes
    known, fresh = pool[::5], [text for n, text in enumerate(pool) if n % 5]
    originals = write_texts(known, LENGTH["zh"], chance)
    spare = originals.pop()
    put(db, [story(f"{n:032x}", signature_of(joined(text)), n) for n, text in enumerate(originals)])
    held, serial = len(originals), 10**6
    print(f"\ncost of finding copies, per story, in batches of {STRANGERS} strangers and {COPIES} copies")
    print("   stories   CPU ms median  (worst batch)   commands  documents read   ms to fill in (wall)")
    for size in map(int, options.sizes.split(",")):
        started, before = time.monotonic(), held
        while held < size and time.monotonic() < ends:
            # not more at once: with 500 the embedded server may wait for room in its cache for ever
            db["stories"].insert_many(list(random_stories(chance, BATCH, options.bands)), ordered=False)
            held += BATCH
        filling = (time.monotonic() - started) / max(1, held - before)
        times, commands, documents, stories = [], 0, 0, 0
        for _ in range(8):
            texts = write_texts(fresh, LENGTH["zh"], chance)[:STRANGERS]
            texts += [edited(chance.choice(originals), 0.1, "mixed", spare, chance) for _ in range(COPIES)]
            batch = [story(f"{serial + n:032x}", signature_of(joined(text)), serial) for n, text in enumerate(texts)]
            serial += len(batch)
            db["stories"].insert_many(batch)
            traffic.commands = traffic.documents = 0
            begun = cpu_seconds(server)
            keys = [found["_id"] for found in batch]
            copies = group_stories(db, keys)
            times.append((cpu_seconds(server) - begun) / len(batch) * 1000)
            stories += len(batch)
            commands += traffic.commands
            documents += traffic.documents
            db["stories"].delete_many({"_id": {"$in": keys}})
            assert len(copies) >= COPIES, "copies were missed"
        cost = f"{statistics.median(times):9.2f}  {max(times):13.2f}"
        read = f"{commands / stories:9.2f}  {documents / stories:14.1f}"
        print(f"  {held:8}  {cost}  {read}  {1000 * filling:13.2f}", flush=True)
        if held < size:
            print(f"  --minutes {options.minutes:g} ended the filling before {size}")
            break


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--copies", type=int, default=100, help="texts of which copies are made, by language and kind")
    parser.add_argument(
        "--sizes", default="", help="sizes of the store to measure the cost at, e.g. 10000,100000,1000000"
    )
    parser.add_argument("--minutes", type=float, default=90, help="of filling, at most")
    parser.add_argument("--bands", type=int, default=BANDS, help="of each story filled in; fewer fill faster")
    parser.add_argument("--mongo", help="URI of the server; the embedded one when left out")
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
    if options.sizes:
        said = [usable(text) for _, spoken, _, text in texts if spoken == "zh"]
        with tempfile.TemporaryDirectory() as folder:
            uri = options.mongo or ensure_server(Path(folder))
            client: MongoClient[Document] = MongoClient(uri, tz_aware=True, event_listeners=[Traffic()])
            name = f"duplicates_benchmark_{chance.getrandbits(32):08x}"
            try:
                pool = [text for text in said if len(text) >= 6]
                server = None if options.mongo else running(Path(folder))
                measure_cost(client, name, pool, options, server.pid if server else None, chance)
            finally:
                client.drop_database(name)
                client.close()
                if not options.mongo:
                    stop(Path(folder))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
