"""Which rules hold for which site: each site's spider brings its own, and every spider reads that site by them."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lxml.cssselect import CSSSelector, SelectorError
from scrapy.spiderloader import get_spider_loader

from kolcrawl.errors import WrongSettingError
from kolcrawl.page.site_rules import NO_RULES, SiteRules
from kolcrawl.urls.hosts import hostname_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.settings import Settings

logger = logging.getLogger(__name__)


def check_rules(spider: str, rules: SiteRules) -> None:
    """Check that the rules of a spider can be read; else each page of its sites would fail.

    Raises:
        WrongSettingError: one is no CSS selector, no regular expression or no zone; the text names it.
    """
    single = [(name, getattr(rules, name)) for name in ("title", "published", "text")]
    lists = [("related", rules.related), ("ignore", rules.ignore), ("kinds", tuple(pair[0] for pair in rules.kinds))]
    selectors = [(name, value) for name, value in single if value]
    selectors += [(name, value) for name, values in lists for value in values]
    readers: list[tuple[str, str, Callable[[str], object]]] = [(name, value, CSSSelector) for name, value in selectors]
    if rules.story_url:
        readers.append(("story_url", rules.story_url, re.compile))
    if rules.timezone:
        readers.append(("timezone", rules.timezone, ZoneInfo))
    for name, value, read in readers:
        try:
            read(value)
        except (SelectorError, re.error, ZoneInfoNotFoundError, ValueError) as error:
            raise WrongSettingError(
                "the rule {name}={value!r} of the spider {spider} cannot be read: {error}",
                name=name,
                value=value,
                spider=spider,
                error=error,
            ) from None


class RulesBySite:
    """Looks the rules up by host: a domain's rules hold for its subdomains too."""

    def __init__(self, rules: dict[str, SiteRules]) -> None:
        self.rules = rules

    @classmethod
    def from_settings(cls, settings: Settings) -> RulesBySite:
        """Collect `domains` and `rules` of all spiders of the project."""
        loader = get_spider_loader(settings)
        found: dict[str, SiteRules] = {}
        for name in loader.list():
            spider = loader.load(name)
            rules = getattr(spider, "rules", NO_RULES)
            try:
                check_rules(name, rules)
            except WrongSettingError as error:  # like a spider that cannot be imported, it must not stop the others
                logger.error("%s; its sites are read without rules", error)
                rules = NO_RULES
            for domain in getattr(spider, "domains", ()):
                found[domain] = rules
        return cls(found)

    def of(self, url: str) -> SiteRules:
        """Return the rules for a page; empty ones for a site without a spider of its own."""
        host = hostname_of(url)
        while host:
            if host in self.rules:
                return self.rules[host]
            host = host.partition(".")[2]
        return NO_RULES
