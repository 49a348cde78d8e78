"""`huying migrate` can be cut off anywhere and run again: each migration is whole, and what follows them is not lost."""

import pytest
from django.db import OperationalError, connection, migrations, models
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.executor import MigrationExecutor

from huying.cli import steps
from huying.cli.contract import CommandRefused
from huying.config.env import Env

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def _as_owner(bench, monkeypatch):
    """Django's connection as the owner of the tables, also for `steps.migrate`."""
    entries = {**connection.settings_dict, **bench.django(bench.name, None)}
    monkeypatch.setattr(Env, "database", lambda self, owner=False: entries)
    with steps.as_owner():
        yield


class Indexed(migrations.Migration):
    operations = [
        migrations.CreateModel(
            "Slip",
            [("id", models.BigAutoField(primary_key=True)), ("code", models.CharField(max_length=9, db_index=True))],
        )
    ]


def _apply(monkeypatch, why):
    executor = steps.WholeExecutor(connection)

    def refuse(migration):
        raise why

    monkeypatch.setattr(executor, "record_migration", refuse)
    executor.apply_migration(executor.loader.project_state(), Indexed("9999_slip", "cases"))


@pytest.mark.usefixtures("_as_owner")
def test_a_migration_that_is_not_recorded_leaves_nothing_behind(monkeypatch):
    with pytest.raises(RuntimeError) as stopped:
        _apply(monkeypatch, RuntimeError("killed here"))
    assert "cases_slip" not in connection.introspection.table_names()
    [note] = stopped.value.__notes__
    assert "cases.9999_slip" in note
    assert "再运行一次 huying migrate" in note


@pytest.mark.usefixtures("_as_owner")
def test_what_follows_the_migrations_is_done_again_where_it_did_not_come_to_its_end(monkeypatch):
    called = []
    monkeypatch.setattr(steps, "call_command", lambda *given, **options: called.append(given))
    with connection.cursor() as cursor:
        cursor.execute("COMMENT ON TABLE django_migrations IS NULL")
    assert steps.migrate() == 0
    assert steps.migrate() == 0
    assert called == [("migrate",)]


@pytest.mark.usefixtures("_as_owner")
def test_a_database_that_goes_away_is_told_with_what_to_do(monkeypatch):
    def away(*given, **options):
        raise OperationalError("the connection is lost\nmore lines")

    monkeypatch.setattr(steps, "call_command", away)
    monkeypatch.setattr(steps, "_finished", lambda: False)
    with pytest.raises(CommandRefused, match="the connection is lost）.*再运行一次 huying migrate"):
        steps.migrate()


def test_models_between_migrations_are_as_django_draws_them():
    as_django = MigrationExecutor(connection).loader.project_state()
    ours = steps.WholeExecutor(connection)._create_project_state(with_applied_migrations=True)
    apart = MigrationAutodetector(as_django, ours).deep_deconstruct
    assert len(ours.models) > 150
    for key in as_django.models:
        seen = [state.apps.get_model(*key)._meta for state in (as_django, ours)]
        columns, drawn = ({one.name: apart(one) for one in meta.local_fields} for meta in seen)
        assert (seen[1].db_table, drawn) == (seen[0].db_table, columns), key
