from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ClocksConfig(AppConfig):
    name = "huying.clocks"
    label = "clocks"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from huying.clocks.rules import ADMIN_CLOCKS
        from huying.kernel.registry import MenuEntry, add_menu
        from huying.kernel.terms import _

        post_migrate.connect(_fill_calendar, sender=self)
        add_menu(
            MenuEntry(
                key="calendar",
                label=_("工作日历"),
                icon="calendar",
                url_name="clocks:now",
                group="admin",
                order=90,
                shown=lambda actor: actor.has(ADMIN_CLOCKS),
            )
        )


def _fill_calendar(*, using: str, **_options: Any) -> None:
    """A new database starts with the published calendar."""
    from django.db import connections
    from django.utils import timezone

    from huying.clocks import actions
    from huying.clocks.models import CalendarYear

    if using == "default" and CalendarYear._meta.db_table in connections[using].introspection.table_names():
        actions.fill(now=timezone.now())
