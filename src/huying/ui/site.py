"""Texts of the place where this system runs: its names and numbers. An upper app may give better ones at start."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from huying.kernel.terms import Label, _


@dataclass(frozen=True)
class Site:
    """What frames and footers say about the house."""

    name: Label = _("呼应")
    street: Label = ""
    office: Label = ""
    address: Label = ""
    phone: str = ""
    hotline: str = "12345"


Provider = Callable[[], Site]
_provider: Provider = Site


def provide(provider: Provider) -> None:
    """Register who knows the site's texts; called once at start by an upper app."""
    global _provider
    _provider = provider


def site() -> Site:
    return _provider()
