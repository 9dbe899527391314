"""Find the story that a person means: by URL, key, the beginning of a key, or a part of its title."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kolcrawl.errors import UnmetArgumentError, UrlError
from kolcrawl.locale import mark
from kolcrawl.text.normalize import letters, simplified

if TYPE_CHECKING:
    from kolcrawl.network.network import Network

MIN_KEY_CHARS = 6
"""Digits with which the beginning of a key is meant; fewer are rather a word."""
SHOWN_CHOICES = 5


def meant_story(network: Network, words: str) -> str:
    """Find the key of the story that is meant.

    Args:
        words: a URL, a key, at least `MIN_KEY_CHARS` first digits of a key, or a part of a title.

    Raises:
        UnmetArgumentError: no story is meant, or several are, which it names.
    """
    words = words.strip()
    try:
        key = network.key(words)
    except UrlError:
        key = None
    if key is not None:
        return key
    found = _by_key(network, words) or _by_title(network, words)
    if len(found) > 1:
        shown = "".join(f"\n  {key[:8]}  {title}" for key, title in list(found.items())[:SHOWN_CHOICES])
        more = "\n  ..." if len(found) > SHOWN_CHOICES else ""
        raise UnmetArgumentError(
            "{words!r} means {n} stories: give the key of one{shown}{more}",
            words=words,
            n=len(found),
            shown=shown,
            more=more,
        )
    if not found:
        if re.fullmatch(rf"[0-9a-f]{{1,{MIN_KEY_CHARS - 1}}}", words):
            too_short = mark("{words!r} is in no title, and too short for the beginning of a key: give {n} digits")
            raise UnmetArgumentError(too_short, words=words, n=MIN_KEY_CHARS)
        try:
            return network.required(words, with_text=False)["_id"]  # says what is wrong
        except UrlError:
            raise UnmetArgumentError(
                "no story is called {words!r}, and it is neither a URL nor a key:"
                " `scrapy find WORDS` looks into the texts, too",
                words=words,
            ) from None
    return next(iter(found))


def _by_key(network: Network, words: str) -> dict[str, str]:
    """Look up the stories whose keys begin so, those that merged keys lead to among them: title by key."""
    if not re.fullmatch(rf"[0-9a-f]{{{MIN_KEY_CHARS},31}}", words):
        return {}
    begin = {"_id": {"$gte": words, "$lt": words + "g"}}  # g follows the last of the digits
    keys = {network.key(story["_id"]) for story in network.db.stories.find(begin, {"_id": 1}).limit(100)}
    stories = network.stories_by_key(sorted(key for key in keys if key), with_text=False)
    return {story["_id"]: story["title"] or story["url"] for story in stories}


def _by_title(network: Network, words: str) -> dict[str, str]:
    """Look up the stories whose titles hold the words, blanks and punctuation left aside: title by key."""
    needle = letters(simplified(words))
    if not needle:
        return {}
    titles = network.db.stories.find({"status": {"$ne": "merged"}, "title": {"$ne": None}}, {"title": 1})
    keys = sorted(story["_id"] for story in titles if needle in letters(simplified(story["title"])))
    stories = network.stories_by_key(keys, with_text=False)
    return {story["_id"]: story["title"] or story["url"] for story in stories}
