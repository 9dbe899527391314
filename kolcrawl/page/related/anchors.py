"""Clean anchor texts to headlines: without bullets, ranks, badges, dates and read-also prefixes."""

from __future__ import annotations

import re
from functools import lru_cache

from kolcrawl.page.lexicon import RELATED_MEANINGS, heading_meanings
from kolcrawl.page.related.phrases import MAX_PREFIX, without_date

MAX_ANCHOR = 300  # characters
SHORTEST_ANCHOR = 6  # characters that are left when a date is taken off
_BULLET = re.compile(r"^[\s·•▪■◆●○►▶»›>※|*＊・\-–—]+|[\s·•»›>|]+$")
_RANK = re.compile(r"^\(?(\d{1,2})(?:[.)、:：]\s*|\s+)(?=\S)")
_PREFIX_END = re.compile(r"\s*[:：|»]\s*")


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
    prefix = _PREFIX_END.search(text, 0, MAX_PREFIX)
    if prefix and len(text) - prefix.end() >= 8 and heading_meanings(text[: prefix.start()]) & RELATED_MEANINGS:
        text = text[prefix.end() :]
    shorter = without_date(text)
    if len(shorter) >= SHORTEST_ANCHOR:
        text = shorter
    return _BULLET.sub("", text) or text
