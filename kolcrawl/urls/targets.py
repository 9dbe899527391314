"""Where the links of a page lead. Pure.

Entry point: `Resolver(base_url).resolve(href) -> Target | None`. Two links lead to one target only if their story keys
are equal (`kolcrawl.urls.identity`); nothing coarser is asked anywhere.
"""

from __future__ import annotations

import re
import string
from dataclasses import dataclass, replace
from functools import lru_cache
from urllib.parse import quote, unquote

from kolcrawl.errors import UrlError
from kolcrawl.text.tables import any_of, read_table
from kolcrawl.urls.hosts import registrable_domain
from kolcrawl.urls.identity import key_of, take_apart, url_parts
from kolcrawl.urls.places import is_place, is_service
from kolcrawl.urls.references import resolve_reference
from kolcrawl.urls.shape import Shape, shape_behind
from kolcrawl.urls.wrappers import wrapped_address

MAX_HREF = 2_000  # characters, the length that servers and databases agree on
_ORIGIN = re.compile(r"(https?):/*([^/?#\s]+)", re.IGNORECASE)
_DEAD = ("#", "javascript", "mailto:", "tel:", "data:", "whatsapp:", "about:", "sms:", "weixin:", "file:", "blob:")
MIN_CARRIER = 12  # characters of an address before one that it carries
_CARRIED = re.compile(r"(?:^|&)[\w.-]{1,20}=(https?(?::|%3A)(?:/|%2F){2}[^&]+)", re.IGNORECASE)
_HANDING_ON = re.compile(any_of(read_table("url_words.toml")["handing_on"].split()), re.IGNORECASE)
_CONTROL = re.compile(r"[\t\n\r\x00]")


@dataclass(slots=True)
class Target:
    """Where one link leads."""

    url: str
    """Absolute, as the page writes it."""
    key: str
    """Story key."""
    host: str
    """In canonical form, without a port."""
    site: str
    """Registrable domain."""
    path: str
    query: str
    """Path and query in canonical form."""
    place: bool
    """A section front, tag, person, form, file or service: not a story."""
    wrapper: str | None = None
    """The address as the page writes it, where it only hands its reader on to `url`."""
    _shape: Shape | None = None

    @property
    def shape(self) -> Shape:
        """Shape of the address, or of the one it carries when it is a redirect."""
        if self._shape is None:
            self._shape = shape_behind(self.path, self.query)
        return self._shape


def is_too_long(href: str) -> bool:
    """Tell whether an href is an address of the web, and longer than servers and databases agree on."""
    return len(href) > MAX_HREF and not href.lstrip()[:10].lower().startswith(_DEAD)


class Resolver:
    """Resolves the hrefs of one page, each once."""

    def __init__(self, base_url: str, encoding: str = "utf-8") -> None:
        """Resolve against a page's base URL.

        Args:
            base_url: absolute.
            encoding: Python's name of the page's encoding, in which browsers send what stands in a query.
        """
        self._encoding = encoding
        self._base = base_url
        origin = _ORIGIN.match(base_url)
        self._scheme = origin[1].lower() if origin else "http"
        self._origin = f"{self._scheme}://{origin[2]}" if origin else ""
        self._site = _site_or_nothing(base_url)
        self._known: dict[str, Target | None] = {}

    def resolve(self, href: str) -> Target | None:
        """Return where an href leads, or None when it leads to nothing on the web."""
        if href in self._known:
            return self._known[href]
        target = self._known[href] = self._resolve(href)
        return target

    def _resolve(self, href: str) -> Target | None:
        href = href.strip()
        if not href or len(href) > MAX_HREF or href[:10].lower().startswith(_DEAD):
            return None
        if href.startswith("//"):
            url = f"{self._scheme}:{href}"
        elif href.startswith("/") and "/../" not in href:
            url = self._origin + href
        elif href[:7].lower() == "http://" or href[:8].lower() == "https://":
            url = href
        else:
            try:
                url = resolve_reference(self._base, href)
            except ValueError:
                return None
        if not url.isascii() and "?" in url:
            url = _encoded_query(url, self._encoding)
        inner = self._carried(url)
        target = target_of(inner or url, self._site)
        return replace(target, wrapper=url) if inner and target else target

    def _carried(self, url: str) -> str | None:
        """Return the address that a link hands its reader on to; None for a link that hands on to none."""
        if url.find("http", MIN_CARRIER) < 0:  # most links, which are not to be looked at closer
            return None
        return wrapped_address(url) or self._counted(url)

    def _counted(self, url: str) -> str | None:
        """Return the page of the own site that a link of a counting host carries; None for any other link."""
        if url.find("http", MIN_CARRIER) < 0 or not self._site:
            return None
        address, _, query = url.partition("?")
        found = _CARRIED.search(query)
        carrier = target_of(address, self._site) if found else None
        if (
            found is None
            or carrier is None
            or carrier.place
            or carrier.site == self._site
            or _HANDING_ON.search(address)
        ):
            return None
        inner = unquote(found[1])
        return inner if _site_or_nothing(inner) == self._site else None


def _encoded_query(url: str, encoding: str) -> str:
    """Percent-encode the query of an address in a page's encoding (URL Standard, percent-encode after encoding)."""
    address, _, rest = url.partition("?")
    query, mark, fragment = rest.partition("#")
    if address.count("#") or encoding.lower().startswith("utf"):
        return url
    try:
        query = quote(query.encode(encoding, "xmlcharrefreplace"), safe=string.punctuation)
    except LookupError:
        return url
    return f"{address}?{query}{mark}{fragment}"


@lru_cache(maxsize=16_384)  # the pages of a site share most of their links
def target_of(url: str, site: str) -> Target | None:
    """Return the target of an absolute URL on a page of a site, or None when it is no usable URL.

    Args:
        url: as the page writes it.
        site: registrable domain of the page: a service's own pages may be stories, elsewhere they are not.
    """
    if " " in url or not url.isprintable():
        url = _CONTROL.sub("", url).replace(" ", "%20")
    try:
        parts = take_apart(url)
    except UrlError:
        return None
    domain = registrable_domain(parts.authority)
    written_query = url.partition("?")[2].partition("#")[0] if "?" in url else ""
    return Target(
        url=url,
        key=key_of(parts),
        host=parts.host,
        site=domain,
        path=parts.path,
        query=parts.query,
        place=is_place(parts.path, written_query) or (domain != site and is_service(parts.authority)),
    )


def _site_or_nothing(url: str) -> str:
    try:
        return registrable_domain(url_parts(url).authority)
    except UrlError:
        return ""
