"""Floor 10: settings, the list of apps, mounting of pages."""

from datetime import UTC
from typing import Any, cast

from django.apps import AppConfig
from django.db.backends.postgresql.psycopg_any import get_adapters_template
from django.utils.module_loading import autodiscover_modules
from psycopg.pq import Format
from psycopg_pool.base import AttemptWithBackoff


class ConfigConfig(AppConfig):
    name = "huying.config"
    label = "config"

    def ready(self) -> None:
        # What an app says to others when the process starts; jobs are found by procrastinate (see settings).
        autodiscover_modules("listeners")
        self._name_people()
        self._connect_soon()
        self._read_moments_fast()

    @staticmethod
    def _connect_soon() -> None:
        """A server that died is back within seconds, but the pool would look for it after 1, 3, 7 … seconds."""
        AttemptWithBackoff.INITIAL_DELAY, AttemptWithBackoff.DELAY_BACKOFF = 0.2, 1.1

    @staticmethod
    def _read_moments_fast() -> None:
        """Moments by the driver's own code: Django's reads each in Python, a tenth of the time of a page of rows.

        Both give UTC, as the connection's zone is. Without the compiled driver Django's reading stays.
        """
        try:
            from psycopg._cmodule import _psycopg as compiled
        except ImportError:
            return
        if compiled is None:
            return

        class InUtc:
            """Not a subclass: the compiled one may have none. Django looks for `timezone` on it."""

            timezone, format = UTC, Format.TEXT

            def __new__(cls, oid: int, context: Any) -> Any:
                return compiled.TimestamptzLoader(oid, context)

        get_adapters_template(True, UTC).register_loader("timestamptz", cast(Any, InUtc))

    @staticmethod
    def _name_people() -> None:
        """Histories of registers, which lie below people, name who acted."""
        from huying.people import queries
        from huying.registers import declared

        declared.use_people(queries.names_of)
