"""The way out of the house behind one interface: files, the console, or any service that apprise knows.

Which one a channel uses is a setting (`HUYING_NOTICE_SMS`, `_WECOM`, `_EMAIL`): `file`, `console`, `off`, or an
address of apprise with `{address}` where the receiver stands. A demo never sends, whatever is set.
"""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol
from urllib.parse import quote
from uuid import UUID

from django.conf import settings

from huying.notices.rules import Channel, Why

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Message:
    """What goes out. `id` stays the same over every further try, so that a service can drop what it has."""

    id: UUID
    channel: str
    address: str = field(repr=False)
    title: str = field(repr=False)
    body: str = field(repr=False)


class NotSent(Exception):
    """The service did not take it; `why` says whether another try helps (`rules.PASSING`)."""

    def __init__(self, why: Why) -> None:
        self.why = why
        super().__init__(why.value)


class Adapter(Protocol):
    def send(self, message: Message) -> str:
        """Hand the message over; the name under which the service knows it. Raises NotSent."""


class FileAdapter:
    """Each message is a file of its own, readable by the owner alone. Given twice, it is there once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: Message) -> str:
        folder = self.folder / str(message.channel)
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = folder / f"{message.id}.txt"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return f"file:{message.id}"
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{message.address}\n{message.title}\n\n{message.body}\n")
        return f"file:{message.id}"


class ConsoleAdapter:
    """Shown where the worker runs: for trying out. What it shows is a person's own, so never in service."""

    def send(self, message: Message) -> str:
        print(f"[{message.channel}] {message.address}\n{message.title}\n{message.body}\n", file=sys.stdout, flush=True)
        return f"console:{message.id}"


class AppriseAdapter:
    """Any service that apprise knows. One address for each message, made from the setting."""

    def __init__(self, url: str) -> None:
        self.url = url

    def send(self, message: Message) -> str:
        import apprise

        # What apprise logs may hold addresses: nothing of it goes to our logs.
        logging.getLogger("apprise").setLevel(logging.CRITICAL)
        url = self.url.replace("{address}", quote(message.address, safe="")).replace("{id}", str(message.id))
        one = apprise.Apprise()
        if not one.add(url):
            raise NotSent(Why.NO_CHANNEL)
        try:
            taken = one.notify(
                title="" if message.channel in (Channel.SMS, Channel.VOICE) else message.title, body=message.body
            )
        except Exception as why:
            logger.warning("a %s service failed: %s", message.channel, type(why).__name__)
            raise NotSent(Why.UNREACHABLE) from why
        if not taken:
            raise NotSent(Why.REFUSED)
        return f"apprise:{message.id}"


class OffAdapter:
    def send(self, message: Message) -> str:
        raise NotSent(Why.NO_CHANNEL)


def adapter_for(channel: str) -> Adapter:
    """The way out that is set for a channel."""
    chosen = settings.NOTICES.get(str(channel), "file")
    if chosen == "console":
        return ConsoleAdapter()
    if chosen == "off":
        return OffAdapter()
    if chosen == "file" or settings.DEMO:
        return FileAdapter(Path(settings.DATA) / "outbox")
    return AppriseAdapter(chosen)


def is_open(channel: str) -> bool:
    return settings.NOTICES.get(str(channel), "file") != "off"
