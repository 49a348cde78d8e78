from django.apps import AppConfig


class ChannelsConfig(AppConfig):
    name = "huying.channels"
    label = "channels"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.conf import settings

        if settings.CODES == "notices":
            from huying.channels import codes

            codes.join()
