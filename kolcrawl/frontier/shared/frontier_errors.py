"""What can be wrong with a shared frontier, each in one line with the remedy, and no credentials."""

from __future__ import annotations

from urllib.parse import urlsplit

from kolcrawl.errors import ConfigError, KolcrawlError


class FrontierError(KolcrawlError):
    """A shared frontier cannot be used; `reason` is the crawl's finish reason."""

    reason = "frontier_failed"


class FrontierAwayError(FrontierError):
    """Redis does not answer, or not yet; waiting may help."""

    reason = "frontier_unavailable"


class FrontierFullError(FrontierAwayError):
    """Redis has no memory left for another request; acknowledging and waiting may help."""


class OtherTermsError(FrontierError):
    """A crawl of that name is under way with other arguments, or writes another database."""

    exit_code = 2


class FrontierGoneError(FrontierError):
    """The crawl is not in Redis any more."""

    reason = "frontier_gone"


def check_frontier_url(url: str) -> str:
    """Check the form of FRONTIER_URL, and return it without its credentials, as it may be shown.

    Raises:
        ConfigError: it is no address of a Redis; the text does not repeat it, since it may hold a password.
    """
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        parts, host, port = urlsplit(""), None, None
    if parts.scheme not in ("redis", "rediss") or not host:
        raise ConfigError(
            "FRONTIER_URL is no address of a Redis: give redis://host:6379/0,"
            " or rediss://user:password@host:6379/0 for TLS"
        )
    place = f"[{host}]" if ":" in host else host
    return f"{parts.scheme}://{place}:{port or 6379}{parts.path.rstrip('/') or '/0'}"
