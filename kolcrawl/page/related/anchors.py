"""Anchor texts as headlines: without bullets, ranks, badges, dates and read-also prefixes."""

from __future__ import annotations

import re
from functools import lru_cache

from kolcrawl.page.related import lexicon

MAX_ANCHOR = 300
_BULLET = re.compile(r"^[\s·•▪■◆●○►▶»›>※|*＊・\-–—]+|[\s·•»›>|]+$")
_DATE = r"(?:\(|\[|（)?\s*(?:\d{4}[-/.年]\s?)?\d{1,2}[-/.月]\d{1,2}日?(?:\s+\d{1,2}:\d{2}(?::\d{2})?)?\s*(?:\)|\]|）)?"
_TAIL = re.compile(rf"\s*(?:{_DATE}|\(\d{{1,5}}\)|\d+\s*(?:评论|評論|コメント|comments?|Kommentare))$", re.IGNORECASE)
_RANK = re.compile(r"^\(?(\d{1,2})(?:[.)、:：]\s*|\s+)(?=\S)")
_PREFIX_END = re.compile(r"\s*[:：|»]\s*")
TELLING = lexicon.MEANING["related"] | lexicon.MEANING["also"]


def clean_anchors(texts: list[str]) -> list[str]:
    """Clean the anchor texts of one block.

    Ranks are taken off only when the texts of the block count up, so that "7 places to see" keeps its number.
    """
    cleaned = [_clean(text) for text in texts]
    ranks = [_RANK.match(text) for text in cleaned]
    if len(texts) > 1 and all(r and int(r[1]) == place for place, r in enumerate(ranks, 1)):
        cleaned = [_BULLET.sub("", _RANK.sub("", text)) for text in cleaned]
    return cleaned


@lru_cache(maxsize=4_096)  # the pages of a site share many of their anchors
def _clean(text: str) -> str:
    text = " ".join(text.split())[:MAX_ANCHOR]
    text = _BULLET.sub("", text)
    prefix = _PREFIX_END.search(text, 0, 40)
    if prefix and len(text) - prefix.end() >= 8 and lexicon.heading_meanings(text[: prefix.start()]) & TELLING:
        text = text[prefix.end() :]
    shorter = _TAIL.sub("", text)
    if len(shorter) >= 6:
        text = shorter
    return _BULLET.sub("", text) or text
