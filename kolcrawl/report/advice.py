"""What each stable reason code means to a user, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ADVICE: dict[str, str] = {
    "bad_response": "the site sends what it does not declare; try again later",
    "bad_scheme": "the address is neither http nor https",
    "bad_url": "the address is broken, on the page or in a redirect of the site",
    "blocked": "the site shows a bot check; crawl it slower, or ask it for access",
    "budget": "the budget was spent; raise max_pages",
    "connection": "the site did not answer or broke off; try again later",
    "crash": "the process died each time it had this page; please report it",
    "depth": "farther from the seeds than depth; raise it",
    "dns": "no such host; check the address",
    "empty": "the page has no content",
    "endless": "addresses of this form led to nothing new again and again (a calendar, filters, tokens)",
    "excluded": "the address matches exclude; change it",
    "http_401": "the page wants a login",
    "http_403": "the site refuses us; crawl it slower, or ask it for access",
    "http_404": "the page is gone",
    "http_410": "the page is gone",
    "http_429": "too many requests; crawl the site slower (-s DOWNLOAD_DELAY=5)",
    "http_503": "the site is overloaded or refuses us; try again later, and slower",
    "incomplete": "the site broke off in mid-page; try again later",
    "kind": "named only in lists of other kinds; add theirs to kinds (kinds=related,popular)",
    "language": "in another language; add it to languages",
    "no_article": "the page holds no article (a section front, a gallery, an error page); start from an article",
    "nofollow": "the page asks crawlers not to follow the link",
    "not_html": "the address is a file, not a page",
    "not_included": "the address does not match include; change it",
    "off_site": "on another site; set scope=any",
    "off_topic": "less relevant than follow_below; lower it",
    "paywall": "the page shows its text to subscribers only",
    "private_address": "the address is inside a private network; name its host in ALLOWED_PRIVATE_HOSTS if you mean it",
    "proxy": "the proxy refuses the connection; check it",
    "redirect_loop": "the site sends in circles; it may want cookies (-s COOKIES_ENABLED=1)",
    "region": "the site does not show it where you are; crawl it from another country (-s PROXY=...)",
    "site_closed": "the site has closed, or its domain is for sale; its stories keep what was read",
    "unavailable": "the site shows a notice for a while (maintenance, an error); try again later",
    "withdrawn": "the site shows a notice in its place: the story was taken down; what was read before stays",
    "redirected": "the address now leads to another page; look for that one",
    "robots": "the site's robots.txt forbids it",
    "site_budget": "the site's share of the budget was spent; raise max_pages_per_site",
    "site_paused": "the site failed too often in a row; crawl it again later, and slower",
    "timeout": "the site is too slow; try again later (-s DOWNLOAD_TIMEOUT=90)",
    "tls": "the connection could not be secured",
    "tls_version": "the site has TLS 1.0 or 1.1 only, which is not safe; docs/safety.md says how to allow it",
    "too_large": "the page is larger than we read (DOWNLOAD_MAXSIZE)",
    "too_new": "published after until; move it",
    "too_old": "published before since; move it",
    "unreadable": "the page broke our reader; the log says how, please report it",
    "other": "see the log (-L INFO)",
}


FURTHER_KINDS = ("source", "recommended", "popular", "latest")
"""Kinds of links that a crawl may follow beside `related` with some sense."""


def advice(reason: str) -> str:
    """Say what to do about a reason; codes that are not listed get the advice of their class."""
    if reason in ADVICE:
        return ADVICE[reason]
    if reason.startswith("http_5"):
        return ADVICE["http_503"]
    if reason.startswith("http_"):
        return f"the site answered {reason.removeprefix('http_')}"
    return ADVICE["other"]


def skip_advice(reason: str, stories: int, args: Mapping[str, Any], kinds: Sequence[str] = ()) -> str:
    """Say why stories were skipped, and with which argument a crawl would read them.

    Args:
        reason: why they were skipped.
        stories: how many.
        args: the arguments of the crawl, as they are kept with it; those that are missing are not named.
        kinds: of the links to stories that are skipped for their kind; empty where they are not known.
    """
    match reason:
        case "depth" if (depth := args.get("depth")) is not None:
            return f"one step further: {crawl_option('depth', depth + 1)}"
        case "budget" if max_pages := args.get("max_pages"):
            return f"{max_pages} pages were asked for: {crawl_option('max_pages', max_pages + stories)}"
        case "site_budget" if most := args.get("max_pages_per_site"):
            return f"{most} pages were asked of their site: {crawl_option('max_pages_per_site', 2 * most)}"
        case "off_topic" if bound := args.get("follow_below"):
            return f"less relevant than {bound:g}: {crawl_option('follow_below', f'{bound / 2:.2g}')}"
        case "off_site":
            return f"on other sites: {crawl_option('scope', 'any')}"
        case "kind" if followed := args.get("kinds"):
            wanted = [kind for kind in FURTHER_KINDS if kind not in followed and (kind in kinds or not kinds)]
            if not wanted:
                return f"named only in other lists ({', '.join(kinds)})"
            return f"named only in other lists: {crawl_option('kinds', ','.join([*followed, *wanted]))}"
    return advice(reason)


def crawl_option(name: str, value: object) -> str:
    """Write an argument of a crawl as it is given on a command line."""
    return f"-a {name}={value}"
