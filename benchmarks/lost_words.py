"""Tell whether the sentences of a stored text stand on its page without a gap, and which elements were left out.

A sentence that a reader stored without some of its words is worse than one that is missing, and no token count sees it.
Each sentence is looked up, by its letters, in all that the page shows, in order. One that is not there is followed
through the page's texts: where it goes on behind the text of an element, that element was left out of it.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from kolcrawl.page.body.boilerplate import is_unseen
from kolcrawl.page.document import parse_fragment
from kolcrawl.page.html import BESIDE_STORY, BLOCKS
from kolcrawl.text.normalize import clean_line, letters

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document

SHORTEST_SENTENCE = 12  # letters
ANCHOR = 8  # letters of a sentence's beginning by which it is found, at least
MAX_STARTS = 40  # places at which a sentence may begin that are tried
MAX_SKIPPED = 25  # texts in a row that may be left out of a sentence
SILENT = frozenset(("script", "style", "noscript", "template", "svg", "head", "title", "iframe", "textarea"))
_SENTENCES = re.compile(r"[^.!?\u3002\uff01\uff1f\u2026\n]+")


@dataclass
class SentenceCount:
    """Sentences of stored texts, by what became of them."""

    sentences: int = 0
    whole: int = 0
    """Stand on the page without a gap."""
    unseen_out: int = 0
    """Stand there but for elements that are no words of it: hidden ones, captions, footnote signs."""
    words_out: int = 0
    """Stand there but for elements that a reader sees."""
    not_found: int = 0
    """Not followed: the text was mended (hyphens, hashtags, residue at a line's end) or stands elsewhere."""
    elements: Counter[str] = field(default_factory=Counter)
    """What was left out of `words_out`, by tag and class."""
    pages: list[str] = field(default_factory=list)
    """Pages with a sentence in `words_out`, with the first of them."""


def count_sentences(document: Document, text: str, count: SentenceCount, page: str, told: str = "") -> None:
    """Look up the sentences of one text.

    Args:
        document: the page.
        text: its story's, as stored.
        count: counts on.
        page: its name, for the list.
        told: markup of the text in the page's data for its scripts, where it was taken from there.
    """
    shown = _Shown(document.root)
    told_texts = _Shown(parse_fragment(told, document.url)) if told else None
    for match in _SENTENCES.finditer(text):
        sentence = letters(match[0])
        if len(sentence) < SHORTEST_SENTENCE:
            continue
        count.sentences += 1
        if sentence in shown.letters or (told_texts is not None and sentence in told_texts.letters):
            count.whole += 1
            continue
        left_out = shown.left_out(sentence)
        if left_out is None:
            count.not_found += 1
        elif all(map(_is_beside, left_out)):
            count.unseen_out += 1
        else:
            count.words_out += 1
            count.elements.update(f"{one.tag}.{one.get('class') or ''}" for one in left_out if not _is_beside(one))
            if not count.pages or not count.pages[-1].startswith(f"{page}:"):
                count.pages.append(f"{page}: {clean_line(match[0])[:100]}")


def _is_beside(element: HtmlElement) -> bool:
    """Tell whether an element is no words of the sentence in which it stands, or ends the line."""
    for up in (element, *element.iterancestors()):
        if up.tag in BESIDE_STORY or up.tag in ("sup", "sub", "rt", "rp") or is_unseen(up):
            return True
        if up.tag in BLOCKS:
            return up is element
    return False


class _Shown:
    """The texts of a page in order, by their letters."""

    def __init__(self, root: HtmlElement) -> None:
        self.elements: list[HtmlElement] = []
        self.starts: list[int] = []
        pieces: list[str] = []
        length = 0
        for element, text in _texts(root):
            if own := letters(text):
                self.elements.append(element)
                self.starts.append(length)
                pieces.append(own)
                length += len(own)
        self.letters = "".join(pieces)
        self.starts.append(length)

    def left_out(self, sentence: str) -> list[HtmlElement] | None:
        """Follow a sentence from each place where it may begin.

        Returns: the elements whose text it passes over; None where it cannot be followed.
        """
        at = -1
        for _ in range(MAX_STARTS):
            at = self.letters.find(sentence[:ANCHOR], at + 1)
            if at < 0:
                return None
            if (skipped := self._follow(sentence, at)) is not None:
                return skipped
        return None

    def _follow(self, sentence: str, at: int) -> list[HtmlElement] | None:
        skipped: list[HtmlElement] = []
        done = 0
        node = bisect_right(self.starts, at) - 1
        in_a_row = 0
        while done < len(sentence):
            if node >= len(self.elements):
                return None
            piece = self.letters[at : self.starts[node + 1]]
            rest = sentence[done:]
            if rest.startswith(piece) or piece.startswith(rest):
                done += min(len(piece), len(rest))
                in_a_row = 0
            else:
                skipped.append(self.elements[node])
                in_a_row += 1
                if in_a_row > MAX_SKIPPED or not done:
                    return None
            node += 1
            at = self.starts[node] if node < len(self.starts) else 0
        return skipped


def _texts(root: HtmlElement) -> list[tuple[HtmlElement, str]]:
    """List the texts of a page in order, each with the element in which it stands directly."""
    found: list[tuple[HtmlElement, str]] = []
    todo: list[tuple[HtmlElement, bool]] = [(root, False)]
    while todo:
        element, ended = todo.pop()
        if ended:
            parent = element.getparent()
            if element.tail and parent is not None:
                found.append((parent, element.tail))
            continue
        if element is not root:
            todo.append((element, True))
        if isinstance(element.tag, str) and element.tag not in SILENT:
            if element.text:
                found.append((element, element.text))
            todo += ((child, False) for child in reversed(element))
    return found
