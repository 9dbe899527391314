"""Links that credit the story from which a page's own was taken over."""

from __future__ import annotations

import pytest

from kolcrawl.page import read_page
from tests.small_web import article

URL = "https://reprint.example/news/20260302/100021.html"
ORIGINAL = "https://first.example.org/2026/03/01/brand-drops-the-disputed-reviewer"
TAIL = "</article>"


def source_links(credit: str, *, han: bool = False) -> list[tuple[str, str | None, str]]:
    """What is read of a story with a line of credit below its text: URL, label, anchor."""
    body = article("穹岚致歉" if han else "The brand drops the disputed reviewer", han=han).body.decode()
    page = read_page(body.replace(TAIL, f"<p>{credit}</p>{TAIL}", 1).encode(), URL)
    return [(link.url, link.heading, link.anchor) for link in page.links if link.kind == "source"]


@pytest.mark.parametrize(
    ("credit", "label"),
    [
        ("来源：<a href='{}'>某某日报</a>", "来源"),
        ("文章来源：「<a href='{}'>某某日报</a>」 责编：王", "来源"),
        ("原文链接：<a href='{}'>某某日报</a>", "原文链接"),
        ("转载自<a href='{}'>某某日报</a>", "转载自"),
        ("Quelle: <a href='{}'>某某日报</a>", "Quelle"),
        ("(via <a href='{}'>某某日报</a>)", "via"),
        ("<b>Source:</b> <a href='{}'>某某日报</a>", "Source"),
        ("This story was originally published by <a href='{}'>某某日报</a>.", "originally published by"),
        ("出典：<a href='{}'>某某日报</a>", "出典"),
    ],
)
def test_a_credit_is_a_link_of_its_own_kind(credit: str, label: str) -> None:
    """Whatever the language, a link behind a label of credit leads to the source, under that label."""
    for han in (False, True):
        assert source_links(credit.format(ORIGINAL), han=han) == [(ORIGINAL, label, "某某日报")]


@pytest.mark.parametrize(
    "credit",
    [
        "来源：<a href='https://first.example.org/'>某某日报</a>",
        "来源：<a href='https://first.example.org/news/'>某某日报</a>",
        "图片来源：<a href='{}'>某某日报</a>",
        "<figure><figcaption>Source: <a href='{}'>agency</a></figcaption></figure>",
        "Trivia <a href='{}'>on the brand</a>",
        f"Source: <a href='{URL}'>here</a>",
        "Sources told <a href='{}'>a daily</a> of it.",
    ],
)
def test_what_is_no_source(credit: str) -> None:
    """An outlet's front page or section, the source of a picture, the page itself, and words that only look alike."""
    assert source_links(credit.format(ORIGINAL)) == []


def test_a_digest_of_others_has_no_source() -> None:
    """A page that credits story after story lists them, and took none of them over."""
    credit = "".join(f"<p>Item {n}. Via <a href='{ORIGINAL}-{n}00{n}'>outlet {n}</a></p>" for n in range(1, 9))
    assert source_links(credit) == []


def test_a_source_is_not_a_list_of_its_own() -> None:
    """The link is given once, as a source, and not as recommended or popular as well."""
    body = article("The brand drops the disputed reviewer", [(ORIGINAL + "-2", "Another story on the matter")])
    credit = f"<p>Source: <a href={ORIGINAL}>The First Daily of the Capital</a></p>"
    text = body.body.decode().replace(TAIL, credit + TAIL, 1)
    kinds = {(link.url, link.kind) for link in read_page(text.encode(), URL).links}
    assert kinds == {(ORIGINAL, "source"), (ORIGINAL + "-2", "related")}
