"""Take hashtags out of a text: `#话题#`, `#topic`. Pure functions.

A run of tags at the edge of a line, and a tag that a platform spliced in behind punctuation or before a list mark,
is taken out. A tag that the sentence is built with stays as words, without its marks. Either way it becomes a tag.
"""

from __future__ import annotations

import re

from kolcrawl.text.tables import any_of, read_table

_TOPIC = r"[#＃](?P<topic>[^#＃\s，。！？；：、,!?;:]{1,32}(?:[ \u3000][^#＃\s，。！？；：、,!?;:]{1,20}){0,3})[#＃]"
_PAIRED = re.compile(_TOPIC)
_SINGLE = re.compile(r"(?<![\w&/＃#.@])[#＃](?P<topic>(?=[^\W\d_]|\d+[^\W\d_])\w{2,40})(?![#＃\w;])")
_WORDS = read_table("hashtags.toml")
_BEFORE_WORD = re.compile(rf"(?:{any_of(_WORDS['before'])}|[“”\"‘’《「])\s*$")
_AFTER_WORD = re.compile(rf"^\s*(?:{any_of(_WORDS['behind'])}|[”’》」])")
_BREAK = re.compile(r"[\s，。！？；：、,.!?;:)）\]】”\"…※•·|-]$")
MAX_LINE_CHARACTERS = 5_000  # no paragraph is longer, and each tag is looked at with its whole line
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
    def paired(match: re.Match[str]) -> str:
        topic = match["topic"].strip()
        found.append(topic)
        before, after = line[: match.start()], line[match.end() :]
        if _BEFORE_WORD.search(before) or _AFTER_WORD.search(after):
            return topic
        spliced = not before.strip() or not after.strip() or _BREAK.search(before) or before[-1] in "#＃"
        return "" if spliced else topic

    def single(match: re.Match[str]) -> str:
        topic = match["topic"]
        found.append(topic)
        rest = _SINGLE.sub("", line[match.end() :])
        # Behind the last word of the line only tags follow: they label it, nobody reads them as words.
        return "" if not rest.strip(" .,!?。！？") or not _SINGLE.sub("", line[: match.start()]).strip() else topic

    line = _PAIRED.sub(paired, line)
    line = _SINGLE.sub(single, line)
    return re.sub(r"[ \u3000]{2,}", " ", line).strip()
