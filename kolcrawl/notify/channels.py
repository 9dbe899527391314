"""Where notifications go: a webhook, mail, a command. Each blocks, is bounded in time, and raises `ChannelError`.

The channels are the user's own, so they may be at private addresses. Their addresses, passwords and secrets never
stand in an error: a webhook is shown without its path, a mail server without its login.
"""

from __future__ import annotations

import base64
import binascii
import re
import shlex
import smtplib
import ssl
import subprocess
import time
from collections.abc import Callable
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING, Final
from urllib.parse import SplitResult, unquote, urlsplit

from kolcrawl import __version__
from kolcrawl.errors import ConfigError, KolcrawlError
from kolcrawl.notify.notifications import Notification
from kolcrawl.system.http_client import ServiceError, call, public_part
from kolcrawl.system.retry import Backoff

if TYPE_CHECKING:
    from kolcrawl.config import Settings

WEBHOOK_PAUSES: Final = (1.0, 3.0, 10.0)  # seconds before a webhook is called again
WEBHOOK_SECONDS: Final = 10.0  # for one call
MIN_SECONDS: Final = 0.5  # with less time left, no further attempt is made
SECRET_BYTES: Final = range(24, 65)
"""Length of a webhook's secret, by Standard Webhooks."""

Channel = Callable[[Notification, float], None]
"""Delivers a notification; the number is the moment of `time.monotonic` by which it must be done."""


class ChannelError(KolcrawlError):
    """A notification could not be delivered."""


def channels_from(settings: Settings) -> dict[str, Channel]:
    """Build the channels that are set, by name.

    Reads NOTIFY_WEBHOOK, NOTIFY_SECRET, NOTIFY_MAIL, NOTIFY_MAIL_FROM, NOTIFY_SMTP and NOTIFY_COMMAND.

    Raises:
        ConfigError: one of them cannot be used; the value, which may be a secret, is not shown.
    """
    channels: dict[str, Channel] = {}
    if _value(settings, "NOTIFY_WEBHOOK"):
        channels["webhook"] = _webhook(settings)
    if _value(settings, "NOTIFY_MAIL"):
        channels["mail"] = _mail(settings)
    if line := _value(settings, "NOTIFY_COMMAND"):
        try:
            command = shlex.split(line)
        except ValueError:
            raise ConfigError("NOTIFY_COMMAND has a quote that is not closed") from None
        channels["command"] = lambda notification, deadline: run_command(notification, deadline, command)
    return channels


def _value(settings: Settings, name: str) -> str:
    return str(settings.get(name) or "").strip()


def _webhook(settings: Settings) -> Channel:
    url, secret = _value(settings, "NOTIFY_WEBHOOK"), _value(settings, "NOTIFY_SECRET")
    if not _is_url(url, ("http", "https")):
        raise ConfigError("NOTIFY_WEBHOOK must be a URL like https://hooks.example/kolcrawl, without name and password")
    if secret and not _is_secret(secret):
        raise ConfigError(
            "NOTIFY_SECRET must be whsec_ and the base64 of 24 to 64 random bytes;"
            " this writes one: echo whsec_$(openssl rand -base64 32)"
        )
    return lambda notification, deadline: send_webhook(notification, deadline, url, secret)


def _mail(settings: Settings) -> Channel:
    recipients = [part for part in re.split(r"[,\s]+", _value(settings, "NOTIFY_MAIL")) if part]
    sender = _value(settings, "NOTIFY_MAIL_FROM") or recipients[0]
    if any(not re.fullmatch(r"[^@<>\"\\]+@[^@<>\"\\]+", address) for address in (*recipients, sender)):
        raise ConfigError("NOTIFY_MAIL and NOTIFY_MAIL_FROM must be addresses like desk@example.com")
    server = _value(settings, "NOTIFY_SMTP") or "smtp://localhost"
    if not _is_url(server, ("smtp", "smtps"), login=True):
        raise ConfigError(
            "NOTIFY_SMTP must be an address like smtps://name:password@mail.example.com"
            " (in a password, write # as %23, / as %2F, @ as %40)"
        )
    return lambda notification, deadline: send_mail(notification, deadline, server, sender, recipients)


def send_webhook(notification: Notification, deadline: float, url: str, secret: str = "") -> None:
    """Post the notification as JSON, by Standard Webhooks (https://www.standardwebhooks.com), with further attempts.

    Args:
        secret: signs each attempt, if it is given.

    Raises:
        ChannelError: the receiver refused it, or did not take it in time.
    """
    body = notification.to_json()
    backoff: Backoff | None = None
    while True:
        try:
            timeout = min(WEBHOOK_SECONDS, _seconds_left(deadline))
            call(url, body, webhook_headers(notification.id, body, secret), timeout)
            return
        except ServiceError as error:
            refused = error.status is not None and error.status < 500 and error.status not in (408, 425, 429)
            backoff = backoff or Backoff(WEBHOOK_PAUSES)
            pause = None if refused else backoff.next_pause(deadline - time.monotonic() - MIN_SECONDS)
            if pause is None:
                raise ChannelError(f"webhook: {error}") from None
            time.sleep(pause)


def webhook_headers(message_id: str, body: bytes, secret: str) -> dict[str, str]:
    """Write the headers of one attempt: id, timestamp and, with a secret, the signature of Standard Webhooks."""
    now = datetime.now(UTC)
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": f"kolcrawl/{__version__}",
        "webhook-id": message_id,
        "webhook-timestamp": str(int(now.timestamp())),
    }
    if secret:
        from standardwebhooks import Webhook

        headers["webhook-signature"] = Webhook(secret).sign(message_id, now, body.decode())
    return headers


def send_mail(notification: Notification, deadline: float, server: str, sender: str, recipients: list[str]) -> None:
    """Send the notification as a mail. `smtp://` uses STARTTLS where offered, and sends a password only over TLS.

    Raises:
        ChannelError: the server did not take it.
    """
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = notification.subject(), sender, ", ".join(recipients)
    message["Date"], message["Auto-Submitted"] = format_datetime(notification.at), "auto-generated"
    message["Message-ID"] = f"<{notification.id}@kolcrawl.invalid>"  # the same when it is sent again
    message.set_content(notification.text())
    parts, context = urlsplit(server), _tls_context()
    shown = f"mail server {public_part(server)}"
    try:
        with _connect(parts, _seconds_left(deadline), context) as smtp:
            smtp.ehlo()
            encrypted = parts.scheme == "smtps"
            if not encrypted and smtp.has_extn("starttls"):
                smtp.starttls(context=context)
                encrypted = True
            if parts.username is not None:
                if not encrypted:
                    raise ChannelError(f"{shown} offers no TLS: the password is not sent; use smtps://")
                smtp.login(unquote(parts.username), unquote(parts.password or ""))
            smtp.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        code = getattr(error, "smtp_code", None)
        raise ChannelError(f"{shown}: {f'answers {code}' if code else type(error).__name__}") from None


def _connect(server: SplitResult, seconds: float, context: ssl.SSLContext) -> smtplib.SMTP:
    host = server.hostname or "localhost"
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(host, server.port or 465, timeout=seconds, context=context)
    return smtplib.SMTP(host, server.port or (587 if server.username else 25), timeout=seconds)


def run_command(notification: Notification, deadline: float, command: list[str]) -> None:
    """Run a command with the notification as a line of JSON on its standard input; no shell reads it.

    Raises:
        ChannelError: it cannot be run, fails, or is not done in time, and then it is killed.
    """
    name = f"command {command[0]}"
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command
            command,
            input=notification.to_json() + b"\n",  # so that what is appended to a file is JSON lines
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_seconds_left(deadline),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise ChannelError(f"{name}: took too long and was killed") from None
    except OSError as error:
        raise ChannelError(f"{name}: {error.strerror}") from None
    if done.returncode:
        raise ChannelError(f"{name}: ended with {done.returncode}")


def _seconds_left(deadline: float) -> float:
    return max(deadline - time.monotonic(), MIN_SECONDS)


def _tls_context() -> ssl.SSLContext:
    return ssl.create_default_context()


def _is_secret(secret: str) -> bool:
    """Check that a secret is one of Standard Webhooks."""
    try:
        return len(base64.b64decode(secret.removeprefix("whsec_"), validate=True)) in SECRET_BYTES and (
            secret.startswith("whsec_")
        )
    except binascii.Error:
        return False


def _is_url(url: str, schemes: tuple[str, ...], *, login: bool = False) -> bool:
    """Check that a text is a URL of one of these schemes, with name and password only where `login` allows them."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    if not re.fullmatch(r"[!-~]+", url) or (login and (parts.path.strip("/") or parts.query or parts.fragment)):
        return False  # a space, or the rest of a password with a bare # or /, whose first part would pass for a port
    return parts.scheme in schemes and bool(parts.hostname) and (login or parts.username is None)
