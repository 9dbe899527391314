"""Whether pages in old encodings come out as they went in, when header and meta element lie about them.

    python benchmarks/recoding.py --corpus DIR [--errors]

DIR is a corpus as for `benchmarks/stories.py`. Each page is written in each legacy encoding of its language that holds
99 % of its characters, and read again in four ways: the header names the encoding; nothing does; a meta element
says UTF-8; the header says ISO-8859-1 (UTF-8 for pages of that encoding). Prints how many readings differ from what was
written, by encoding. Nothing is fetched.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from pathlib import Path

from stories import corpus_pages

from kolcrawl.page.encoding import decode

LEGACY = (
    {"zh": ("gb18030", "big5hkscs"), "ja": ("cp932", "euc_jp"), "ko": ("cp949",), "el": ("cp1253",), "tr": ("cp1254",),
     "he": ("cp1255",), "th": ("cp874",), "vi": ("cp1258",)}
    | dict.fromkeys(("ru", "uk", "bg", "sr"), ("cp1251",))
    | dict.fromkeys(("pl", "cs", "sk", "hu", "hr", "sl", "ro"), ("cp1250",))
    | dict.fromkeys(("ar", "fa"), ("cp1256",))
    | dict.fromkeys(("lt", "lv", "et"), ("cp1257",))
)  # fmt: skip
WESTERN = ("cp1252",)
HELD = 0.99  # share of a page's characters that the encoding must have
_META = re.compile(rb"<meta[^>]+charset[^>]*>", re.IGNORECASE)


def main() -> int:
    """Recode, read, count."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True)
    parser.add_argument("--errors", action="store_true", help="list the readings that differ")
    args = parser.parse_args()
    languages = {}
    for half in ("labelled", "unlabelled"):
        for line in (args.corpus / half / "index.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            languages[row["id"]] = (row.get("lang") or "").split("-")[0]
    read: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for page in corpus_pages(args.corpus):
        text = decode(page.body)[0]
        for codec in LEGACY.get(languages[page.id], WESTERN):
            body = _META.sub(b"", text.encode(codec, "ignore"))
            if len(body.decode(codec)) < HELD * len(text) or body.isascii():
                continue
            lie = body.replace(b"<head>", b'<head><meta charset="utf-8">', 1)
            other = "iso-8859-1" if codec not in WESTERN else "utf-8"
            for way, sent, said in (
                ("header right", body, codec),
                ("nothing named", body, None),
                ("meta says utf-8", lie, None),
                ("header wrong", body, other),
            ):
                read[codec] += 1
                if decode(sent, f"text/html; charset={said}" if said else None)[0] != sent.decode(codec):
                    wrong[codec] += 1
                    if args.errors:
                        print(f"{page.id}: {codec}, {way}")
    for codec, count in read.most_common():
        print(f"{codec:>10}: {wrong[codec]} of {count} readings differ")
    print(f"{'all':>10}: {wrong.total()} of {read.total()} readings differ")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
