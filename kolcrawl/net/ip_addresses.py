"""Which addresses are on the public internet, and which address a host spells. Pure: no Scrapy, no network."""

from __future__ import annotations

import ipaddress
import re
import socket
import unicodedata
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from kolcrawl.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Iterable

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IPNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
HostPort = tuple[str, int | None]
"""A lower-case name or a canonical address, and a port; None is any port."""

# IANA's IPv4 special-purpose registry less what it calls globally reachable, and multicast. Each Python release has
# its own idea of `is_global`, so the list is written out.
_PRIVATE_V4 = [
    ipaddress.IPv4Network(net)
    for net in (
        "0.0.0.0/8",  # this network
        "10.0.0.0/8",
        "100.64.0.0/10",  # carrier-grade NAT; clouds keep metadata services here too
        "127.0.0.0/8",
        "169.254.0.0/16",  # link-local, and the metadata services of most clouds
        "172.16.0.0/12",
        "192.0.0.0/24",  # protocol assignments
        "192.0.2.0/24",  # documentation
        "192.88.99.0/24",  # 6to4 relays
        "192.168.0.0/16",
        "198.18.0.0/15",  # benchmarking
        "198.51.100.0/24",  # documentation
        "203.0.113.0/24",  # documentation
        "224.0.0.0/4",  # multicast
        "240.0.0.0/4",  # reserved, broadcast
        "168.63.129.16/32",  # Azure's host agent: a metadata service on an address that looks public
    )
]
# IPv6 is refused by default: only global unicast passes, less its special blocks.
_GLOBAL_V6 = ipaddress.IPv6Network("2000::/3")
_PRIVATE_V6 = [
    ipaddress.IPv6Network(net)
    for net in (
        "2001::/23",  # protocol assignments: Teredo, ORCHID
        "2001:db8::/32",  # documentation
        "2002::/16",  # 6to4, which wraps any IPv4 address
        "3fff::/20",  # documentation
    )
]
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")

_NUMERIC_HOST = re.compile(r"(?:0x[0-9a-f]*|[0-9]+)(?:\.(?:0x[0-9a-f]*|[0-9]+))*", re.IGNORECASE)
_FORBIDDEN_IN_HOST = re.compile(r"[\x00-\x20#%/<>?@\\^|\x7f]")
"""Characters that no host holds (the URL standard's forbidden host code points); some resolvers cut names there."""
# Top-level names that no public resolver answers (RFC 6761, RFC 8375, ICANN's .internal, and common usage).
_INNER_NAMES = ("corp", "home", "home.arpa", "internal", "intranet", "lan", "local", "localdomain", "localhost")


# The ports to which the Fetch standard lets no page send (https://fetch.spec.whatwg.org/#port-blocking): mail, shells,
# files and the like, where the lines of an HTTP request may pass for orders.
BAD_PORTS = frozenset({
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530,
    531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190,
    5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
})  # fmt: skip


def is_public(address: IPAddress) -> bool:
    """Tell whether an address belongs to the public internet; one that carries an IPv4 address is judged by that."""
    if isinstance(address, ipaddress.IPv4Address):
        return not any(address in net for net in _PRIVATE_V4)
    if address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    if address in _NAT64:
        return is_public(ipaddress.IPv4Address(int(address) & 0xFFFFFFFF))
    return address in _GLOBAL_V6 and not any(address in net for net in _PRIVATE_V6)


def literal_address(host: str) -> IPAddress | None:
    """Return the address that a host spells; None if it is a name.

    Understands what resolvers and proxies do: decimal, octal, hexadecimal and short forms, full-width and circled
    digits, ideographic dots, percent-encoding, a trailing dot, brackets and IPv6 zones.

    Raises:
        ValueError: the host looks like an address but is none, or holds what no host holds.
    """
    plain = _decoded(host)
    if ":" in plain:
        return ipaddress.IPv6Address(plain.partition("%")[0])
    if _FORBIDDEN_IN_HOST.search(plain):
        raise ValueError(f"{host!r} holds characters that no host holds")
    if not _NUMERIC_HOST.fullmatch(plain):
        return None
    try:
        return ipaddress.IPv4Address(socket.inet_aton(plain))
    except OSError:
        raise ValueError(f"{host!r} is no IPv4 address") from None


def _decoded(host: str) -> str:
    """Decode a host as proxies and resolvers do: percent-encoding, compatibility characters, dots, brackets."""
    return unicodedata.normalize("NFKC", unquote(host)).replace("\u3002", ".").strip("[]").rstrip(".")


def is_inner_name(host: str) -> bool:
    """Tell whether a name can only mean a host of the local network: one label, or a top-level name kept for that."""
    name = _decoded(host).lower()
    return "." not in name or name.endswith(tuple(f".{inner}" for inner in _INNER_NAMES))


def host_port(text: str) -> HostPort:
    """Return host and port of a URL or of `host:port`, in the form in which they are compared.

    Raises:
        ValueError: there is no host, or the port is no number.
    """
    parts = urlsplit(text if "://" in text else f"//{text}")
    if not parts.hostname:
        raise ValueError(f"no host in {text!r}")
    host = parts.hostname.rstrip(".")
    address = literal_address(host)
    return str(address) if address is not None else host, parts.port


def parse_allowed(entries: Iterable[str]) -> tuple[tuple[IPNetwork, ...], frozenset[HostPort]]:
    """Read the entries of ALLOWED_PRIVATE_HOSTS: `news.lan`, `10.0.0.5:8080`, `::1`, `[::1]:80` or `10.1.0.0/16`.

    Raises:
        ConfigError: an entry is none of these.
    """
    networks: list[IPNetwork] = []
    hosts: set[HostPort] = set()
    for entry in filter(None, (str(entry).strip() for entry in entries)):
        try:
            if "/" in entry:
                networks.append(ipaddress.ip_network(entry, strict=False))
            elif entry.count(":") > 1 and not entry.startswith("["):
                hosts.add((str(ipaddress.IPv6Address(entry)), None))
            else:
                hosts.add(host_port(entry))
        except ValueError:
            raise ConfigError(
                "ALLOWED_PRIVATE_HOSTS: {entry!r} is no host, host:port or network; write e.g. news.lan,"
                " 10.0.0.5:8080 or 10.1.0.0/16",
                entry=entry,
            ) from None
    return tuple(networks), frozenset(hosts)
