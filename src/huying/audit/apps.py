"""Floor 0: history of who did what to which thing, sealed into a hash chain."""

from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "huying.audit"
    label = "audit"
    default_auto_field = "django.db.models.BigAutoField"
