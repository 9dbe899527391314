"""Where notices go: a webhook, e-mail, a command. Each blocks, is bounded in time, and raises `SinkError`.

The sinks are the user's own, so they may be at private addresses. Their addresses, passwords and secrets are never
in an error: a webhook is shown without its path, a mail server without its login.
"""

from __future__ import annotations

import re
import shlex
import smtplib
import ssl
import subprocess
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from kolcrawl import __version__
from kolcrawl.errors import ConfigError, KolcrawlError
from kolcrawl.notify.notifications import Notice, signature
from kolcrawl.system.http_client import ServiceError, call, public_part
from kolcrawl.system.retry import Backoff

if TYPE_CHECKING:
    from kolcrawl.config import Settings

PAUSES = (1.0, 3.0, 10.0)
"""Seconds before a webhook is tried again."""
SHORTEST = 0.5  # seconds without which another try is not worth while

Sink = Callable[[Notice, float], None]
"""Sends a notice; the number is the moment of `time.monotonic` by which it must be done."""


class SinkError(KolcrawlError):
    """A notice could not be delivered."""


def sinks_from(settings: Settings) -> dict[str, Sink]:
    """The sinks that are set, by name.

    Reads NOTIFY_WEBHOOK, NOTIFY_SECRET, NOTIFY_MAIL, NOTIFY_MAIL_FROM, NOTIFY_SMTP and NOTIFY_COMMAND.

    Raises:
        ConfigError: one of them cannot be used; the value, which may be a secret, is not shown.
    """
    given = {name: str(settings.get(f"NOTIFY_{name}") or "").strip() for name in
             ("WEBHOOK", "SECRET", "MAIL", "MAIL_FROM", "SMTP", "COMMAND")}  # fmt: skip
    found: dict[str, Sink] = {}
    if url := given["WEBHOOK"]:
        if not _is_url(url, ("http", "https")):
            raise ConfigError(
                "NOTIFY_WEBHOOK is no URL like https://hooks.example/kolcrawl (with no name and password)"
            )
        found["webhook"] = lambda notice, end: webhook(notice, end, url, given["SECRET"])
    if given["MAIL"]:
        to = [part for part in re.split(r"[,\s]+", given["MAIL"]) if part]
        sender = given["MAIL_FROM"] or to[0]
        if any(not re.fullmatch(r"[^@<>\"\\]+@[^@<>\"\\]+", address) for address in (*to, sender)):
            raise ConfigError("NOTIFY_MAIL and NOTIFY_MAIL_FROM must be addresses like desk@example.com")
        server = given["SMTP"] or "smtp://localhost"
        if not _is_url(server, ("smtp", "smtps"), login=True):
            like = "smtps://name:password@mail.example.com"
            raise ConfigError(
                f"NOTIFY_SMTP is no address like {like} (in a password, write # as %23, / as %2F, @ as %40)"
            )
        found["mail"] = lambda notice, end: mail(notice, end, server, sender, to)
    if given["COMMAND"]:
        try:
            command = shlex.split(given["COMMAND"])
        except ValueError:
            raise ConfigError("NOTIFY_COMMAND has a quote that is not closed") from None
        found["command"] = lambda notice, end: run_command(notice, end, command)
    return found


def webhook(notice: Notice, end: float, url: str, secret: str) -> None:
    """POST the notice as JSON, signed (`notifications.signature`), again when it fails and time is left.

    Raises:
        SinkError: the receiver refused it, or did not take it in time.
    """
    body = notice.to_json()
    backoff = Backoff(PAUSES)
    while True:
        stamp = str(int(time.time()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": f"kolcrawl/{__version__}",
            "X-Kolcrawl-Id": notice.id,
            "X-Kolcrawl-Timestamp": stamp,
        }
        if secret:
            headers["X-Kolcrawl-Signature"] = signature(secret, stamp, body)
        try:
            call(url, body, headers, min(10.0, max(end - time.monotonic(), SHORTEST)))
            return
        except ServiceError as error:
            refused = error.status is not None and error.status < 500 and error.status not in (408, 425, 429)
            pause = None if refused else backoff.next_pause(end - time.monotonic() - SHORTEST)
            if pause is None:
                raise SinkError(f"webhook: {error}") from None
            time.sleep(pause)


def mail(notice: Notice, end: float, server: str, sender: str, to: list[str]) -> None:
    """Send the notice as a mail. `smtp://` uses STARTTLS where offered, and sends a password only over TLS.

    Raises:
        SinkError: the server did not take it.
    """
    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = notice.subject(), sender, ", ".join(to)
    message["Date"], message["Auto-Submitted"] = format_datetime(notice.at), "auto-generated"
    message["Message-ID"] = f"<{notice.id}@kolcrawl.invalid>"  # the same when it is sent again
    message.set_content(notice.text())
    parts = urlsplit(server)
    host, wait, context = parts.hostname or "localhost", max(end - time.monotonic(), SHORTEST), _tls()
    where = f"mail server {public_part(server)}"
    try:
        if parts.scheme == "smtps":
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(host, parts.port or 465, timeout=wait, context=context)
        else:
            smtp = smtplib.SMTP(host, parts.port or (587 if parts.username else 25), timeout=wait)
        with smtp:
            smtp.ehlo()
            safe = parts.scheme == "smtps"
            if not safe and smtp.has_extn("starttls"):
                smtp.starttls(context=context)
                safe = True
            if parts.username is not None:
                if not safe:
                    raise SinkError(f"{where} offers no TLS: the password is not sent; use smtps://")
                smtp.login(unquote(parts.username), unquote(parts.password or ""))
            smtp.send_message(message)
    except (smtplib.SMTPException, OSError) as error:
        code = getattr(error, "smtp_code", None)
        raise SinkError(f"{where}: {f'answers {code}' if code else type(error).__name__}") from None


def run_command(notice: Notice, end: float, command: list[str]) -> None:
    """Run a command with the notice as a line of JSON on its standard input; no shell reads it.

    Raises:
        SinkError: it cannot be run, fails, or is not done in time, and then it is killed.
    """
    name = f"command {command[0]}"
    try:
        done = subprocess.run(  # noqa: S603 - the user's own command
            command,
            input=notice.to_json() + b"\n",  # so that what is appended to a file is JSON lines
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=max(end - time.monotonic(), SHORTEST),
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise SinkError(f"{name}: took too long and was killed") from None
    except OSError as error:
        raise SinkError(f"{name}: {error.strerror}") from None
    if done.returncode:
        raise SinkError(f"{name}: ended with {done.returncode}")


def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _is_url(url: str, schemes: tuple[str, ...], *, login: bool = False) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    if not re.fullmatch(r"[!-~]+", url) or (login and (parts.path.strip("/") or parts.query or parts.fragment)):
        return False  # a space, or the rest of a password with a bare # or /, whose first part would pass for a port
    return parts.scheme in schemes and bool(parts.hostname) and (login or parts.username is None)
