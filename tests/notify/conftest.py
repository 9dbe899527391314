"""Receivers of notifications, which end with their test."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.notify.receivers import Hook, MailServer


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A webhook."""
    opened = Hook()
    yield opened
    opened.close()


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A mail server."""
    opened = MailServer()
    yield opened
    opened.close()
