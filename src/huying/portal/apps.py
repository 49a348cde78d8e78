from django.apps import AppConfig


class PortalConfig(AppConfig):
    name = "huying.portal"
    label = "portal"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from huying.kernel.registry import add_link
        from huying.portal import area
        from huying.ui import site

        site.provide(area.site_texts)
        add_link("home", "portal:home")
        add_link("task", "portal:task")
        add_link("lookup", "portal:track")
        add_link("dialled", "portal:dialled", "")
        add_link("on_call", "portal:on_call", "")
        add_link("privacy", "portal:privacy")
        add_link("access", "portal:access")
        add_link("public_page", "portal:notice", "public_id")
        add_link("public_sheet", "portal:notice_sheet", "public_id")
