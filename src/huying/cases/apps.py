from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "huying.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from huying.cases import banners, by_people, in_areas, panels
        from huying.cases.queries import keeping
        from huying.files.resting import add_owner
        from huying.kernel.actor import ActorKind
        from huying.kernel.registry import BANNERS, MenuEntry, add_link, add_menu
        from huying.kernel.terms import _

        add_link("case", "cases:case", "case_id")
        in_areas.register()
        add_owner("case", keeping.resting_cases)
        add_owner("report", keeping.resting_reports)
        add_owner("order", keeping.resting_orders)
        add_owner("visit", keeping.resting_visits)
        by_people.declare()
        panels.register()
        BANNERS.append(banners.told_to)
        add_menu(
            MenuEntry(
                key="emergencies",
                label=_("应急"),
                icon="alert",
                url_name="cases:emergencies",
                group="dispatch",
                order=68,
                shown=lambda actor: actor.kind == ActorKind.PERSON,
            )
        )
