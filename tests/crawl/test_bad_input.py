"""Bad input, as a user gives it: each case gets one clear line, the right exit code, and loses nothing fetched."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.crawling import FAST, read_stored, scrapy
from tests.ports import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

ARTICLE = (
    "<html><head><meta charset='{charset}'><title>{title}</title></head><body><article><h1>{title}</h1>"
    "<time datetime='2026-03-02T08:34:00+08:00'>2026-03-02 08:34</time>"
    + "<p>这是一篇为测试而写的报道，讲述一家手机厂商与一位博主的合作风波以及后续的处理结果。</p>" * 6
    + "</article></body></html>"
)

PAGES: dict[str, tuple[int, str, bytes]] = {
    "/good.html": (200, "text/html; charset=utf-8", ARTICLE.format(charset="utf-8", title="手机厂商致歉").encode()),
    "/lies.html": (
        200,
        "text/html; charset=utf-8",
        ARTICLE.format(charset="utf-8", title="编码说谎的页面").encode("gb18030"),
    ),
    "/empty.html": (200, "text/html", b""),
    "/blank.html": (200, "text/html", b"<html><body></body></html>"),
    "/picture.jpg": (200, "image/jpeg", b"\xff\xd8\xff\xe0" * 100),
    "/garbage.html": (200, "text/html", bytes(range(256)) * 40),
    "/broken.html": (500, "text/html", b"<h1>error</h1>"),
    "/unasked.html": (304, "text/html", b""),
    "/tags.html": (200, "text/html", b"<div " + b" ".join(b"a%d='>'" % n for n in range(60_000)) + b">"),
    "/index.html": (
        200,
        "text/html; charset=utf-8",
        (
            "<html><head><title>今日要闻</title><link rel='canonical' href='/index.shtml'></head>"
            "<body><h1>今日要闻</h1><ul>"
            + "".join(f"<li><a href='/n/{n}.html'>第{n}条新闻的标题写在这里供人点击阅读</a></li>" for n in range(90))
            + "</ul></body></html>"
        ).encode(),
    ),
}


class _Web(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        status, kind, body = PAGES.get(self.path, (404, "text/html", b"<h1>404</h1>"))
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *args: object) -> None:
        """Be quiet."""


@pytest.fixture(scope="module")
def web() -> Iterator[str]:
    """A server of single pages, each bad in its own way."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Web)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


def crawl(data_dir: Path, *arguments: str) -> tuple[int, str, str]:
    """Run `scrapy crawl related`; give exit code, standard output and the lines of standard error."""
    done = scrapy(
        "crawl", "related", *arguments, *FAST, "-s", "ALLOWED_PRIVATE_HOSTS=127.0.0.1", "-s", "RETRY_TIMES=0",
        "-L", "WARNING", data_dir=data_dir,
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "needs a page to start from"),
        (("-a", "url=nonsense here"), "is no URL of a page"),
        (("-a", "url=https://a.example/1", "-a", "depth=-1"), "depth='-1'"),
        (("-a", "url=https://a.example/1", "-a", "color=red"), "has no argument 'color'"),
        (("-a", f"url=https://a.example/{'x' * 3000}"), "is too long: 3018 characters, 2083 at most"),
        (("-a", "url=saved.html"), "'saved.html' looks like a file"),
        (("-a", "url=https://a.example/1", "-a", "sites=b.example"), "says nothing without scope=listed"),
        (("-a", "urls=/no/such/seeds.txt"), "/no/such/seeds.txt: cannot be read"),
        (("-a", "url=https://a.example/1", "-s", "MONGO_URI=localhost:27017"), "MONGO_URI must start with mongodb://"),
        (("-a", "url=https://a.example/1", "-s", "READ_PROCESSES=-1"), "READ_PROCESSES='-1' is no whole number"),
        (("-a", "url=https://a.example/1", "-s", "READ_PROCESSES=1.5"), "READ_PROCESSES='1.5' is no whole number"),
        (("-a", "url=https://a.example/1", "-s", "STORE_PATIENCE=long"), "STORE_PATIENCE='long' is no number"),
        (("-a", "url=https://a.example/1", "-s", "SITE_PAUSE=nan"), "SITE_PAUSE='nan' is no number"),
        (("-a", "url=https://a.example/1", "-s", "MONGO_DATABASE=a b"), "MONGO_DATABASE='a b'"),
        (("-a", "url=https://a.example/1", "-s", "KOLCRAWL_DATA_DIR=~nosuchuser/k"), "KOLCRAWL_DATA_DIR=~nosuchuser/k"),
    ],
    ids=[
        "nothing",
        "no-url",
        "depth",
        "unknown",
        "long",
        "saved",
        "sites",
        "file",
        "uri",
        "below-zero",
        "half",
        "no-number",
        "nan",
        "database",
        "folder",
    ],
)
def test_wrong_argument(tmp_path: Path, arguments: tuple[str, ...], said: str) -> None:
    """A wrong argument or setting ends the command at once: one line that names it, exit code 2."""
    code, out, err = crawl(tmp_path, *arguments)
    assert (code, out) == (2, "")
    lines = err.strip().splitlines()
    assert len(lines) == 1
    assert said in lines[0]


def test_unknown_spider(tmp_path: Path) -> None:
    """A spider that does not exist is named, with those that do."""
    done = scrapy("crawl", "relatd", "-L", "WARNING", data_dir=tmp_path)
    assert done.returncode == 2
    assert "there is no spider 'relatd'; there are" in done.stderr
    assert "related" in done.stderr


def test_database_that_is_not_there(tmp_path: Path) -> None:
    """No database at MONGO_URI: the crawl does not start, says so without the password, and fails."""
    port = free_port()
    uri = f"mongodb://reader:s3cret@127.0.0.1:{port}/?serverSelectionTimeoutMS=500"
    options = ("-s", f"MONGO_URI={uri}", "-s", "STORE_PATIENCE=2")
    code, out, err = crawl(tmp_path, "-a", "url=https://a.example/1", *options)
    assert code == 1
    assert f"no database answers at mongodb://***@127.0.0.1:{port}" in err
    assert "s3cret" not in out + err


def test_pages_that_hold_no_story(tmp_path: Path, data_dir: Path, web: str) -> None:
    """Each bad page is kept with its reason; the good one and the one whose charset lies are read all the same."""
    seeds = tmp_path / "seeds.txt"
    seeds.write_text("\n".join(web + path for path in (*PAGES, "/missing.html")), encoding="utf-8")
    code, out, err = crawl(data_dir, "-a", f"urls={seeds}", "-s", "MONGO_DATABASE=bad_pages")
    stored = read_stored(data_dir, "bad_pages")
    found = {story["url"].rpartition("/")[2]: (story["status"], story["reason"]) for story in stored.stories.values()}
    assert found == {
        "good.html": ("fetched", None),
        "lies.html": ("fetched", None),
        "empty.html": ("failed", "empty"),
        "blank.html": ("failed", "no_article"),
        "picture.jpg": ("failed", "not_html"),
        "garbage.html": ("failed", "not_html"),
        "broken.html": ("failed", "http_500"),
        "unasked.html": ("failed", "http_304"),
        "tags.html": ("failed", "too_large"),
        "index.html": ("failed", "no_article"),
        "missing.html": ("gone", "http_404"),
    }
    assert stored.of(f"{web}/lies.html")["title"] == "编码说谎的页面"
    assert "2 stories fetched" in out
    for reason in ("empty", "no_article", "not_html", "http_500"):
        assert reason in out
    assert code == 3, err
    assert "8 of 10 pages failed" in out
    assert "trafilatura" not in err


@pytest.mark.parametrize(
    ("path", "code", "said"),
    [
        ("/good.html", 0, "has no list of related articles: give the URL of an article that has one"),
        ("/index.html", 1, "is no article: give the URL of an article"),
    ],
    ids=["no-list", "front"],
)
def test_a_seed_that_leads_nowhere(data_dir: Path, web: str, path: str, code: int, said: str) -> None:
    """The report says that nothing leads on from the seed, and what to give instead; what is no story keeps its URL."""
    database = f"barren_{code}"
    ended, out, err = crawl(data_dir, "-a", f"url={web}{path}", "-s", f"MONGO_DATABASE={database}")
    assert ended == code, err
    assert f"the seed {web}{path} {said}" in out
    assert [story["url"] for story in read_stored(data_dir, database).stories.values() if story["visits"]] == [
        web + path
    ]


def test_nothing_can_be_fetched(tmp_path: Path, data_dir: Path) -> None:
    """A seed whose host refuses the connection: the report names the reason, and the exit code is 1."""
    url = f"http://127.0.0.1:{free_port()}/a.html"
    code, out, _ = crawl(data_dir, "-a", f"url={url}", "-s", "MONGO_DATABASE=nothing")
    assert code == 1
    assert "1 connection: the site did not answer" in out
    assert "no story was fetched" in out


def test_extract_says_what_is_wrong_and_goes_on(tmp_path: Path, web: str) -> None:
    """`scrapy extract` gives an object with `error` for each page it cannot read, in order, and goes on."""
    urls = [f"{web}{path}" for path in ("/empty.html", "/picture.jpg", "/missing.html", "/good.html")]
    done = scrapy("extract", *urls, "-s", "ALLOWED_PRIVATE_HOSTS=127.0.0.1", *FAST, data_dir=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.strip().splitlines()
    assert len(lines) == 4
    assert all('"error"' in line for line in lines[:3])
    assert '"title": "手机厂商致歉"' in lines[3]


def test_extract_of_a_damaged_folder(tmp_path: Path) -> None:
    """A folder without index.jsonl is refused by name; a missing or damaged page gives an `error` of its own."""
    done = scrapy("extract", "--pages", str(tmp_path), data_dir=tmp_path)
    assert done.returncode == 2
    assert "index.jsonl: cannot be read" in done.stderr
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "b.html.gz").write_bytes(b"no gzip")
    (tmp_path / "c.html").write_text(ARTICLE.format(charset="utf-8", title="完好的页面"), encoding="utf-8")
    (tmp_path / "index.jsonl").write_text(
        '{"id": "a", "url": "http://x.example/a"}\n{"id": "b", "url": "http://x.example/b"}\n'
        '{"url": "http://x.example/c", "file": "c.html"}\n',
        encoding="utf-8",
    )
    done = scrapy("extract", "--pages", str(tmp_path), data_dir=tmp_path)
    lines = done.stdout.strip().splitlines()
    assert ["error" in line for line in lines] == [True, True, False]
    assert done.returncode == 0
