"""Spell each host name in one way, and tell which hosts are one site. Pure."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import idna
from tldextract import TLDExtract

from kolcrawl.errors import UrlError

if TYPE_CHECKING:
    from tldextract.tldextract import ExtractResult

BLANKS = "".join(map(chr, range(33))) + "\x7f\x85\xa0\u200b\u200e\u200f\u3000\ufeff"
"""Characters that copying leaves around an address: controls, spaces, zero-width marks."""

# The packaged snapshot of the Public Suffix List: the same answer on every machine, no download, no cache on disk.
_extract_domain = TLDExtract(suffix_list_urls=(), cache_dir=None, include_psl_private_domains=True)

_HOST = re.compile(r"(?:[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?\.)*[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?")


def hostname_of(url: str) -> str:
    """Return the host of an absolute URL in lower case, without login and port; empty where it has none.

    Raises:
        ValueError: it is no address.
    """
    return urlsplit(url).hostname or ""


@lru_cache(maxsize=4096)
def authority_of(scheme: str, raw: str) -> str:
    """Return a host in lower case and ASCII, with the port unless it is the scheme's own.

    Raises:
        UrlError: it is no usable host.
    """
    host = raw.rpartition("@")[2]
    name, bracket, port = host.partition("]") if host.startswith("[") else ("", "", host)
    if bracket:
        try:
            name = f"[{ip_address(name[1:]).compressed}]"
        except ValueError:
            raise UrlError("{host!r} is no address: an IPv6 host is written [::1]", host=host[:100]) from None
        if port and not port.startswith(":"):
            raise UrlError("{host!r} is no host", host=host[:100])
        port = port[1:]
    else:
        name, _, port = host.partition(":")
        name = unquote(name).lower()
        if not name.isascii():
            try:
                name = idna.encode(name.strip(BLANKS), uts46=True).decode()
            except idna.IDNAError as error:
                raise UrlError("{host!r} is no host name: {error}", host=host[:100], error=error) from None
        name = name.removesuffix(".")
        if not _HOST.fullmatch(name) or len(name) > 253:
            raise UrlError("{host!r} is no host name: check the address for slips", host=host[:100])
    if not port:
        return name
    if not (port.isascii() and port.isdecimal() and int(port) < 65536):
        raise UrlError("{host!r} has a port that is no number up to 65535", host=host[:100])
    number = str(int(port))
    return name if (scheme, number) in {("http", "80"), ("https", "443")} else f"{name}:{number}"


@lru_cache(maxsize=4096)
def story_host(authority: str, variants: frozenset[str]) -> str:
    """Return a host as it stands in an identity: without `www.`, a variant's label and the default ports."""
    host, colon, port = authority.rpartition(":") if not authority.endswith("]") else ("", "", authority)
    if not colon:
        host, port = authority, ""
    while True:
        label, _, rest = host.partition(".")
        if not (label == "www" and "." in rest) and not (label in variants and _owns_domain(rest)):
            break
        host = rest
    if host.startswith("amp-") and _owns_domain(host[4:]):
        host = host[4:]
    return host if port in {"", "80", "443"} else f"{host}:{port}"


@lru_cache(maxsize=4096)
def _domain_parts(host: str) -> ExtractResult:
    return _extract_domain(host)


def _owns_domain(host: str) -> bool:
    """Tell whether a host is at or below a registrable domain, not a public suffix."""
    found = _extract_domain(host)
    return found.domain != "" if found.suffix else "." in host


def has_known_suffix(host: str) -> bool:
    """Whether a name ends in a suffix under which domains are registered, and so may be a host."""
    return bool(_extract_domain(host.rpartition("@")[2].partition(":")[0]).suffix)


@lru_cache(maxsize=4096)
def registrable_domain(authority: str) -> str:
    """Return the registrable domain of a host by the Public Suffix List; the host itself for an IP address."""
    host = authority if authority.endswith("]") else authority.partition(":")[0]
    if authority.startswith("["):
        return authority.partition("]")[0][1:]
    if host[-1:].isdigit():
        try:
            return str(ip_address(host))
        except ValueError:
            pass
    found = _domain_parts(host)
    if found.suffix and found.domain:
        return f"{found.domain}.{found.suffix}"
    if found.suffix:  # the host is itself a suffix that people share, such as blogspot.com
        found = _extract_domain(host, include_psl_private_domains=False)
        return f"{found.domain}.{found.suffix}" if found.domain and found.suffix else host
    return ".".join(host.split(".")[-2:])


@lru_cache(maxsize=4096)
def registered_name(authority: str) -> str:
    """Return the name that was registered for a host: `github` for `someone.github.io`; empty where there is none."""
    host = authority.partition(":")[0]
    found = _domain_parts(host)
    return found.domain if not found.is_private else _extract_domain(host, include_psl_private_domains=False).domain


def host_names(authority: str) -> tuple[str, ...]:
    """Return what a site may be called after its host: its own label, then the whole host.

    `news.sina.com.cn` gives `sina` and `news.sina.com.cn`; a blog below a shared suffix goes by its own label.
    """
    host = authority.partition(":")[0].lower()
    whole = host.removeprefix("www.")
    own = registrable_domain(host).removeprefix("www.").partition(".")[0] if "." in host else host
    return (own, whole) if whole else ()
