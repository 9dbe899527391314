"""What each stable reason code means to a user, and what to do about it. Data only."""

from __future__ import annotations

ADVICE: dict[str, str] = {
    "bad_response": "the site sends what it does not declare; try again later",
    "bad_scheme": "the address is neither http nor https",
    "bad_url": "the address is broken, on the page or in a redirect of the site",
    "blocked": "the site shows a bot check; crawl it slower, or ask it for access",
    "budget": "raise max_pages to fetch them",
    "connection": "the site did not answer or broke off; try again later",
    "crash": "the process died each time it had this page; please report it",
    "depth": "raise depth to fetch them",
    "dns": "no such host; check the address",
    "empty": "the page has no content",
    "excluded": "change exclude to fetch them",
    "http_401": "the page wants a login",
    "http_403": "the site refuses us; crawl it slower, or ask it for access",
    "http_404": "the page is gone",
    "http_410": "the page is gone",
    "http_429": "too many requests; crawl the site slower (-s DOWNLOAD_DELAY=5)",
    "http_503": "the site is overloaded or refuses us; try again later, and slower",
    "incomplete": "the site broke off in mid-page; try again later",
    "kind": "name the kind in kinds to follow such links (kinds=related,popular)",
    "language": "add the language to languages to fetch them",
    "no_article": "the page holds no article (a section front, a gallery, an error page); start from an article",
    "nofollow": "the page asks crawlers not to follow the link",
    "not_html": "the address is a file, not a page",
    "not_included": "change include to fetch them",
    "off_site": "set scope=any to fetch other sites",
    "off_topic": "lower follow_below to fetch them",
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
    "site_budget": "raise max_pages_per_site to fetch them",
    "site_paused": "the site failed too often in a row; crawl it again later, and slower",
    "timeout": "the site is too slow; try again later (-s DOWNLOAD_TIMEOUT=90)",
    "tls": "the connection could not be secured",
    "tls_version": "the site has TLS 1.0 or 1.1 only, which is not safe; docs/safety.md says how to allow it",
    "too_large": "the page is larger than we read (DOWNLOAD_MAXSIZE)",
    "too_new": "move until to fetch them",
    "too_old": "move since to fetch them",
    "unreadable": "the page broke our reader; the log says how, please report it",
    "other": "see the log (-L INFO)",
}


def advice(reason: str) -> str:
    """What to do about a reason; codes that are not listed get the advice of their class."""
    if reason in ADVICE:
        return ADVICE[reason]
    if reason.startswith("http_5"):
        return ADVICE["http_503"]
    if reason.startswith("http_"):
        return f"the site answered {reason.removeprefix('http_')}"
    return ADVICE["other"]
