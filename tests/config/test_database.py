"""The database under the tests, and what the application's role may do on it."""

import psycopg
import pytest
from django.db import connection


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
