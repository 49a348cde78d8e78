"""Floor 10: settings, the list of apps, mounting of pages."""

from django.apps import AppConfig


class ConfigConfig(AppConfig):
    name = "huying.config"
    label = "config"
