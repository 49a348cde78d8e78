"""The ways by which a one-time code leaves the house: what signing in asks for, joined to it where apps are mounted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from huying.kernel.refusals import NotFound
from huying.kernel.terms import Label
from huying.notices import actions
from huying.notices.adapters import is_open
from huying.notices.rules import OUTSIDE, Channel


@dataclass(frozen=True)
class CodeWay:
    """One way out."""

    key: str

    @property
    def label(self) -> Label:
        return Channel(self.key).label

    @property
    def open(self) -> bool:
        return is_open(self.key)


CHANNELS: dict[str, CodeWay] = {str(one): CodeWay(str(one)) for one in OUTSIDE}


def send_code(*, account_id: UUID, channel: str, code: str, until: datetime, now: datetime, address: str = "") -> UUID:
    """Queue a one-time code with the present transaction; the id of its notice.

    `address` is where it goes this once; without one it goes to the person's confirmed address of that channel.
    Code and address are kept sealed and wiped when the code was sent or ran out. It is sent by a job at once,
    breaks quiet hours, and is not sent any more after `until`.

    Raises NotFound for a channel that is closed or without an address, TooMany where too many were asked for.
    """
    if channel not in CHANNELS or not CHANNELS[channel].open:
        raise NotFound("channel")
    return actions.notify_code(
        account_id=account_id, channel=channel, code=code, until=until, now=now, address=address
    ).pk
