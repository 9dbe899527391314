"""Send a notification by all channels at once, each in a thread of its own. The caller waits until a deadline."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from kolcrawl.errors import KolcrawlError
from kolcrawl.locale import os_reason
from kolcrawl.notify.outbox import release_stored, store_notification

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kolcrawl.notify.channels import Channel
    from kolcrawl.notify.notifications import Notification

logger = logging.getLogger(__name__)


def send_by_all(channels: Mapping[str, Channel], notification: Notification, deadline: float, outbox: Path) -> None:
    """Send a notification by all channels, if it has events. Blocks until `deadline` (of `time.monotonic`) at most.

    Args:
        outbox: folder where the notification is stored until each channel has delivered it.
    """
    if not notification.events:
        return
    threads = []
    for name, channel in channels.items():
        stored: Path | None = None
        try:
            stored = store_notification(outbox, name, notification)
        except OSError as error:
            reason = os_reason(error)
            logger.warning("notify: %s: %s; the notification is lost if it cannot be sent now", outbox, reason)
        # Daemons: a process that ends waits for the threads of a pool, however long they take.
        arguments = (name, channel, notification, deadline, stored)
        threads.append(threading.Thread(target=send_by, args=arguments, name=f"notify-{name}", daemon=True))
        threads[-1].start()
    for thread in threads:
        thread.join(max(deadline - time.monotonic(), 0.0))


def send_by(
    name: str, channel: Channel, notification: Notification, deadline: float, stored: Path | None = None
) -> bool:
    """Send a notification by one channel; an error is logged.

    Args:
        stored: its file in the outbox, which is deleted when it has been delivered, and else left to the next crawl.

    Returns: whether it was delivered.
    """
    try:
        channel(notification, deadline)
    except KolcrawlError as error:
        logger.warning("notify: %s; the next crawl tries again", error)
    except Exception as error:  # the text of a foreign error may hold a secret
        logger.error("notify: %s failed: %s", name, type(error).__name__)
    else:
        logger.info("notify: %d events sent by %s", len(notification.events), name)
        if stored is not None:
            stored.unlink(missing_ok=True)
        return True
    if stored is not None:
        release_stored(stored)
    return False
