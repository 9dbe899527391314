"""What each stable reason code means to a user, and what to do about it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kolcrawl.locale import Message, mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ADVICE: dict[str, str] = {
    "bad_response": mark("the site sends what it does not declare; try again later"),
    "bad_scheme": mark("the address is neither http nor https"),
    "bad_url": mark("the address is broken, on the page or in a redirect of the site"),
    "blocked": mark("the site shows a bot check; crawl it slower, or ask it for access"),
    "budget": mark("the budget was spent; raise max_pages"),
    "connection": mark("the site did not answer or broke off; try again later"),
    "crash": mark("the process died each time it had this page; please report it"),
    "depth": mark("farther from the seeds than depth; raise it"),
    "dns": mark("no such host; check the address"),
    "empty": mark("the page has no content"),
    "endless": mark("addresses of this form led to nothing new again and again (a calendar, filters, tokens)"),
    "excluded": mark("the address matches exclude; change it"),
    "http_401": mark("the page wants a login"),
    "http_403": mark("the site refuses us; crawl it slower, or ask it for access"),
    "http_404": mark("the page is gone"),
    "http_410": mark("the page is gone"),
    "http_429": mark("too many requests; crawl the site slower (-s DOWNLOAD_DELAY=5)"),
    "http_503": mark("the site is overloaded or refuses us; try again later, and slower"),
    "incomplete": mark("the site broke off in mid-page; try again later"),
    "kind": mark("named only in lists of other kinds; add theirs to kinds (kinds=related,popular)"),
    "language": mark("in another language; add it to languages"),
    "no_article": mark("the page holds no article (a section front, a gallery, an error page); start from an article"),
    "nofollow": mark("the page asks crawlers not to follow the link"),
    "not_html": mark("the address is a file, not a page"),
    "not_included": mark("the address does not match include; change it"),
    "off_site": mark("on another site; set scope=any"),
    "off_topic": mark("less relevant than follow_below; lower it"),
    "paywall": mark("the page shows its text to subscribers only"),
    "private_address": mark(
        "the address is inside a private network; name its host in ALLOWED_PRIVATE_HOSTS if you mean it"
    ),
    "proxy": mark("the proxy does not answer or refuses; check PROXY, http_proxy and https_proxy"),
    "redirect_loop": mark("the site sends in circles; it may want cookies (-s COOKIES_ENABLED=1)"),
    "region": mark("the site does not show it where you are; crawl it from another country (-s PROXY=...)"),
    "site_closed": mark("the site has closed, or its domain is for sale; its stories keep what was read"),
    "unavailable": mark("the site shows a notice for a while (maintenance, an error); try again later"),
    "withdrawn": mark("the site shows a notice in its place: the story was taken down; what was read before stays"),
    "redirected": mark("the address now leads to another page; look for that one"),
    "robots": mark("the site's robots.txt forbids it"),
    "site_budget": mark("the site's share of the budget was spent; raise max_pages_per_site"),
    "site_paused": mark("the site failed too often in a row; crawl it again later, and slower"),
    "timeout": mark("the site is too slow; try again later (-s DOWNLOAD_TIMEOUT=90)"),
    "tls": mark("the connection could not be secured"),
    "tls_version": mark("the site has TLS 1.0 or 1.1 only, which is not safe; docs/safety.md says how to allow it"),
    "too_large": mark("the page is larger than we read (DOWNLOAD_MAXSIZE)"),
    "too_new": mark("published after until; move it"),
    "too_old": mark("published before since; move it"),
    "unreadable": mark("the page broke our reader; the log says how, please report it"),
    "other": mark("see the log (-L INFO)"),
}


FURTHER_KINDS = ("source", "recommended", "popular", "latest")
"""Kinds of links that a crawl may follow beside `related` with some sense."""


def advice(reason: str) -> Message:
    """Say what to do about a reason; codes that are not listed get the advice of their class."""
    if reason.startswith("http_") and reason not in ADVICE and not reason.startswith("http_5"):
        return Message("the site answered {status}", status=reason.removeprefix("http_"))
    of_class = "http_503" if reason.startswith("http_5") else "other"
    return Message(ADVICE.get(reason) or ADVICE[of_class])


def skip_advice(reason: str, stories: int, args: Mapping[str, Any], kinds: Sequence[str] = ()) -> Message:
    """Say why stories were skipped, and with which argument a crawl would read them.

    Args:
        reason: why they were skipped.
        stories: how many.
        args: the arguments of the crawl, as they are kept with it; those that are missing are not named.
        kinds: of the links to stories that are skipped for their kind; empty where they are not known, and then none is
            recommended.
    """
    match reason:
        case "depth" if (depth := args.get("depth")) is not None:
            return Message("one step further: {option}", option=crawl_option("depth", depth + 1))
        case "budget" if max_pages := args.get("max_pages"):
            option = crawl_option("max_pages", max_pages + stories)
            return Message("{n} pages were asked for: {option}", n=max_pages, option=option)
        case "site_budget" if most := args.get("max_pages_per_site"):
            option = crawl_option("max_pages_per_site", 2 * most)
            return Message("{n} pages were asked of their site: {option}", n=most, option=option)
        case "off_topic" if bound := args.get("follow_below"):
            option = crawl_option("follow_below", f"{bound / 2:.2g}")
            return Message("less relevant than {bound:g}: {option}", bound=bound, option=option)
        case "off_site":
            return Message("on other sites: {option}", option=crawl_option("scope", "any"))
        case "kind" if kinds and (followed := args.get("kinds")):
            wanted = [kind for kind in FURTHER_KINDS if kind not in followed and kind in kinds]
            if not wanted:
                return Message("named only in other lists ({kinds})", kinds=", ".join(kinds))
            option = crawl_option("kinds", ",".join([*followed, *wanted]))
            return Message("named only in other lists: {option}", option=option)
    return advice(reason)


def crawl_option(name: str, value: object) -> str:
    """Write an argument of a crawl as it is given on a command line."""
    return f"-a {name}={value}"
