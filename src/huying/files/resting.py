"""Since when the owner of files is at rest: registered by the apps that own files, asked before anything ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from uuid import UUID

# For the owners asked: since when each one's matter has ended. One that goes on, or is objected to, is left out.
Resting = Callable[[Iterable[UUID]], dict[UUID, datetime]]
OWNERS: dict[str, Resting] = {}


def add_owner(kind: str, resting: Resting) -> None:
    OWNERS[kind] = resting
