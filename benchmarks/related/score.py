"""Score any tool's related links against the labels beside this file. Standard library only.

    python benchmarks/related/score.py PREDICTIONS.jsonl
    python benchmarks/related/score.py PREDICTIONS.jsonl --lang zh --part "whole page" --worst 10
    python benchmarks/related/score.py --pages FOLDER

PREDICTIONS has a JSON object a page: `id`, as in labels.jsonl, and `links`, the URLs that the tool calls related, as
texts or as objects with `url` and, if it names kinds, `kind`; then those of the kind `related` count. Absolute URLs and
those relative to the page's are taken. Pages that are missing count as read with no link found.

A link of `optional` is neither right nor wrong, nor is one to the page itself. Two URLs are the same when they agree
after scheme, fragment, `www.`, a slash at the end and tracking parameters are dropped. Printed are precision, recall
and F1 over links, macro F1 over the pages that have related links, and quiet: the share of pages without any on which
none was predicted.

--pages says which pages in a folder and the folders in it (`.html` or `.html.gz`, whatever their names) are those that
were labelled, by their SHA-256; --collect writes these to another folder, by id.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
import re
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlencode, urljoin, urlsplit

LABELS = Path(__file__).with_name("labels.jsonl")
_TRACKING = re.compile(
    r"utm_\w+|spm|scm|from|source|src|ref|ref_src|referrer|cmpid|ito|ocid|int_\w+|icid|ftag|mod|traffic_source|at_\w+"
    r"|fbclid|gclid|yclid|_ga|ncid|cid|smid|xtor|wt_\w+|pk_\w+|mc_\w+|share\w*|n_cid|reason|itm_\w+|itc\w*|position"
    r"|link_location|module|pgtype|region|via|rel|re[fl]_\w+|intcmp|intlink",
    re.IGNORECASE,
)


def same_page(url: str) -> str:
    """Return what two URLs of one page have in common."""
    parts = urlsplit(url.strip())
    host = (parts.hostname or "").removeprefix("www.")
    query = sorted(
        (name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if not _TRACKING.fullmatch(name)
    )
    return f"{host}{unquote(parts.path).rstrip('/')}?{urlencode(query)}".rstrip("?")


def ratio(part: float, whole: float) -> float:
    """Return a share, 0 of nothing."""
    return part / whole if whole else 0.0


def score(labels: list[dict[str, Any]], predicted: dict[str, list[str]]) -> tuple[dict[str, float], list[str]]:
    """Score predictions.

    Returns: the figures, and a line a page, the worst first.
    """
    hits = said = wanted = 0
    macro: list[float] = []
    quiet: list[float] = []
    lines: list[tuple[float, str]] = []
    for label in labels:
        related, optional = (
            {same_page(urljoin(label["url"], url)) for url in label[k]} for k in ("related", "optional")
        )
        found = {same_page(urljoin(label["url"], url)) for url in predicted.get(label["id"], [])}
        found -= (optional - related) | {same_page(label["url"])}
        good = found & related
        hits, said, wanted = hits + len(good), said + len(found), wanted + len(related)
        f1 = ratio(2 * len(good), len(found) + len(related)) if related else float(not found)
        (macro if related else quiet).append(f1)
        lines.append((f1, f"{label['id']}: {len(good)} of {len(related)} found, {len(found) - len(good)} wrong"))
    figures = {
        "precision": ratio(hits, said),
        "recall": ratio(hits, wanted),
        "f1": ratio(2 * hits, said + wanted),
        "macro_f1": ratio(sum(macro), len(macro)),
        "quiet": ratio(sum(quiet), len(quiet)),
    }
    return figures, [line for _, line in sorted(lines)]


def read_predictions(path: Path) -> dict[str, list[str]]:
    """Read a tool's links by page."""
    found: dict[str, list[str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("{"):
            row = json.loads(line)
            links = [{"url": link} if isinstance(link, str) else link for link in row.get("links", [])]
            found[row["id"]] = [link["url"] for link in links if link.get("kind", "related") == "related"]
    return found


def check_pages(folder: Path, labels: list[dict[str, Any]], collected: Path | None) -> None:
    """Print how many of the labelled pages a folder holds, anywhere in it, with the very bytes that were labelled.

    Args:
        folder: a checkout of a repository with pages, for instance.
        labels: of the pages.
        collected: where each page that is found is written as ID.html.gz; None for nowhere.
    """
    wanted = {label["sha256"]: label["id"] for label in labels}
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in (".html", ".htm", ".gz"):
            body = path.read_bytes()
            try:
                body = gzip.decompress(body) if path.suffix == ".gz" else body
            except (OSError, EOFError):
                continue
            name = wanted.get(hashlib.sha256(body).hexdigest())
            if name and name not in found:
                found[name] = path
                if collected:
                    collected.mkdir(parents=True, exist_ok=True)
                    (collected / f"{name}.html.gz").write_bytes(gzip.compress(body, mtime=0))
    for name, path in sorted(found.items()):
        print(f"{name}\t{path.relative_to(folder)}")
    print(f"{len(found)} of {len(labels)} pages are here as they were labelled")


def main() -> int:
    """Score, or check pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("predictions", type=Path, nargs="?")
    parser.add_argument("--labels", type=Path, default=LABELS, help="another file of labels (default: %(default)s)")
    parser.add_argument("--pages", type=Path, help="check the pages of this folder instead")
    parser.add_argument("--collect", type=Path, help="with --pages: where to write those that are found, by id")
    parser.add_argument("--lang", help="pages of this language alone, such as zh")
    parser.add_argument("--part", choices=("whole page", "likely blocks"), help="pages that were labelled in this way")
    parser.add_argument("--worst", type=int, default=0, help="list so many of the worst pages")
    args = parser.parse_args()
    labels = [json.loads(line) for line in args.labels.read_text(encoding="utf-8").splitlines()]
    labels = [row for row in labels if not args.lang or row["lang"].startswith(args.lang)]
    labels = [row for row in labels if not args.part or row["labelled"] == args.part]
    if args.pages:
        check_pages(args.pages, labels, args.collect)
        return 0
    if args.predictions is None:
        parser.error("name a file of predictions, or --pages")
    figures, worst = score(labels, read_predictions(args.predictions))
    print(f"{len(labels)} pages: " + ", ".join(f"{name} {value:.3f}" for name, value in figures.items()))
    for line in worst[: args.worst]:
        print(f"  {line}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
