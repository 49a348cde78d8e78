"""A database for provers that run in this process: Django on a fresh copy of the migrated template.

The same cluster and template as the tests use (`tests.conftest`), so a prover starts within a second. Threads get
connections of their own to the same copy. It works as the application's role, which owns nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.conftest import Bench


def set_up() -> None:
    """Django with the settings of the tests; once a process."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    import django

    django.setup()


@contextmanager
def database() -> Iterator[Bench]:
    """Django's connection on an empty, migrated database of our own, dropped afterwards."""
    set_up()
    from django.db import connection

    from tests.conftest import Bench

    bench = Bench()
    try:
        bench.prepare()
        connection.close()
        connection.settings_dict.update(bench.django(bench.name, bench.role))
        yield bench
    finally:
        connection.close()
        bench.leave()
