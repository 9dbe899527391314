"""Other tools on the same pages, each in an environment of its own: processor time a page, and which fields they find.

    python benchmarks/peers.py [--corpus-site FOLDER] [--pages 100] [--rounds 3]

The site is as for `crawl.py`. Readers get pages that are there (`peer_read.py`); Crawlee crawls (`peer_crawlee.mjs`)
beside a crawl of this project that reads and stores nothing. What cannot be installed (pip for Python, npm for Node) is
named and left out. Environments are kept in `.kolcrawl/peers`. Ratios are to this project's own reading, or crawl, of
the same round.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from crawl import crawl, grow_site, served

HERE = Path(__file__).parent
KEPT = HERE.parent / ".kolcrawl" / "peers"
READERS = {
    "kolcrawl": None,
    "trafilatura-fast": None,
    "trafilatura": None,
    "newspaper4k": None,
    "news-please": "news-please newspaper4k[all]",  # it reads Chinese and Japanese with what the second brings
}
"""The packages to install in an environment of its own; None: it is in this one."""


def python_with(packages: str | None) -> Path | None:
    """Set up a Python that has some packages; None when they cannot be installed."""
    if packages is None:
        return Path(sys.executable)
    place = KEPT / packages.split()[0]
    python = place / "bin" / "python"
    if not (place / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(place)], check=True)
        done = subprocess.run([str(python), "-m", "pip", "install", "-q", *packages.split()], check=False)
        if done.returncode:
            return None
        (place / "ready").touch()
    return python


def crawlee() -> Path | None:
    """Set up the folder in which the Crawlee script runs; None without Node or npm's registry."""
    place = KEPT / "crawlee"
    if not shutil.which("npm"):
        return None
    place.mkdir(parents=True, exist_ok=True)
    shutil.copy(HERE / "peer_crawlee.mjs", place)
    if not (place / "node_modules" / "crawlee").exists():
        done = subprocess.run(["npm", "install", "--silent", "--prefix", str(place), "crawlee@3"], check=False)
        if done.returncode:
            return None
    return place


def table(found: dict[str, list[dict[str, Any]]], base: str) -> str:
    """Write the rounds by tool as a Markdown table, with ratios to `base`."""
    lines = [f"| tool | ms a page | x {base} | title | date | authors | text |", "|---|---|---|---|---|---|---|"]
    for tool, runs in found.items():
        each = [1000 * run["cpu"] / max(1, run["pages"]) for run in runs]
        mine = [1000 * run["cpu"] / max(1, run["pages"]) for run in found[base]]
        ratios = [one / other for one, other in zip(each, mine, strict=True)]
        shares = [f"{n / max(1, runs[0]['pages']):.0%}" for n in runs[0].get("found", ())] or ["–"] * 4
        spread = f"{statistics.median(ratios):.1f} ({min(ratios):.1f} to {max(ratios):.1f})"
        lines.append(f"| {tool} | {statistics.median(each):.1f} | {spread} | {' | '.join(shares)} |")
    return "\n".join(lines)


def main() -> None:
    """Read the arguments, run in turns, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus-site", type=Path)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    pythons = {tool: python_with(packages) for tool, packages in READERS.items()}
    node = crawlee()
    for tool in [*(tool for tool, python in pythons.items() if python is None), *([] if node else ["crawlee"])]:
        print(f"{tool} could not be installed, and is left out", file=sys.stderr)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        site = given.corpus_site
        if site is None:
            site = folder / "site"
            grow_site(site, given.pages + 50)
        reads: dict[str, list[dict[str, Any]]] = {tool: [] for tool, python in pythons.items() if python}
        crawls: dict[str, list[dict[str, Any]]] = {"kolcrawl": []}
        for _ in range(given.rounds):
            for tool, runs in reads.items():
                command = [str(pythons[tool]), str(HERE / "peer_read.py"), tool]
                command += ["--site", str(site), "--pages", str(given.pages)]
                done = subprocess.run(command, check=True, capture_output=True, text=True)
                runs.append(json.loads(done.stdout.splitlines()[-1]))
            with served(site) as env:
                crawls["kolcrawl"].append(crawl("reading", site, env, folder, "--pages", str(given.pages)))
                if node:
                    command = ["node", "peer_crawlee.mjs", str(site.absolute()), str(given.pages), env["http_proxy"]]
                    plain = {key: value for key, value in env.items() if not key.endswith("_proxy")}
                    done = subprocess.run(command, cwd=node, check=True, capture_output=True, text=True, env=plain)
                    crawls.setdefault("crawlee", []).append(json.loads(done.stdout.splitlines()[-1]))
    print("Reading:\n")
    print(table(reads, "kolcrawl"))
    print("\nCrawling, nothing stored:\n")
    print(table(crawls, "kolcrawl"))


if __name__ == "__main__":
    main()
