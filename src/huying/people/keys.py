"""The data keys of this database: made at first use, unwrapped by the master key file, kept in memory."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction

from huying.kernel import secrets
from huying.kernel.ids import uuid7
from huying.kernel.secrets import KeyTrouble
from huying.people.models import DataKey

_unwrapped: dict[tuple[Path, UUID], secrets.DataKey] = {}


def master_path() -> Path:
    return Path(settings.MASTER_KEY_FILE)


def key_of(key_id: UUID) -> secrets.DataKey:
    """A data key by its id; KeyTrouble where this database does not have it or the master key is not here."""
    place = (master_path(), key_id)
    if place not in _unwrapped:
        row = DataKey.objects.filter(pk=key_id).first()
        if row is None:
            raise KeyTrouble("the data key of a sealed value is not in this database")
        _unwrapped[place] = secrets.read_master(place[0]).unwrap(row.pk, row.master, bytes(row.wrapped))
    return _unwrapped[place]


def current_key(now: datetime) -> secrets.DataKey:
    """The key that seals now. The first use of a fresh database makes it, and the master key with it."""
    current = _current_id()
    if current is not None:
        return key_of(current)
    if DataKey.objects.exists():
        return _make(secrets.read_master(master_path()), now)
    # Only a database without any key may make a master key: else a lost file would go unnoticed.
    return _make(secrets.make_master(master_path()), now)


def turn(now: datetime) -> secrets.DataKey:
    """Retire the present key and make the next; what was sealed before still opens."""
    keys = secrets.read_master(master_path())
    DataKey.objects.filter(retired_at=None).update(retired_at=now)
    return _make(keys, now)


def wrap_anew() -> int:
    """Wrap every data key by the newest master key; says how many were changed."""
    keys = secrets.read_master(master_path())
    changed = 0
    for row in DataKey.objects.select_for_update().exclude(master=keys.current).order_by("pk"):
        row.master, row.wrapped = keys.wrap(keys.unwrap(row.pk, row.master, bytes(row.wrapped)))
        row.save(update_fields=["master", "wrapped"])
        changed += 1
    return changed


def _current_id() -> UUID | None:
    return DataKey.objects.filter(retired_at=None).values_list("pk", flat=True).first()


def _make(keys: secrets.MasterKeys, now: datetime) -> secrets.DataKey:
    key = secrets.DataKey(uuid7(), secrets.new_secret())
    name, wrapped = keys.wrap(key)
    try:
        with transaction.atomic():
            DataKey.objects.create(pk=key.id, master=name, wrapped=wrapped, made_at=now)
    except IntegrityError:
        # Another process made the current key first: use that one.
        current = _current_id()
        if current is None:
            raise
        return key_of(current)
    return key
