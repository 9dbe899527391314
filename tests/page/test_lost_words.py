"""The check that sees lost words: `benchmarks/lost_words.py`, on pages whose readings have gaps."""

from __future__ import annotations

from benchmarks.lost_words import SentenceCount, count_sentences
from kolcrawl.page.document import parse_document

URL = "https://news.example.org/a/1.html"
FIRST = "The company said that it had ended its work with the influencer after two days."
SECOND = "Two managers lost their bonus for the year, and an employee left."


def counted(markup: str, text: str) -> SentenceCount:
    """What becomes of a text's sentences on a page with this body."""
    count = SentenceCount()
    document = parse_document(f"<html><body>{markup}</body></html>".encode(), URL)
    count_sentences(document, text, count, "page")
    return count


def test_whole_sentences() -> None:
    """Sentences that stand on the page are whole, whatever elements, spaces and line breaks part them."""
    count = counted(
        f"<p>{FIRST.replace('influencer', '<a class=tag>influ<b>encer</b></a>')}\n {SECOND}</p>", f"{FIRST}\n{SECOND}"
    )
    assert (count.sentences, count.whole, count.words_out) == (2, 2, 0)


def test_lost_word_is_seen_and_named() -> None:
    """A sentence without a word of it is counted, with the element that was left out, and the page is named."""
    markup = f"<p>{FIRST.replace('influencer', '<a class=tag>influencer</a>')} {SECOND}</p>"
    count = counted(markup, f"{FIRST.replace('influencer ', '')} {SECOND}")
    assert (count.whole, count.words_out) == (1, 1)
    assert count.elements == {"a.tag": 1}
    assert count.pages[0].startswith("page: The company said")


def test_what_readers_do_not_see_is_no_lost_word() -> None:
    """What is hidden, and the sign of a footnote, may be left out of a sentence."""
    for beside in (
        "<span class=sr-only>opens anew</span>",
        "<span style='display:none'>hidden</span>",
        "<sup>12</sup>",
    ):
        count = counted(f"<p>{FIRST.replace('influencer', f'influencer{beside}')}</p>", FIRST)
        assert (count.unseen_out, count.words_out) == (1, 0)


def test_other_text_is_not_followed() -> None:
    """A sentence that is not the page's is neither whole nor one with a gap."""
    count = counted(f"<p>{FIRST}</p>", "The company knew nothing of this at all, its lawyers told the court.")
    assert (count.whole, count.words_out, count.not_found) == (0, 0, 1)
