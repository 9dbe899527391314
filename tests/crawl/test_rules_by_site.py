"""Rules of a site that cannot be read are named before a crawl begins."""

from __future__ import annotations

import pytest

from kolcrawl.crawl.rules_by_site import check_rules
from kolcrawl.errors import WrongSettingError
from kolcrawl.page.site_rules import SiteRules


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        (SiteRules(related=("div.good", "div..[[")), r"the rule related='div\.\.\[\[' of the spider example cannot"),
        (SiteRules(ignore=("",)), "ignore=''"),
        (SiteRules(kinds=((">", "popular"),)), "kinds='>'"),
        (SiteRules(title="h1:::x"), "title='h1:::x'"),
        (SiteRules(story_url="/(news"), "story_url="),
        (SiteRules(timezone="Mars/Base"), "timezone='Mars/Base'"),
    ],
)
def test_a_rule_that_cannot_be_read(rules: SiteRules, words: str) -> None:
    """The line has the spider, the rule and its value."""
    with pytest.raises(WrongSettingError, match=words):
        check_rules("example", rules)


def test_rules_that_can_be_read() -> None:
    """Rules of every form pass, and so do none."""
    check_rules("example", SiteRules())
    check_rules(
        "example",
        SiteRules(
            related=("div.more > ul",), ignore=("#menu",), kinds=((".hot a", "popular"),), title="h1", published="time",
            text="article", story_url=r"/\d{4}/", timezone="Asia/Shanghai",
        ),
    )  # fmt: skip
