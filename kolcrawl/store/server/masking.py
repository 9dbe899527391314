"""Showing a connection string, and messages that quote one, without its secrets. Pure."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import unquote_plus

_HOST: Final = r"(?:\[[0-9A-Fa-f:.%]+\]|[^:@/?,\s\[\]]+)(?::\d{1,5})?"
_HOSTS: Final = re.compile(rf"{_HOST}(?:,{_HOST})*(?:/[^@?]*)?")
_SHORTEST_SECRET: Final = 4
"""Characters of an option's value; what is shorter would blot out ordinary words."""
_PROPERTY_NAMES: Final = frozenset(
    ["SERVICE_NAME", "CANONICALIZE_HOST_NAME", "SERVICE_REALM", "SERVICE_HOST", "AWS_SESSION_TOKEN", "ENVIRONMENT",
     "TOKEN_RESOURCE", "ALLOWED_HOSTS"]
)  # fmt: skip


def mask_uri(uri: str) -> str:
    """Return a URI without user, password and options that may hold secrets: `mongodb://***@host/db`.

    Of a URI that can be read in two ways, because a character is not escaped, no more than the scheme is shown.
    """
    scheme, separator, rest = uri.partition("://")
    if not separator:
        return "***"
    before, _, options = rest.partition("?")
    _, at, hosts = before.rpartition("@")  # the last one: a password may hold any character, unescaped by mistake
    if not at and "@" in options and not _HOSTS.fullmatch(before):  # a question mark in a password
        _, at, rest = options.partition("@")
        hosts, _, options = rest.partition("?")
    if "@" in options or (not at and not _HOSTS.fullmatch(hosts)):
        return f"{scheme}://***"
    return f"{scheme}://{'***@' if at else ''}{hosts}"


def mask_text(text: str, uri: str) -> str:
    """Return a text with every part of a URI that may be a secret taken out."""
    for secret in sorted(_secrets_of(uri), key=len, reverse=True):
        text = text.replace(secret, "***")
    return re.sub(r"(mongodb(?:\+srv)?://)[^@\s/]+@", r"\1***@", text)


def _secrets_of(uri: str) -> set[str]:
    """Collect login, password and the values of the options, as they stand and unescaped."""
    rest = uri.partition("://")[2]
    login = rest.rpartition("@")[0]
    found = {login, login.partition(":")[2]}
    for option in re.split("[&;]", rest.partition("?")[2]):
        value = option.partition("=")[2]
        parts = {value, *re.split("[,:]", value), *re.split("[,:]", unquote_plus(value))} - _PROPERTY_NAMES
        found |= {part for part in parts if len(part) >= _SHORTEST_SECRET and part not in ("true", "false")}
    return {part for secret in found for part in (secret, unquote_plus(secret)) if part}
