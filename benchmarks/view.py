"""Measure the page of `scrapy network` on a generated network: opening, panning, filtering, searching, memory.

    python benchmarks/view.py --stories 10000 --links 80000

Generates the network in an embedded server of its own (a minute for 10,000 stories), starts the real command and
drives a headless Chromium without a GPU. The figures depend on the machine, so nothing fails here.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from kolcrawl.store.server.client import open_store  # noqa: E402
from kolcrawl.store.server.embedded import stop  # noqa: E402
from tests.view.generated_network import generate  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Page

DATABASE = "measured"
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-sync")
PAN = """async () => {
  const canvas = document.querySelector('.map canvas'), box = canvas.getBoundingClientRect();
  const send = (target, kind, clientX, clientY, buttons) =>
    target.dispatchEvent(new MouseEvent(kind, {clientX, clientY, buttons, bubbles: true, button: 0, view: window}));
  let x = box.left + 300, frames = 0;
  const y = box.top + 200, start = performance.now();
  send(canvas, 'mousedown', x, y, 1);
  while (performance.now() - start < 3000) {
    x += frames % 40 < 20 ? 6 : -6;
    send(window, 'mousemove', x, y, 1);
    await new Promise(done => requestAnimationFrame(() => setTimeout(done, 0)));
    frames++;
  }
  send(window, 'mouseup', x, y, 0);
  return frames / 3;
}"""
CLICK = """async (selector) => {
  const start = performance.now();
  document.querySelector(selector).click();
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  return Math.round(performance.now() - start);
}"""


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--stories", type=int, default=10_000)
    parser.add_argument("--links", type=int, default=80_000)
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("no Chromium: apt-get install chromium fonts-noto-cjk")
    with tempfile.TemporaryDirectory() as folder:
        try:
            store = open_store(None, DATABASE, Path(folder))
            generate(store.db, options.stories, options.links)
            store.close()
            rows = measure(Path(folder), chromium)
        finally:
            stop(Path(folder))
    print(f"{options.stories} stories, {options.links} links, 1-minute load {psutil.getloadavg()[0]:.1f}\n")
    print("| | |\n|---|---|")
    for name, value in rows.items():
        print(f"| {name} | {value} |")
    return 0


def measure(folder: Path, chromium: str) -> dict[str, Any]:
    """Open the page with nothing kept, again from what is kept, and once more warm; then use it."""
    from playwright.sync_api import sync_playwright

    rows: dict[str, Any] = {}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=list(FLAGS))
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        for start in ("first start", "later start"):
            process, address = serve(folder)
            rows[f"{start}: list and course / map, s"] = opened(page, address)
            if start == "later start":
                rows["loaded again: list and course / map, s"] = opened(page, address)
                rows |= used(page)
                rows["server, MB"] = psutil.Process(process.pid).memory_info().rss // 1_000_000
            process.terminate()
            process.wait(30)
        browser.close()
    return rows


def serve(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """Start the command, and wait for its address."""
    command = [sys.executable, "-m", "scrapy", "network", "--no-browser", "--port", "0"]
    command += ["-s", f"MONGO_DATABASE={DATABASE}", "-s", f"KOLCRAWL_DATA_DIR={folder}"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    return process, next(word for word in process.stdout.readline().split() if word.startswith("http"))


def opened(page: Page, address: str) -> str:
    """Load the page: seconds to the list and the course, and to the map."""
    page.goto("about:blank")
    begun = time.perf_counter()
    page.goto(address)
    page.wait_for_selector(".stories li", timeout=600_000)
    listed = time.perf_counter() - begun
    page.wait_for_selector(".map-waiting", state="detached", timeout=600_000)
    return f"{listed:.1f} / {time.perf_counter() - begun:.1f}"


def used(page: Page) -> dict[str, Any]:
    """Pan, zoom, filter, select and search."""
    page.wait_for_timeout(3_000)
    rows: dict[str, Any] = {"panning the whole map, frames a second": round(page.evaluate(PAN))}
    for _ in range(4):
        page.click(".map-zoom button >> nth=0")
        page.wait_for_timeout(400)
    page.wait_for_timeout(1_000)
    rows["links drawn when near"] = page.inner_text(".map-status")
    rows["panning near, frames a second"] = round(page.evaluate(PAN))
    rows["filter by a site, ms"] = page.evaluate(CLICK, ".bars button")
    page.wait_for_timeout(500)
    rows["select a story, ms"] = page.evaluate(CLICK, ".stories li button")
    page.wait_for_selector(".story")
    page.click(".back")
    rows["search by two characters, ms (150 of them a pause for typing)"] = searched(page, "小米")
    return rows


def searched(page: Page, words: str) -> int:
    """Type words: milliseconds until the list has changed."""
    before, begun = page.inner_text("#list"), time.perf_counter()
    page.fill(".search input", words)
    while page.inner_text("#list") == before and time.perf_counter() - begun < 60:
        page.wait_for_timeout(5)
    return round((time.perf_counter() - begun) * 1_000)


if __name__ == "__main__":
    sys.exit(main())
