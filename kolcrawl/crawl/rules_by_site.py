"""Which rules hold for which site: each site's spider brings its own, and every spider reads that site by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from scrapy.spiderloader import get_spider_loader

from kolcrawl.page.site_rules import NO_RULES, SiteRules
from kolcrawl.urls.hosts import hostname_of

if TYPE_CHECKING:
    from scrapy.settings import Settings


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
            for domain in getattr(spider, "domains", ()):
                found[domain] = getattr(spider, "rules", NO_RULES)
        return cls(found)

    def of(self, url: str) -> SiteRules:
        """Return the rules for a page; empty ones for a site without a spider of its own."""
        host = hostname_of(url)
        while host:
            if host in self.rules:
                return self.rules[host]
            host = host.partition(".")[2]
        return NO_RULES
