from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_delete, post_save


class PlacesConfig(AppConfig):
    name = "huying.places"
    label = "places"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from huying.kernel.registry import MenuEntry, add_link, add_menu
        from huying.kernel.terms import _
        from huying.places import lying, queries, registers
        from huying.places.models import Area, Place

        def forget(**_options: Any) -> None:
            queries.forget()

        post_save.connect(forget, sender=Area, weak=False, dispatch_uid="places.forget.save")
        post_delete.connect(forget, sender=Area, weak=False, dispatch_uid="places.forget.delete")
        add_link("area", "places:area", "code")
        add_link("area_plan", "places:plan", "plan_id")
        lying.register(one for one in self.get_models() if issubclass(one, Place))
        registers.register_all()
        add_menu(
            MenuEntry(
                key="places",
                label=_("网格管理"),
                icon="map",
                url_name="places:tree",
                group="base",
                order=60,
                shown=lambda actor: bool(queries.seen_areas(actor)),
            )
        )
