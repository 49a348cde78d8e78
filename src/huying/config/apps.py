"""Floor 10: settings, the list of apps, mounting of pages."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules


class ConfigConfig(AppConfig):
    name = "huying.config"
    label = "config"

    def ready(self) -> None:
        # What an app says to others when the process starts; jobs are found by procrastinate (see settings).
        autodiscover_modules("listeners")
        self._name_people()

    @staticmethod
    def _name_people() -> None:
        """Histories of registers, which lie below people, name who acted."""
        from huying.people import queries
        from huying.registers import declared

        declared.use_people(queries.names_of)
