"""Clean a story before it is stored. Pure functions; the entry point is `clean_story`.

Other languages and platforms are entries in data files (`data/residue.toml`, `data/sites.toml`, `data/names.toml`),
not code.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from kolcrawl.page.page import ACCOUNT
from kolcrawl.text.author_names import people_of
from kolcrawl.text.hashtags import take_hashtags
from kolcrawl.text.normalize import clean_line, clean_text, excerpt, letters
from kolcrawl.text.residue import Stripped, strip_residue
from kolcrawl.text.scripts import is_han
from kolcrawl.text.titles import drop_site_name, is_own_name
from kolcrawl.urls.hosts import host_names, hostname_of

if TYPE_CHECKING:
    from kolcrawl.items import StoryItem

MAX_STORY_TAGS = 40
_SENTENCE_END = re.compile(r"[。！？!?.…：:；;”\"’』」》）)】\]]$")


def clean_story(item: StoryItem) -> StoryItem:
    """Clean a fetched story in place and return it; items of other outcomes pass untouched.

    The title becomes one line, without the site's name and hashtags; `raw_title` keeps it as printed where it differs.
    The text becomes NFC, without invisible characters, hard line breaks, hashtags and residue. Hashtags go to `tags`,
    a credited outlet to `origin`, a byline in the text to `authors` when the page names nobody. `excerpt` is filled in.
    """
    if item.outcome != "fetched":
        return item
    host = host_names(hostname_of(item.url))
    outlets = [item.site_name] if item.site_name else []
    tags = [clean_line(tag) for tag in item.tags]
    if item.title:
        raw = item.title
        item.title, found = _title(raw, outlets, host)
        tags += found
        if item.title != raw and item.raw_title is None:
            item.raw_title = raw
    bylines: list[str] = []
    if item.text:
        stripped, found = _strip(item.text)
        tags += found
        bylines = stripped.bylines
        if item.origin is None and stripped.origin:
            item.origin = stripped.origin
        item.text = _joined(stripped, item.title)
    if item.read_text:
        item.read_text = _joined(_strip(item.read_text)[0], item.title)
    if item.origin:
        item.origin = _origin(item.origin, outlets, host)
    if item.sources.get("authors") == ACCOUNT:
        item.authors = [clean_line(name) for name in item.authors]
    else:
        item.authors = people_of([*item.authors] or bylines, outlets, item.lang)
    item.tags = _tags(tags, item.title)
    item.excerpt = excerpt(item.text) if item.text else None
    return item


def _strip(text: str) -> tuple[Stripped, list[str]]:
    """Return the lines of a text without residue, with what that says, and the hashtags that stood between them."""
    lines, tags = take_hashtags(unwrap(clean_text(text).split("\n")))
    return strip_residue(lines), tags


def _joined(stripped: Stripped, title: str | None) -> str | None:
    return "\n".join(_without_title(stripped.lines, title)) or None


def _title(raw: str, outlets: list[str], host: tuple[str, ...]) -> tuple[str | None, list[str]]:
    lines, tags = take_hashtags([clean_line(raw)])
    # A title of nothing but hashtags keeps them as words.
    title = lines[0] if lines else " ".join(tags)
    return drop_site_name(title, outlets, host) or None, tags


def _without_title(lines: list[str], title: str | None) -> list[str]:
    """Drop the first line where it repeats the headline."""
    if title and len(lines) > 1 and letters(lines[0]) == letters(title):
        return lines[1:]
    return lines


def _origin(raw: str, outlets: list[str], host: tuple[str, ...]) -> str | None:
    """Clean the name of the credited outlet; None when it is the site itself."""
    origin = clean_line(raw).strip("，。,.;；:： ")
    return None if not origin or is_own_name(origin, outlets, host) else origin


def _tags(raw: list[str], title: str | None) -> list[str]:
    """Split and clean tags: some pages put all into one with spaces or bars, some repeat the title."""
    headline = letters(title or "")
    out: list[str] = []
    for tag in raw:
        pieces = re.split(r"[|｜、;；]", tag)
        if len(pieces) == 1 and is_han(tag) and tag.count(" ") >= 2:
            pieces = tag.split()
        out += (piece.strip("#＃ ") for piece in pieces)
    return list(dict.fromkeys(t for t in out if t and len(t) <= 50 and (not headline or letters(t) != headline)))[
        :MAX_STORY_TAGS
    ]


def unwrap(lines: list[str]) -> list[str]:
    """Join lines that a converter broke at a fixed width: most as long as the longest, few ending a sentence.

    Args:
        lines: paragraphs, or pieces of them.

    Returns: the paragraphs; the lines themselves when they are not broken that way.
    """
    if len(lines) < 6:
        return lines
    longest = max(map(len, lines))
    full = [line for line in lines if len(line) >= 0.8 * longest]
    cut = [line for line in full if not _SENTENCE_END.search(line)]
    if longest > 120 or longest < 14 or len(full) < 0.6 * len(lines) or len(cut) < 0.7 * len(full):
        return lines
    out: list[list[str]] = []
    joining = False
    for before, line in pairwise(["", *lines]):
        if joining:
            space = "" if ord(before[-1]) > 0x2E80 or ord(line[0]) > 0x2E80 else " "
            out[-1] += (space, line)
        else:
            out.append([line])
        joining = len(line) >= 0.8 * longest and not _SENTENCE_END.search(line)
    return ["".join(pieces) for pieces in out]
