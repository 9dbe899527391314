"""Measure the page of `scrapy network` on a generated network: opening, panning, filtering, searching, memory.

    python benchmarks/view.py --stories 10000 --links 80000

Generates the network in an embedded server of its own (a minute for 10,000 stories; `--folder` keeps it for another
time), starts the real command and drives a headless Chromium without a GPU. The figures depend on the machine, so
nothing fails here; where other work runs beside, CPU seconds say more than seconds.
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
from kolcrawl.store.server.embedded import running, stop  # noqa: E402
from tests.view.generated_network import generate  # noqa: E402

if TYPE_CHECKING:
    from playwright.sync_api import Page

DATABASE = "measured"
OPENED = "sentences, course and list / first map / map by links, s"
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
    parser.add_argument("--folder", type=Path, help="keep the generated network here, or take it from here")
    options = parser.parse_args()
    chromium = shutil.which("chromium")
    if chromium is None:
        sys.exit("no Chromium: apt-get install chromium fonts-noto-cjk")
    with tempfile.TemporaryDirectory() as temporary:
        folder = (options.folder or Path(temporary)).absolute()
        try:
            store = open_store(None, DATABASE, folder)
            if not store.db.crawls.find_one():
                generate(store.db, options.stories, options.links)
            store.close()
            slowness = cpu_second()
            rows = measure(folder, chromium)
        finally:
            stop(folder)
    load = f"1-minute load {psutil.getloadavg()[0]:.1f}, a CPU second took {slowness:.1f} to {cpu_second():.1f} s"
    print(f"{options.stories} stories, {options.links} links, {load}\n")
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
        shutil.rmtree(folder / "view", ignore_errors=True)
        for start in ("first start", "later start"):
            before, begun = database_seconds(folder), time.perf_counter()
            process, address = serve(folder)
            rows[f"{start}: {OPENED}"] = opened(page, address, begun)
            server = psutil.Process(process.pid).cpu_times()
            seconds = f"{server.user + server.system:.1f} / {database_seconds(folder) - before:.1f}"
            rows[f"{start}: CPU seconds of the command / of the database until then"] = seconds
            if start == "later start":
                rows[f"loaded again: {OPENED}"] = opened(page, address, time.perf_counter())
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


def cpu_second() -> float:
    """Tell how long a second of work takes here and now: more than one where other work runs beside."""
    begun, used_before = time.perf_counter(), time.process_time()
    while time.process_time() < used_before + 1:
        pass
    return time.perf_counter() - begun


def database_seconds(folder: Path) -> float:
    """Tell how many CPU seconds the embedded server has taken so far."""
    server = running(folder)
    times = psutil.Process(server.pid).cpu_times() if server else None
    return times.user + times.system if times else 0.0


def opened(page: Page, address: str, begun: float) -> str:
    """Load the page: seconds from the start of the command to the list, to a first map, and to the whole one."""
    page.goto("about:blank")
    page.goto(address)
    page.wait_for_selector(".stories li", timeout=600_000)
    seconds = [time.perf_counter() - begun]
    for waiting in (".map-waiting", ".map-draft"):
        page.wait_for_selector(waiting, state="detached", timeout=600_000)
        seconds.append(time.perf_counter() - begun)
    return " / ".join(f"{one:.1f}" for one in seconds)


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
