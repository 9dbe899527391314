"""Addresses: what is public, and what a host spells."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kolcrawl.errors import ConfigError
from kolcrawl.net.ip_addresses import host_port, is_inner_name, is_public, literal_address, parse_allowed

PRIVATE = [
    "127.0.0.1",
    "127.255.255.255",
    "10.1.2.3",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.192",
    "0.0.0.0",
    "224.0.0.1",
    "239.255.255.250",
    "240.0.0.1",
    "255.255.255.255",
    "198.18.0.1",
    "168.63.129.16",
    "::1",
    "::",
    "fe80::1",
    "fc00::1",
    "fd00:ec2::254",
    "fec0::1",
    "ff02::1",
    "::ffff:10.0.0.1",
    "::ffff:169.254.169.254",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::",
    "2001:0:4136:e378::1",
    "2001:db8::1",
    "100::1",
    "3fff::1",
    "5f00::1",
    "4000::1",
    "fe80::5efe:10.0.0.1",
]
PUBLIC = [
    "8.8.8.8",
    "1.1.1.1",
    "172.32.0.1",
    "100.128.0.1",
    "2606:4700::1",
    "2400:3200::1",
    "::ffff:8.8.8.8",
    "64:ff9b::808:808",
]

SPELLINGS = [
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "0x7F.1",
    "0177.0.0.1",
    "017700000001",
    "127.0.0.1.",
    "127.0.0.01",
    "0x7f.0x0.0x0.0x1",
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "127。0。0。1",
    "127．0．0．1",
    "127%2e0%2E0.1",
    "::ffff:127.0.0.1",
    "::ffff:7f00:1",
    "[::ffff:127.0.0.1]",
    "0:0:0:0:0:ffff:7f00:1",
]


@pytest.mark.parametrize("text", PRIVATE)
def test_private(text: str) -> None:
    """Each special block is refused, also when an IPv6 address carries it inside."""
    assert not is_public(ipaddress.ip_address(text))


@pytest.mark.parametrize("text", PUBLIC)
def test_public(text: str) -> None:
    """Ordinary addresses pass, those of NAT64 networks too."""
    assert is_public(ipaddress.ip_address(text))


@given(st.ip_addresses(v=4))
def test_no_wider_than_python(address: ipaddress.IPv4Address) -> None:
    """Whatever Python calls private, reserved, link-local, multicast or loopback is refused here."""
    special = address.is_private or address.is_reserved or address.is_multicast or address.is_link_local
    assert not (special and is_public(address))


@pytest.mark.parametrize("host", SPELLINGS)
def test_spelled(host: str) -> None:
    """Every spelling of loopback is understood."""
    address = literal_address(host)
    assert address is not None
    assert not is_public(address)
    assert str(getattr(address, "ipv4_mapped", None) or address) == "127.0.0.1"


@given(st.ip_addresses(v=4), st.data())
def test_spelled_any(address: ipaddress.IPv4Address, data: st.DataObject) -> None:
    """Any IPv4 address is recognised with its parts in any base, and with any number of them joined at the end."""
    packed = address.packed
    cut = data.draw(st.integers(1, 4))
    values = [*packed[: cut - 1], int.from_bytes(packed[cut - 1 :])]
    forms = [data.draw(st.sampled_from((str(v), f"0x{v:x}", f"0{v:o}", f"0X{v:08X}"))) for v in values]
    assert literal_address(".".join(forms)) == address


@pytest.mark.parametrize("host", ["news.example", "1.2.3.4.example", "0x7f.example", "a1", "127.0.0.1.nip.io"])
def test_names(host: str) -> None:
    """What is no number is a name."""
    assert literal_address(host) is None


@pytest.mark.parametrize(
    "host",
    [
        "256.256.256.256",
        "4294967296",
        "1.2.3.4.5",
        "0x1ffffffff",
        "::gg",
        "1:2:3",
        "127.0.0.1%00",
        "127.0.0.1%2500",
        "a b",
    ],
)
def test_no_address(host: str) -> None:
    """What looks like an address and is none is an error, not a name to be asked for."""
    with pytest.raises(ValueError, match=r"\S"):
        literal_address(host)


@pytest.mark.parametrize(
    ("name", "inner"),
    [
        ("localhost", True),
        ("intranet", True),
        ("metadata.google.internal", True),
        ("printer.LOCAL.", True),
        ("a.%6cocal", True),
        ("a.ｌocal", True),
        ("a。local", True),
        ("%77iki", True),
        ("news.example", False),
        ("localhost.example", False),
    ],
)
def test_inner_name(name: str, inner: bool) -> None:
    """Names that mean a host of the local network."""
    assert is_inner_name(name) is inner


def test_allowed() -> None:
    """Each form of an entry, in the form in which it is compared."""
    networks, hosts = parse_allowed(["News.LAN", "10.0.0.5:8080", "10.1.0.0/16", "::1", "[fd00::1]:80", "0x7f.1", ""])
    assert [str(net) for net in networks] == ["10.1.0.0/16"]
    assert hosts == {("news.lan", None), ("10.0.0.5", 8080), ("::1", None), ("fd00::1", 80), ("127.0.0.1", None)}


@pytest.mark.parametrize("entry", ["10.0.0.0/99", "host:port", "http://", "300.1.1.1", ":::"])
def test_allowed_bad(entry: str) -> None:
    """A bad entry is named, with the remedy."""
    with pytest.raises(ConfigError, match="ALLOWED_PRIVATE_HOSTS") as caught:
        parse_allowed([entry])
    assert repr(entry) in str(caught.value)


def test_host_port() -> None:
    """Proxies are compared by host and port, whatever else their URL holds."""
    assert host_port("http://user:secret@Proxy.Example:3128/") == ("proxy.example", 3128)
    assert host_port("127.1:8") == ("127.0.0.1", 8)
