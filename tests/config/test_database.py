"""The database under the tests, and what the application's role may do on it."""

import psycopg
import pytest
from django.db import ProgrammingError, connection

from huying.config.privileges import APPEND_ONLY


def _one(statement):
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return cursor.fetchone()[0]


@pytest.mark.django_db
class TestTheApplicationsRole:
    def test_it_owns_nothing(self, bench):
        if bench.role is None:
            pytest.skip("the given server lets nobody make a role")
        assert _one("SELECT current_user") == "huying"
        assert _one("SELECT count(*) FROM pg_class WHERE relowner = 'huying'::regrole") == 0

    def test_it_reads_and_writes_sessions(self):
        assert _one("SELECT count(*) FROM django_session") == 0
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO django_session VALUES ('k', 'd', now())")
        assert _one("SELECT count(*) FROM django_session") == 1

    @pytest.mark.parametrize("right", ["UPDATE", "DELETE", "TRUNCATE"])
    def test_it_may_not_change_a_history_even_without_the_trigger(self, bench, right):
        if bench.role is None:
            pytest.skip("the given server lets nobody make a role")
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT relname, has_table_privilege(oid, %s) FROM ({APPEND_ONLY}) AS histories", [right])
            found = dict(cursor.fetchall())
        assert "audit_history" in found
        assert not any(found.values()), found

    def test_it_may_not_pretend_that_a_migration_was_applied(self):
        with pytest.raises(ProgrammingError), connection.cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations")


@pytest.mark.django_db(transaction=True)
class TestTransactionalTests:
    @pytest.mark.parametrize("time", [1, 2])
    def test_each_finds_a_fresh_database(self, time):
        assert _one("SELECT count(*) FROM django_session") == 0
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO django_session VALUES ('k', 'd', now())")


@pytest.mark.django_db
def test_what_a_transactional_test_wrote_is_gone():
    assert _one("SELECT count(*) FROM django_session") == 0


def test_without_the_mark_the_database_is_closed():
    with pytest.raises((RuntimeError, psycopg.Error)):
        connection.cursor()
