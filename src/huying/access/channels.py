"""Where one-time codes go out: one small interface, filled by who has a real channel (SMS, enterprise WeChat).

An adapter is called within the transaction of the act: one that needs the network queues a job instead of waiting.
`config` registers the channels at start, as HUYING_CODES says.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from huying.kernel.terms import Label, _
from huying.kernel.text import clean
from huying.people.phones import clean_phone


@dataclass(frozen=True)
class Message:
    """One code to send. `address` is in the clear for this one call: never keep or log it."""

    account_id: UUID
    address: str
    code: str
    minutes: int
    language: str
    now: datetime

    def __repr__(self) -> str:
        return "Message(…)"


@dataclass(frozen=True)
class CodeChannel:
    """A way to send codes. `clean` checks and tidies an address, or raises Invalid for the field `address`."""

    key: str
    label: Label
    address_label: Label
    send: Callable[[Message], None]
    clean: Callable[[str], str]


CHANNELS: dict[str, CodeChannel] = {}


def add(channel: CodeChannel) -> None:
    CHANNELS[channel.key] = channel


def clean_member(value: str) -> str:
    """An enterprise WeChat member's id."""
    return clean(value, limit=64, name=True, field="address")


def clean_mobile(value: str) -> str:
    return clean_phone(value, field="address")


def to_console(message: Message) -> None:
    """For trying things out: the code is written where the server runs, the address is not."""
    print(f"[huying] one-time code {message.code} (valid {message.minutes} min)", file=sys.stderr, flush=True)


SMS = CodeChannel("sms", _("短信"), _("手机号"), to_console, clean_mobile)
WECOM = CodeChannel("wecom", _("企业微信"), _("企业微信成员账号"), to_console, clean_member)
