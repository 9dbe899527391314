"""The outlet that a reprint credits as its source (来源：某某日报); the words are in `data/bylines.toml`."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from kolcrawl.text.tables import any_of, read_table

LONGEST_CREDIT = 200  # characters of a line that may credit an outlet
LONGEST_BARE_OUTLET = 20  # characters of a name in a line of its own
LONGEST_LEAD = 40  # characters before a link in which its credit is looked for
_QUOTES = " :：|·-—_\"“”'〈〉「」【】()（）[]"


class _Patterns(NamedTuple):
    credit: re.Pattern[str]
    """A label with the outlet behind it, up to the next label, space or end."""
    label: re.Pattern[str]
    """A label at the end of a line."""
    link_label: re.Pattern[str]
    """A label at the end of the words before a link."""
    name_end: re.Pattern[str]
    nobody: re.Pattern[str]


@cache
def _patterns() -> _Patterns:
    words = read_table("bylines.toml")["origin"]
    not_picture = f"(?<![{words['not_before_label']}])"
    label, colon = any_of(words["labels"]), r"\s*[:：]"
    return _Patterns(
        re.compile(
            rf"{not_picture}(?:(?:{any_of(words['things'])})?(?:{label})(?:{any_of(words['particles'])})?{colon}\s*"
            rf"|(?:{any_of(words['verbs'])}){colon}?\s*|^(?:{any_of(words['line_labels'])}){colon}\s*)"
            r"[“\"「【《〈(（]?\s*(?P<name>[^\s:：|｜,，。;；)）】”\"」〉<>]{2,20}(?: [A-Z][\w.&-]*){0,3})",
            re.IGNORECASE,
        ),
        re.compile(rf"{not_picture}(?:{label}){colon}$"),
        re.compile(
            rf"(?:{not_picture}(?P<label>(?:{label}|(?<!\w)(?:{any_of(words['link_labels'])}))"
            rf"(?:{any_of(words['particles'])})?){colon}"
            rf"|(?P<verb>{any_of(words['verbs'])}|(?<!\w)(?:{any_of(words['link_verbs'])})(?=[\s:：]))(?:{colon})?)"
            r"\s*[“\"「【《〈(（\[]?\s*$",
            re.IGNORECASE,
        ),
        re.compile(rf"(?:{any_of(words['name_ends'])}|\d{{4}}[-{words['year_sign']}/.]\d)"),
        re.compile(rf"^(?:{any_of(words['nobody'])})|^\d+$"),
    )


def read_origin(lines: list[str]) -> str | None:
    """Read the outlet that the lines credit as source of a reprint, as printed; None when they credit none."""
    patterns = _patterns()
    for index, line in enumerate(lines):
        if len(line) > LONGEST_CREDIT:
            continue
        if patterns.label.search(line) and index + 1 < len(lines) and len(lines[index + 1]) <= LONGEST_BARE_OUTLET:
            line += lines[index + 1]  # the name stands in an element of its own
        if (match := patterns.credit.search(line)) and (name := clean_origin(match["name"])):
            return name
    return None


def credit_before(words: str) -> str | None:
    """Read the label with which the words before a link credit it as the source, as printed; None where they do not."""
    if words.rstrip()[-1:].lower() not in _ends_of_labels():
        return None
    found = _patterns().link_label.search(words[-LONGEST_LEAD:])
    return (found["label"] or found["verb"]) if found else None


@cache
def _ends_of_labels() -> frozenset[str]:
    """Return the characters with which words that credit a link may end."""
    words = read_table("bylines.toml")["origin"]
    return frozenset(
        (":", "：", *'“"「【《〈(（[', *(word[-1].lower() for word in (*words["verbs"], *words["link_verbs"])))
    )


def clean_origin(raw: str) -> str | None:
    """Strip a credited outlet of quotes and leftovers; None for words that name nobody."""
    patterns = _patterns()
    name = patterns.name_end.split(raw.strip())[0].strip(_QUOTES)
    if name.count("《") != name.count("》") or name[:1] == "《":
        name = name.replace("《", "").replace("》", "")
    return name if len(name) >= 2 and not patterns.nobody.match(name) else None
