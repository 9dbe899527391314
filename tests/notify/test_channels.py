"""Channels: what a receiver gets, by Standard Webhooks and SMTP; further attempts; deadlines; no secret in an error."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from kolcrawl.errors import ConfigError
from kolcrawl.notify.channels import ChannelError, channels_from, run_command, send_mail, send_webhook
from tests.notify.receivers import NOTIFICATION, SECRET, Hook, MailServer, soon


def test_a_receiver_of_standard_webhooks_verifies_what_it_got(hook: Hook) -> None:
    """The receiver's library accepts headers and body, and refuses another body or another secret."""
    send_webhook(NOTIFICATION, soon(), hook.url, SECRET)
    ((headers, body),) = hook.got
    assert headers["webhook-id"] == NOTIFICATION.id
    message = Webhook(SECRET).verify(body, headers)
    assert (message["schedule"], message["quality"]) == ("affair", "degraded")
    assert [event["event"] for event in message["events"]] == ["crawl_degraded", "new_story"]
    another = "whsec_" + base64.b64encode(b"x" * 24).decode()
    for secret, content in ((SECRET, body + b" "), (another, body)):
        with pytest.raises(WebhookVerificationError):
            Webhook(secret).verify(content, headers)


def test_the_signature_is_that_of_the_specification(hook: Hook) -> None:
    """It is `v1,` and the base64 of the HMAC-SHA256 of id, timestamp and body; without a secret there is none."""
    import hashlib
    import hmac

    send_webhook(NOTIFICATION, soon(), hook.url, SECRET)
    headers, body = hook.got[0]
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    digest = hmac.new(key, signed, hashlib.sha256).digest()
    assert headers["webhook-signature"] == "v1," + base64.b64encode(digest).decode()
    send_webhook(NOTIFICATION, soon(), hook.url)
    assert "webhook-signature" not in hook.got[1][0]


def test_a_webhook_that_fails_is_called_again(hook: Hook) -> None:
    """After a server error the same id is sent again; what is refused, or redirected, is not."""
    hook.statuses = [503, 204]
    send_webhook(NOTIFICATION, soon(), hook.url)
    assert [headers["webhook-id"] for headers, _ in hook.got] == [NOTIFICATION.id] * 2
    for status in (403, 302):
        hook.statuses = [status]
        with pytest.raises(ChannelError, match=f"answers {status}") as error:
            send_webhook(NOTIFICATION, soon(), hook.url, SECRET)
        assert "T0K3N" not in str(error.value)
        assert SECRET not in str(error.value)
    assert len(hook.got) == 4


def test_a_webhook_that_hangs_is_abandoned_at_the_deadline(hook: Hook) -> None:
    """The call ends while the receiver still holds its answer back."""
    hook.hold()
    with pytest.raises(ChannelError):
        send_webhook(NOTIFICATION, soon(0.6), hook.url, SECRET)
    assert hook.answered == 0


def test_a_mail_is_sent(mail_server: MailServer) -> None:
    """It names the schedule and the events in its subject, and the story in its text."""
    recipients = ["desk@example.com", "night@example.com"]
    send_mail(NOTIFICATION, soon(), f"smtp://{mail_server.address}", "kolcrawl@example.com", recipients)
    assert "rcpt TO:<night@example.com>" in mail_server.lines
    assert "Subject: kolcrawl affair: 1 crawl degraded, 1 new story" in mail_server.lines
    assert "Date: Sun, 22 Nov 2026 10:05:00 +0000" in mail_server.lines
    assert f"Message-ID: <{NOTIFICATION.id}@kolcrawl.invalid>" in mail_server.lines
    assert "Auto-Submitted: auto-generated" in mail_server.lines  # so that no absence note answers it


def test_a_password_is_not_sent_in_the_clear(mail_server: MailServer) -> None:
    """A server without TLS does not get the login, and the error does not show it."""
    server = f"smtp://me:hunter2@{mail_server.address}"
    with pytest.raises(ChannelError, match="offers no TLS") as error:
        send_mail(NOTIFICATION, soon(), server, "a@example.com", ["b@example.com"])
    assert "hunter2" not in str(error.value) + "".join(mail_server.lines)


def test_a_command_gets_the_notification(tmp_path: Path) -> None:
    """It gets JSON on its standard input; the error of one that fails or hangs shows no more than its name."""
    run_command(NOTIFICATION, soon(), ["tee", str(tmp_path / "got")])
    assert json.loads((tmp_path / "got").read_bytes())["id"] == NOTIFICATION.id
    with pytest.raises(ChannelError, match="command false: ended with 1"):
        run_command(NOTIFICATION, soon(), ["false", "--token=x"])
    with pytest.raises(ChannelError, match="took too long"):
        run_command(NOTIFICATION, soon(0.1), ["sleep", "30"])


@pytest.mark.parametrize(
    "wrong",
    [
        {"NOTIFY_WEBHOOK": "https://u:hunter2@h/x"},
        {"NOTIFY_WEBHOOK": "file:///hunter2"},
        {"NOTIFY_MAIL": "hunter2"},
        {"NOTIFY_MAIL": "a@b.example", "NOTIFY_SMTP": "http://u:hunter2@h"},
        {"NOTIFY_MAIL": "a@b.example", "NOTIFY_SMTP": "smtps://me:12#hunter2@h"},  # 12 would pass for a port
        {"NOTIFY_WEBHOOK": "https://hooks.example/hunter2 x"},
        {"NOTIFY_WEBHOOK": "https://hooks.example/x", "NOTIFY_SECRET": "hunter2"},
        {"NOTIFY_WEBHOOK": "https://hooks.example/x", "NOTIFY_SECRET": "whsec_hunter2"},
        {"NOTIFY_COMMAND": "run 'hunter2"},
    ],
)
def test_a_wrong_channel_is_named_without_its_value(wrong: dict[str, str]) -> None:
    """The error names the setting, and does not show its value, which may be a secret."""
    with pytest.raises(ConfigError, match="NOTIFY_") as error:
        channels_from(wrong)
    assert "hunter2" not in str(error.value)
