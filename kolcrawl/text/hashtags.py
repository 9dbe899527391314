"""Take hashtags out of a text: `#话题#`, `#topic`. Pure functions.

A run of tags at the edge of a line, and a tag that a platform spliced in behind punctuation or before a list mark,
is taken out. A tag that the sentence is built with stays as words, without its marks. Either way it becomes a tag.
"""

from __future__ import annotations

import re
from itertools import chain, pairwise

from kolcrawl.text.tables import any_of, read_table

_TOPIC = r"[#＃](?P<topic>[^#＃\s，。！？；：、,!?;:]{1,32}(?:[ \u3000][^#＃\s，。！？；：、,!?;:]{1,20}){0,3})[#＃]"
_PAIRED = re.compile(_TOPIC)
_SINGLE = re.compile(r"(?<![\w&/＃#.@])[#＃](?P<topic>(?=[^\W\d_]|\d+[^\W\d_])\w{2,40})(?![#＃\w;])")
_WORDS = read_table("hashtags.toml")
_BEFORE_WORD = re.compile(rf"(?:{any_of(_WORDS['before'])}|[“”\"‘’《「])\s*$")
_AFTER_WORD = re.compile(rf"^\s*(?:{any_of(_WORDS['behind'])}|[”’》」])")
_BREAK = re.compile(r"[\s，。！？；：、,.!?;:)）\]】”\"…※•·|-]$")
_MARKS = " .,!?。！？"
MAX_LINE_CHARACTERS = 5_000  # no paragraph is longer
MAX_TAG_WORD = 60  # characters beside a tag in which a word that belongs to it is looked for
MAX_TIP_CHARACTERS = 45  # of the words beside a run of tags that are a site's tip, not the story's


def take_hashtags(lines: list[str]) -> tuple[list[str], list[str]]:
    """Take hashtags out of the lines of a text.

    Args:
        lines: paragraphs.

    Returns: the lines without hashtags (lines of nothing else dropped, and a line of a few words before three or
        more tags at the text's edge, as some sites put a tip with its topics above a story), and the tags in order.
    """
    tags: list[str] = []
    out: list[str] = []
    for index, line in enumerate(lines):
        if ("#" not in line and "＃" not in line) or len(line) > MAX_LINE_CHARACTERS:
            out.append(line)
            continue
        found: list[str] = []
        bare = _take(line, found)
        tags += found
        edge = index < 2 or index >= len(lines) - 3
        if not bare or (edge and len(found) >= 3 and len(bare) <= MAX_TIP_CHARACTERS and _ends_in_tags(line)):
            continue
        out.append(bare)
    return out, list(dict.fromkeys(tags))


def _ends_in_tags(line: str) -> bool:
    return line.rstrip()[-1:] in "#＃" or bool(re.search(r"[#＃]\w+\s*$", line))


def _take(line: str, found: list[str]) -> str:
    """Take the tags out of one line, in time that grows with its length alone, however many it has."""
    begin, end = len(line) - len(line.lstrip()), len(line.rstrip())

    def paired(match: re.Match[str]) -> str:
        topic = match["topic"].strip()
        found.append(topic)
        before = line[max(0, match.start() - MAX_TAG_WORD) : match.start()]
        after = line[match.end() : match.end() + MAX_TAG_WORD]
        if _BEFORE_WORD.search(before) or _AFTER_WORD.search(after):
            return topic
        at_edge = match.start() <= begin or match.end() >= end
        return "" if at_edge or _BREAK.search(before[-1]) or before[-1] in "#＃" else topic

    line = _without_single(_PAIRED.sub(paired, line), found)
    return re.sub(r"[ \u3000]{2,}", " ", line).strip()


def _without_single(line: str, found: list[str]) -> str:
    """Take out the single tags before the first word of a line and behind its last; others stay as words."""
    tags = list(_SINGLE.finditer(line))
    if not tags:
        return line
    found += [tag["topic"] for tag in tags]
    gaps = [line[start:end] for start, end in pairwise([0, *(at for tag in tags for at in tag.span()), len(line)])][::2]
    first = next((number for number, gap in enumerate(gaps) if gap.strip()), len(tags))
    # Behind the last word of the line only tags follow: they label it, nobody reads them as words.
    last = next((number for number in range(len(tags), -1, -1) if gaps[number].strip(_MARKS)), 0)
    kept = ["" if number < first or number >= last else tag["topic"] for number, tag in enumerate(tags)]
    return "".join(chain.from_iterable(zip(gaps, [*kept, ""], strict=True)))
