"""Render a story as the page that its site serves. Each site has a template of its own beside this module.

A template is a `string.Template` with two more marks, which do not nest:
`<!-- each NAME -->...<!-- end -->` is repeated for each entry of a list, `<!-- if NAME -->...<!-- end -->` stands
when the value is not empty. Everything put in is escaped, but for `$jsonld`.
"""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from datetime import timedelta, timezone
from functools import cache
from string import Template
from typing import TYPE_CHECKING, Any

from kolcrawl.text.tables import read_table, read_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from kolcrawl.sample.sample_story import SampleStory

_PART = re.compile(r"<!-- (each|if) (\w+) -->(.*?)<!-- end -->", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteStyle:
    """How a site writes and links its stories."""

    host: str
    name: str
    lang: str
    template: str
    zone: int
    """Hours by which its clock is ahead of UTC."""
    date: str
    """The form in which it prints a time (`strftime`)."""
    path: str
    """Path of a story, with the fields of `str.format`: n, day (a date), slug."""
    words: str
    """Language of `words.toml` in which its stories grow."""
    related: int
    """Links in its related block."""
    others: str
    """The stories of its last block: `random` or the `latest`."""


@cache
def site_styles() -> dict[str, SiteStyle]:
    """Read the sites, by host."""
    rows = read_table("sites.toml", "kolcrawl.sample")["site"]
    return {row["host"]: SiteStyle(**row) for row in rows}


@cache
def _template(name: str) -> str:
    return read_text(name, "kolcrawl.sample")


def render(story: SampleStory, title_of: Callable[[str], str], address_of: Callable[[str, str], str]) -> bytes:
    """Render the page of a story, in its encoding.

    Args:
        story: its `host` must be one of `site_styles()`.
        title_of: the anchor text for a URL.
        address_of: how the page of a URL (first) writes another (second).
    """
    style = site_styles()[story.host]
    codec = story.encoding or "utf-8"
    local = story.published.astimezone(timezone(timedelta(hours=style.zone)))

    def links(urls: tuple[str, ...]) -> list[dict[str, str]]:
        home = f"http://{story.host}"
        whole = [(address_of(story.url, url), title_of(url)) for url in urls]
        return [{"href": url.removeprefix(home), "url": url, "text": title} for url, title in whole]

    half = (len(story.paragraphs) + 1) // 2
    values: dict[str, Any] = {
        "charset": {"utf-8": "utf-8", "gb18030": "gb2312", "shift_jis": "Shift_JIS"}.get(codec, codec),
        "site": style.name,
        "host": style.host,
        "lang": story.lang,
        "url": story.url,
        "title": story.title,
        "date": local.strftime(style.date),
        "iso": local.isoformat(timespec="seconds"),
        "iso_without_zone": local.replace(tzinfo=None).isoformat(sep=" ", timespec="minutes"),
        "day": local.date().isoformat(),
        "summary": story.paragraphs[0],
        "author": "、".join(story.authors),
        "origin": story.origin or "",
        "hashtags": " ".join(f"#{tag}#" for tag in story.tags),
        "tags": [{"text": tag} for tag in story.tags],
        "first_half": [{"text": text} for text in story.paragraphs[:half]],
        "second_half": [{"text": text} for text in story.paragraphs[half:]],
        "read_also": links((story.read_also,)) if story.read_also else [],
        "related": links(story.related),
        "popular": links(story.popular),
        "others": links(story.others),
        "jsonld": _jsonld(story, style, local.isoformat(timespec="seconds")),
    }
    return _fill(_template(style.template), values).encode(codec, "xmlcharrefreplace")


def _fill(template: str, values: dict[str, Any]) -> str:
    scalars = {name: html.escape(value) for name, value in values.items() if isinstance(value, str)}
    scalars["jsonld"] = values["jsonld"]

    def part(found: re.Match[str]) -> str:
        mark, name, inner = found.groups()
        value = values[name]
        if mark == "if":
            return inner if value else ""
        piece = Template(inner)
        return "".join(
            piece.safe_substitute(
                number=str(n), **{key: html.escape(text).replace("$", "$$") for key, text in entry.items()}
            )
            for n, entry in enumerate(value, 1)
        )

    return Template(_PART.sub(part, template)).substitute(scalars)


def _jsonld(story: SampleStory, style: SiteStyle, published: str) -> str:
    facts = {
        "@context": "https://schema.org",
        "@type": "NewsArticle",
        "mainEntityOfPage": story.url,
        "headline": story.title,
        "datePublished": published,
        "author": [{"@type": "Person", "name": name} for name in story.authors],
        "publisher": {"@type": "Organization", "name": style.name},
    }
    return json.dumps(facts, ensure_ascii=False).replace("</", "<\\/")
