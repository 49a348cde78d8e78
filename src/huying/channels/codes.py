"""One-time codes of sign-in go out by the channels of notices, where the house says so (HUYING_CODES=notices)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from huying.access import channels as access
from huying.notices.channels import CHANNELS, send_code


def join() -> None:
    """Tell sign-in of the channels that are open."""
    for channel in (access.SMS, access.WECOM):
        if CHANNELS[channel.key].open:
            access.add(replace(channel, send=_sender(channel.key)))


def _sender(key: str) -> Callable[[access.Message], None]:
    def send(message: access.Message) -> None:
        send_code(
            account_id=message.account_id,
            channel=key,
            code=message.code,
            until=message.now + timedelta(minutes=message.minutes),
            now=message.now,
            address=message.address,
        )

    return send
