# ruff: noqa: E501  # markup as pages have it
"""Texts come out whole: words within sentences, boxes named after layouts, hidden rests, live blogs, tables."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from kolcrawl.page import read_page
from tests.article_texts import BODY, ENGLISH

NOW = datetime(2026, 3, 10, 4, 0, tzinfo=UTC)
MORE = [f"As was to be expected, {line[0].lower()}{line[1:]}" for line in ENGLISH]


def text_of(body: str, *, lang: str = "en", title: str = "Brand says sorry") -> list[str]:
    """The lines of a page with this body."""
    html = f"<!doctype html><html lang={lang}><head><title>{title}</title></head><body>{body}</body></html>"
    return (read_page(html.encode(), "https://news.example.org/a/1.html", {}, now=NOW).story.text or "").split("\n")


def paragraphs(lines: list[str]) -> str:
    """The lines, each in a p."""
    return "".join(f"<p>{line}</p>" for line in lines)


def story(*blocks: str) -> str:
    """An article with a headline and these blocks."""
    return f"<article><h1>Brand says sorry</h1>{''.join(blocks)}</article>"


@pytest.mark.parametrize(
    "word",
    [
        '<a class="tag" href="/t/1">influencer</a>',
        '<a class="keywords" href="/t/1">influencer</a>',
        '<span class="teaser__name">influencer</span>',
        '<em><a id="topic-related" href="/t/1">influencer</a></em>',
        '<span class="share-quote">influencer</span>',
        '<label class="term">influencer</label>',
        '<button class="glossary" type="button">influencer</button>',
    ],
)
def test_words_of_a_sentence_stay(word: str) -> None:
    """What stands within running text is text, whatever its class or element."""
    first = ENGLISH[0].replace("influencer", word)
    assert text_of(story(paragraphs([first, *ENGLISH[1:]]))) == ENGLISH


def test_last_words_of_a_sentence_stay() -> None:
    """A marked word before the full stop is text; in Chinese, too, where no space stands before it."""
    lines = [line.removesuffix(".") for line in ENGLISH]
    marked = [f'{line.rpartition(" ")[0]} <a class="tag" href="/t">{line.rpartition(" ")[2]}</a>.' for line in lines]
    assert text_of(story(paragraphs(marked))) == ENGLISH
    chinese = [f'{line[:-3]}<span class="keywords">{line[-3:-1]}</span>{line[-1]}' for line in BODY]
    assert (
        text_of(f"<article><h1>某品牌致歉</h1>{paragraphs(chinese)}</article>", lang="zh", title="某品牌致歉") == BODY
    )


@pytest.mark.parametrize(
    "beside",
    [
        '<p>Tags: <a class="tag" href="/t/1">Brands</a>, <a class="tag" href="/t/2">Influencers</a></p>',
        '<p>Filed under <a class="tag" href="/t/1">Brands</a> <a class="tag" href="/t/2">Contracts</a></p>',
        '<p><span class="share">Share this story with others, if you like.</span></p>',
    ],
)
def test_labels_and_their_links_are_no_sentences(beside: str) -> None:
    """Lists of tags and lines for sharing are left out as before, though words stand beside their links."""
    lines = text_of(story(paragraphs(ENGLISH), beside))
    assert lines[:3] == ENGLISH
    assert not any("Influencers" in line or "Share" in line or "Contracts" in line for line in lines)


def test_words_that_are_only_read_aloud_are_left_out() -> None:
    """What screens do not show is no word of the sentence."""
    first = ENGLISH[0].replace("influencer", 'influencer<span class="sr-only"> (opens in a new window)</span>')
    assert text_of(story(paragraphs([first, *ENGLISH[1:]]))) == ENGLISH


def test_links_among_pictures_stay_in_their_sentences() -> None:
    """Of an element that is mostly linked pictures, the links that are words of a sentence stay."""
    pictures = "".join(f'<a href="/g/{n}"><img src="{n}.jpg"></a>' for n in range(8))
    first = (
        ENGLISH[0].replace("influencer", '<a href="/i">influencer</a>').replace("contract", '<a href="/c">contract</a>')
    )
    assert text_of(story(f"<div>{pictures}{first}</div>", paragraphs(ENGLISH[1:]))) == ENGLISH


@pytest.mark.parametrize(
    "box",
    [
        '<div class="sidebar-grid"><div class="sidebar-grid__content article__content">{rest}</div></div>',
        '<div class="text margin-bottom-20">{rest}</div>',
        '<div class="overflow-hidden">{rest}</div>',
        '<section class="bottom">{rest}</section>',
        '<div class="content has-sidebar">{rest}</div>',
        '<div class="subscriber-content">{rest}</div>',
        '<p><a href="javascript:;">Read more</a></p><div class="hidden-content" style="display:none">{rest}</div>',
        '<p><a href="javascript:;">Read more</a></p><div class="rest" hidden>{rest}</div>',
        '<div class="accordion"><button>What comes next?</button><div class="panel" aria-hidden="true">{rest}</div></div>',
        "<details><summary>What comes next?</summary>{rest}</details>",
    ],
)
def test_parts_of_the_story_in_boxes_named_otherwise(box: str) -> None:
    """A box named after a place or a state is the story's where it holds running text beside other running text."""
    lines = text_of(story(f'<div class="text">{paragraphs(ENGLISH)}</div>', box.format(rest=paragraphs(MORE))))
    assert [line for line in lines if line in ENGLISH + MORE] == ENGLISH + MORE


@pytest.mark.parametrize(
    "box",
    [
        '<div class="sidebar"><h3><a href="/x">Another brand</a></h3><p>The other brand said that it knew nothing of it, and that it would look into it soon.</p></div>',
        '<div class="bottom"><form><p>Sign up for our letter, and read the most important stories of the day at breakfast, free of charge.</p><input></form></div>',
        '<div class="hidden"><p><a href="/x">The other brand said that it knew nothing of the contract, and that it would look into it.</a></p></div>',
        '<div class="pop-up" style="display:none"><p>If you liked this story, please support us: good journalism is not to be had for nothing, dear reader.</p></div>',
        '<div class="newsletter bottom"><p>Every morning we send you the most important stories of the day, free of charge, for breakfast.</p></div>',
    ],
)
def test_boxes_that_hold_something_else_stay_out(box: str) -> None:
    """Teasers, forms, lists of links and pop-ups are left out as before."""
    assert text_of(story(f'<div class="text">{paragraphs(ENGLISH)}</div>', box)) == ENGLISH


def test_hidden_dialogs_are_no_rest_of_the_story() -> None:
    """A hidden box continues a story only right behind one of its paragraphs that is shown."""
    consent = "".join(
        f'<div><label>Service {n}</label><div style="display:none">{paragraphs(MORE)}</div></div>' for n in range(5)
    )
    assert text_of(f"<main>{story(paragraphs(ENGLISH))}</main><div id=services>{consent}</div>") == ENGLISH


def test_live_blog_is_read_whole() -> None:
    """Entries side by side, each an article with a heading of its own, are one story when the headline is above all."""
    entries = [[f"Entry {n}: {line}" for line in ENGLISH] for n in range(4)]
    articles = "".join(
        f'<article class="entry"><header><time datetime="2026-03-02T1{n}:00+01:00">1{n}:00</time><h3>Report number {n}</h3></header>{paragraphs(lines)}</article>'
        for n, lines in enumerate(entries)
    )
    lines = text_of(f"<main><h1>Brand says sorry</h1><div class=blog>{articles}</div></main>")
    assert [line for line in lines if line.startswith("Entry")] == [line for entry in entries for line in entry]


def test_endless_page_is_still_cut() -> None:
    """Further stories below the own one have headlines of the first rank or with a link, and are left out."""
    for heading in ("<h1>Another story</h1>", '<h2><a href="/x">Another story</a></h2>'):
        others = "".join(f"<article class=s>{heading}{paragraphs(MORE)}</article>" for _ in range(3))
        first = f"<article class=s><h1>Brand says sorry</h1>{paragraphs(ENGLISH)}</article>"
        assert text_of(f"<main>{first}{others}</main>") == ENGLISH


def test_titles_of_parts_drop_nothing_before_them() -> None:
    """Below the headline, further headings of the first rank begin parts of the story: what stands before them stays."""
    parts = "".join(f"<h1>Part {n}</h1><p>{line}</p>" for n, line in enumerate(MORE))
    lines = text_of(
        f"<h1>Brand says sorry</h1><ul><li><a href=/b>Next</a></ul><main>{paragraphs(ENGLISH[:1])}{parts}</main>"
    )
    assert lines == [ENGLISH[0], *MORE]


def test_table_in_a_figure_is_text() -> None:
    """A figure that frames a table is no picture: its rows are text, its caption is not."""
    table = "<figure class=wp-block-table><table><tr><td>Managers</td><td>Two</td></tr><tr><td>Employees</td><td>One</td></tr></table><figcaption>Who had to go, and who stayed on.</figcaption></figure>"
    lines = text_of(story(paragraphs(ENGLISH[:2]), table, paragraphs(ENGLISH[2:])))
    assert lines == [*ENGLISH[:2], "Managers Two", "Employees One", ENGLISH[2]]


def test_card_beside_a_name_is_no_part_of_its_sentence() -> None:
    """A picture and links that show themselves when a pointer rests on a name are left out; the name stays."""
    card = '<span><a href="/p/1">influencer</a><span class="pop"><img src="p.jpg"><a href="/p/1">The influencer</a><a href="/s/1">Another story about the influencer</a></span></span>'
    first = ENGLISH[0].replace("influencer", card)
    assert text_of(story(paragraphs([first, *ENGLISH[1:]]))) == ENGLISH


@pytest.mark.parametrize("heading", ["More Great EXAMPLE Stories", "More from The Example", "Mehr aus Politik"])
def test_heading_of_the_end_with_a_name_in_it(heading: str) -> None:
    """Headings over lists of further stories end the text whatever name stands in them."""
    further = "<li>Brands must unionise, <a href='/x'>whatever the buyers say of it</a></li>" * 3
    assert text_of(story(paragraphs(ENGLISH), f"<div class=h3>{heading}</div><ul>{further}</ul>")) == ENGLISH


def test_paragraph_that_is_one_link_stays() -> None:
    """A whole sentence of the story may be a link; a read-also line, which ends no sentence, is none."""
    linked = f'<p><a href="/report">{ENGLISH[1]}</a></p><p><a href="/x">Another brand answers its critics after a week of silence and many questions from its buyers</a></p>'
    assert text_of(story(f"<p>{ENGLISH[0]}</p>", linked, f"<p>{ENGLISH[2]}</p>")) == ENGLISH
