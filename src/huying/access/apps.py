from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "huying.access"
    label = "access"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.conf import settings

        from huying.access import channels, menu

        menu.register()
        if settings.CODES == "console":
            channels.add(channels.SMS)
            channels.add(channels.WECOM)
