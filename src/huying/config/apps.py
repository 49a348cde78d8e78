"""Floor 10: settings, the list of apps, mounting of pages."""

from django.apps import AppConfig
from django.utils.module_loading import autodiscover_modules
from psycopg_pool.base import AttemptWithBackoff


class ConfigConfig(AppConfig):
    name = "huying.config"
    label = "config"

    def ready(self) -> None:
        # What an app says to others when the process starts; jobs are found by procrastinate (see settings).
        autodiscover_modules("listeners")
        self._name_people()
        self._connect_soon()

    @staticmethod
    def _connect_soon() -> None:
        """A server that died is back within seconds, but the pool would look for it after 1, 3, 7 … seconds."""
        AttemptWithBackoff.INITIAL_DELAY, AttemptWithBackoff.DELAY_BACKOFF = 0.2, 1.1

    @staticmethod
    def _name_people() -> None:
        """Histories of registers, which lie below people, name who acted."""
        from huying.people import queries
        from huying.registers import declared

        declared.use_people(queries.names_of)
