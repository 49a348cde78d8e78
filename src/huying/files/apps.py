"""Floor 3: photos that belong to something: checked, made anew without position and device, stored beside."""

from django.apps import AppConfig


class FilesConfig(AppConfig):
    name = "huying.files"
    label = "files"
    default_auto_field = "django.db.models.BigAutoField"
