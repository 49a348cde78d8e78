"""Upkeep after any change of areas: a new mark, by which every process knows to read again."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from huying.kernel.ids import uuid7
from huying.places import queries
from huying.places.models import Revision


def changed() -> None:
    """Areas were written in this transaction; builders of whole worlds call it once at their end."""
    if not Revision.objects.filter(pk=1).update(number=F("number") + 1, mark=uuid7()):
        Revision.objects.create(pk=1, number=1)
    queries.forget()
    transaction.on_commit(queries.forget)


def renamed() -> None:
    """What stands in areas, or what it is called, was written in this transaction.

    Counted after it: a lock of the one row in the midst of a register's locks would make writers wait in a ring.
    """
    transaction.on_commit(lambda: Revision.objects.filter(pk=1).update(number=F("number") + 1))
