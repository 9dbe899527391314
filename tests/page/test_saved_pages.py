"""Saved pages read as they were reviewed; and how a page is saved.

The pages in tests/pages have the DOM skeleton, class names and block headings of the sites they are named after, and
invented text.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from scrapy.utils.project import get_project_settings

from kolcrawl.crawl.rules_by_site import RulesBySite
from kolcrawl.errors import ArgumentError, PageError
from kolcrawl.extract.saved_pages import SavedPage, differences, save_page, saved_pages, slug_of
from kolcrawl.page import SiteRules
from tests.page.made_pages import aggregator

ROOT = Path(__file__).parents[2]
SAVED = list(saved_pages(ROOT / "tests" / "pages"))
NOW = datetime(2026, 3, 3, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def rules() -> RulesBySite:
    """The rules of the project's site spiders."""
    return RulesBySite.from_settings(get_project_settings())


@pytest.mark.parametrize("page", SAVED, ids=lambda page: f"{page.file.parent.name}/{page.file.stem}")
def test_saved_page_reads_as_reviewed(page: SavedPage, rules: RulesBySite) -> None:
    """Title, date, authors, text and links of each saved page are what was reviewed."""
    assert differences(page, rules.of(page.url)) == []


def test_there_are_saved_pages() -> None:
    """The folder is where it is looked for."""
    assert {page.file.parent.name for page in SAVED} >= {"people", "thepaper", "udn", "setn", "chinatimes"}


def test_save_and_read_again(tmp_path: Path) -> None:
    """A page saved is a test that passes until the reading or the reviewed values change."""
    made = aggregator()
    file = save_page(tmp_path, "site", made.html.encode(), made.url, "text/html; charset=utf-8", SiteRules(), NOW)
    assert file.name == "2026-03-03-a-20260302-100200-html.json"
    (page,) = saved_pages(tmp_path)
    assert page.body == made.html.encode()
    assert [(b["kind"], b["heading"], len(b["stories"])) for b in page.read["links"]] == [
        ("related", "相关内容", 10), ("random", "随便看看", 10),
    ]  # fmt: skip
    assert differences(page, SiteRules()) == []
    row = json.loads(file.read_text(encoding="utf-8"))
    row["read"]["title"] = "另一个标题"
    file.write_text(json.dumps(row), encoding="utf-8")
    (line,) = differences(next(saved_pages(tmp_path)), SiteRules())
    assert "另一个标题" in line
    with pytest.raises(ArgumentError, match="saved before"):
        save_page(tmp_path, "site", made.html.encode(), made.url, None, SiteRules(), NOW)


def test_what_cannot_be_saved(tmp_path: Path) -> None:
    """No page leaves no file; a JSON file that is no saved page is named."""
    with pytest.raises(PageError):
        save_page(tmp_path, "site", b" ", "https://a.example/1", None, SiteRules(), NOW)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "x.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ArgumentError, match=r"x\.json"):
        list(saved_pages(tmp_path))


def test_a_page_is_saved_whole_or_not_at_all(tmp_path: Path) -> None:
    """When the second file cannot be written, the first is not left behind, and the page can be saved later."""
    made = aggregator()
    arguments = (tmp_path, "site", made.html.encode(), made.url, None, SiteRules(), NOW)
    blocked = tmp_path / "site" / "2026-03-03-a-20260302-100200-html.html.gz"
    blocked.mkdir(parents=True)
    with pytest.raises(OSError, match="irectory"):
        save_page(*arguments)
    assert list(blocked.parent.iterdir()) == [blocked]
    blocked.rmdir()
    save_page(*arguments)
    assert len(list(saved_pages(tmp_path))) == 1


@pytest.mark.parametrize(
    ("url", "slug"),
    [
        ("https://a.example/news/view/346695", "news-view-346695"),
        ("https://a.example/x.php?id=1&p=2", "x-php-id-1-p-2"),
        ("https://a.example/", "front"),
        ("https://a.example/" + "𠀀" * 90, "𠀀" * 25),
        ("https://a.example/新闻" + "新" * 90, "新" * 33),
    ],
)
def test_slug(url: str, slug: str) -> None:
    """File names say which page it was, and are safe."""
    assert slug_of(url) == slug


def test_savepage_command(tmp_path: Path) -> None:
    """`scrapy savepage URL --file FILE` saves a page and names the file to review; twice is refused."""
    made = aggregator()
    source = tmp_path / "page.html"
    source.write_text(made.html, encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "scrapy",
        "savepage",
        made.url,
        "--file",
        str(source),
        "--folder",
        str(tmp_path / "kept"),
    ]

    def run() -> subprocess.CompletedProcess[str]:
        return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, timeout=60, check=False)

    first, second = run(), run()
    assert first.returncode == 0, first.stderr
    (file,) = (tmp_path / "kept" / "example").glob("*.json")
    assert str(file) in first.stdout
    assert second.returncode == 1
    assert "saved before" in second.stderr
