"""The story's facts: each from the best place that has it, and a note which place that was.

JSON-LD, meta elements, microdata, `<time>`, visible lines and the URL are asked in that order of trust; each module
beside this one reads one fact. What is read here is what the page says; `kolcrawl.story.clean` decides what is stored.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from kolcrawl.page.body.body_text import read_body
from kolcrawl.page.element_text import text_of
from kolcrawl.page.facts.authors import read_authors
from kolcrawl.page.facts.byline import lines_about, shown_headline
from kolcrawl.page.facts.dating.published import read_published
from kolcrawl.page.facts.dating.shown_dates import NearLines
from kolcrawl.page.facts.headline import read_headline, site_names
from kolcrawl.page.facts.meta import read_markup
from kolcrawl.page.facts.origin import read_origin
from kolcrawl.page.facts.tags import read_tags
from kolcrawl.page.verdict.no_story import why_no_story
from kolcrawl.text.languages import language_of, normal_tag
from kolcrawl.text.normalize import clean_line
from kolcrawl.text.titles import drop_site_name
from kolcrawl.text.zones import zone_of
from kolcrawl.urls.hosts import host_names, hostname_of

if TYPE_CHECKING:
    from lxml.html import HtmlElement

    from kolcrawl.page.document import Document
    from kolcrawl.page.facts.meta import Markup
    from kolcrawl.page.page import Page
    from kolcrawl.page.site_rules import SiteRules

MAX_PAGE_TAGS = 30


def read_facts(document: Document, page: Page, rules: SiteRules, now: datetime | None) -> HtmlElement | None:
    """Fill in `page.story`, `page.canonical`, `page.og_url`, `page.no_story` and the robots marks.

    Args:
        document: the parsed page.
        page: to be filled in.
        rules: what is known of the site.
        now: when the page was fetched (aware); the present when None.

    Returns: the element that shows the headline, if one surely does.
    """
    story = page.story
    markup = read_markup(document)
    _read_page_marks(markup, page)
    names = site_names(markup)
    story.site_name = names[0] if names else None

    story.title, place = _headline(document, markup, rules)
    if story.title:
        story.sources["title"] = place
    host = hostname_of(document.url)
    shown = shown_headline(document, markup, drop_site_name(story.title or "", names, host_names(host)))
    story.text, place = read_body(document, markup, shown.element, rules)
    if story.text is not None:
        story.sources["text"] = place
    if place == "script" and story.sources.get("title") == "title" and (named := markup.script.story.headline):
        story.title, story.sources["title"] = named, "script"  # the page's own title is one of all pages
    story.lang = language_of(story.text or story.title or "", markup.lang)

    before, after = lines_about(shown.element, document)
    tag = _regional_tag(markup.lang, story.lang)
    read_published(
        document,
        markup,
        story,
        NearLines(shown.element, before, after),
        now=now or datetime.now(UTC),
        zone=ZoneInfo(rules.timezone) if rules.timezone else zone_of(host.rsplit(".", 1)[-1], tag),
        lang=tag,
        selector=rules.published,
    )
    authors = read_authors(document, markup, shown.element, after + before, story.text, names, story.lang)
    story.authors = authors.names
    if story.authors:
        story.sources["authors"] = authors.place
    if origin := read_origin([line.text for line in after + before]) or authors.outlet:
        story.origin = origin
        story.sources["origin"] = "text"
    story.tags = read_tags(document, markup)
    page.no_story = why_no_story(document, markup, story)
    return shown.element if shown.sure else None


def _read_page_marks(markup: Markup, page: Page) -> None:
    """Fill in what the page says of its address and to robots."""
    page.canonical = markup.canonical
    page.og_url = markup.first("og:url")
    nothing = "none" in markup.robots.split(",")
    page.noindex = nothing or "noindex" in markup.robots
    page.nofollow = nothing or "nofollow" in markup.robots


def _regional_tag(stated: str | None, lang: str | None) -> str | None:
    """Choose the page's own language tag, which may name a region, where it names the language of the text."""
    tag = normal_tag(stated)
    if tag and lang and tag.split("-")[0] == lang.split("-")[0] and lang[:2] != "zh":
        return tag
    return lang


def _headline(document: Document, markup: Markup, rules: SiteRules) -> tuple[str | None, str]:
    if rules.title:
        for element in document.root.cssselect(rules.title):
            if text := clean_line(text_of(element)):
                return text, "rule"
    return read_headline(markup, document.root)
