from django.apps import AppConfig


class CasesConfig(AppConfig):
    name = "huying.cases"
    label = "cases"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.db.models.signals import post_migrate

        from huying.cases import banners, by_people, in_areas, panels, registers, shipped, street_rules
        from huying.cases.queries import keeping
        from huying.files.resting import add_owner
        from huying.kernel.actor import ActorKind
        from huying.kernel.registry import BANNERS, READS_DANGER, MenuEntry, add_link, add_menu
        from huying.kernel.terms import _
        from huying.triage.danger import whom_to_call

        post_migrate.connect(shipped.load, sender=self)
        add_link("case", "cases:case", "case_id")
        add_link("errand", "cases:errand", "errand_id")
        add_link("whistle", "cases:whistle", "whistle_id")
        add_menu(
            MenuEntry(
                key="whistles",
                label=_("吹哨报到"),
                icon="whistle",
                url_name="cases:whistles",
                group="dispatch",
                order=45,
                shown=lambda actor: actor.kind == ActorKind.PERSON and (actor.has("read") or actor.has("handle")),
            )
        )
        add_link("ticket", "cases:ticket", "ticket_id")
        add_menu(
            MenuEntry(
                key="tickets",
                label=_("上级工单"),
                icon="inbox",
                url_name="cases:tickets",
                group="dispatch",
                order=46,
                shown=lambda actor: actor.kind == ActorKind.PERSON and (actor.has("intake") or actor.has("dispatch")),
            )
        )
        add_menu(
            MenuEntry(
                key="sharing",
                label=_("本单位分工"),
                icon="users",
                url_name="cases:sharing",
                group="dispatch",
                order=72,
                shown=lambda actor: (
                    actor.kind == ActorKind.PERSON
                    and any(actor.may_for_unit(duty, unit) for unit in actor.units for duty in ("handle", "sign"))
                ),
            )
        )
        add_link("incident", "cases:incident", "incident_id")
        add_menu(
            MenuEntry(
                key="incidents",
                label=_("群体事件"),
                icon="users",
                url_name="cases:incidents",
                group="dispatch",
                order=46,
                shown=lambda actor: actor.kind == ActorKind.PERSON and (actor.has("intake") or actor.has("dispatch")),
            )
        )
        add_menu(
            MenuEntry(
                key="hot",
                label=_("热点问题"),
                icon="trend",
                url_name="cases:hot_issues",
                group="dispatch",
                order=47,
                shown=lambda actor: actor.kind == ActorKind.PERSON and actor.has("read"),
            )
        )
        add_link("campaign", "cases:campaign", "campaign_id")
        add_menu(
            MenuEntry(
                key="campaigns",
                label=_("专项整治"),
                icon="flag",
                url_name="cases:campaigns",
                group="base",
                order=60,
                shown=lambda actor: actor.kind == ActorKind.PERSON and (actor.has("read") or actor.has("handle")),
            )
        )
        in_areas.register()
        add_owner("case", keeping.resting_cases)
        add_owner("report", keeping.resting_reports)
        add_owner("order", keeping.resting_orders)
        add_owner("visit", keeping.resting_visits)
        add_owner("whistle", keeping.resting_whistles)
        add_owner("errand", keeping.resting_errands)
        add_owner("campaign_spot", keeping.resting_spots)
        by_people.declare()
        panels.register()
        registers.declare()
        street_rules.declare()
        BANNERS.append(banners.told_to)
        READS_DANGER[:] = [whom_to_call]
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
