from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "huying.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.conf import settings

        # `doors` hears of every sign-in from the start, and not only once a first page was asked for.
        from huying.access import channels, doors, menu  # noqa: F401

        menu.register()
        if settings.CODES == "console":
            channels.add(channels.SMS)
            channels.add(channels.WECOM)
