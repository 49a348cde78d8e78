"""Appending history: with the act or not at all, once for a key, never changed."""

from datetime import datetime
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, connection, transaction

from huying.audit import actions, append_only, queries
from huying.audit.models import History
from huying.audit.rules import APPEND_ONLY_TABLES
from huying.kernel.actor import Actor, ActorKind
from huying.kernel.refusals import Conflict, KeyReused
from tests.audit.cast import CLERK, NOW, STREET, append

pytestmark = pytest.mark.django_db
KEY = UUID(int=99)


class TestAppend:
    def test_it_keeps_who_did_what_to_which_thing(self):
        row = append(5, from_state="filed", to_state="in_hand", key=KEY)

        kept = History.objects.get(pk=row.pk)
        assert (kept.kind, kept.object_id, kept.verb) == ("case", UUID(int=5), "receive")
        assert (kept.from_state, kept.to_state, kept.area_code) == ("filed", "in_hand", STREET)
        assert (kept.actor_kind, kept.actor_id, kept.actor_label) == ("person", CLERK.id, "clerk-3")
        assert kept.facts == {"number": 5, "units": [str(UUID(int=1))], "urgent": False}
        assert queries.by_key(KEY) == kept

    def test_it_is_undone_with_the_act(self):
        with transaction.atomic():
            append()
            transaction.set_rollback(True)
        assert not History.objects.exists()

    def test_a_name_in_the_facts_is_refused(self):
        with pytest.raises(ValueError, match="facts"):
            append(facts={"name": "李示例"})

    def test_a_name_as_label_is_left_out(self):
        row = append(actor=Actor(kind=ActorKind.PERSON, id=UUID(int=7), label="李示例"))
        assert row.actor_label == "person"

    def test_a_time_without_zone_is_refused(self):
        with pytest.raises(ValueError, match="zone"):
            append(at=datetime(2026, 1, 1))

    @pytest.mark.parametrize("over", [{"verb": "派遣"}, {"kind": ""}, {"to_state": "a b"}, {"area_code": "街道"}])
    def test_words_in_the_columns_are_refused(self, over):
        with pytest.raises(ValueError):
            append(**over)

    def test_a_key_is_used_once_and_the_transaction_lives_on(self):
        append(1, key=KEY)
        with pytest.raises(Conflict):
            append(2, key=KEY)
        append(3)
        assert History.objects.count() == 2

    def test_many_rows_without_a_key_are_fine(self):
        append(1)
        append(2)
        assert queries.by_key(None) is None

    def test_one_row_is_one_statement(self, django_assert_num_queries):
        with django_assert_num_queries(1):
            append()


class TestAppendMany:
    def test_it_holds_rows_to_the_same_rules(self):
        row = History(at=NOW, kind="case", object_id=UUID(int=1), verb="receive", actor_kind="person")
        row.facts = {"name": "王范例"}
        with pytest.raises(ValueError):
            actions.append_many([row])

    def test_rows_come_out_as_single_ones_do(self):
        single = append(1)
        bulk = History(
            at=single.at, kind="case", object_id=UUID(int=1), verb="receive", to_state="received", actor_kind="person",
            actor_id=CLERK.id, actor_label="clerk-3", area_code=STREET,
            facts={"number": 1, "units": [UUID(int=1)], "urgent": False},
        )  # fmt: skip
        assert actions.append_many([bulk]) == 1
        one, other = History.objects.order_by("pk").values()
        assert one.pop("id") < other.pop("id")
        assert one == other


class TestQueries:
    def test_history_of_gives_the_things_asked_for_oldest_first(self):
        first, _other, second = append(1), append(2), append(1)
        append(1, kind="order")
        assert queries.history_of("case", [UUID(int=1)]) == [first, second]

    def test_repeated_gives_the_act_done_under_the_key(self):
        hashed = queries.body_hash({"words": "路灯不亮", "place": None})
        row = append(key=KEY, body_hash=hashed)
        assert queries.repeated(KEY, queries.body_hash({"place": None, "words": "路灯不亮"})) == row
        assert queries.repeated(UUID(int=98), hashed) is None
        with pytest.raises(KeyReused):
            queries.repeated(KEY, queries.body_hash({"words": "路灯亮了"}))

    def test_a_body_hash_depends_on_the_secret(self, settings):
        before = queries.body_hash("words")
        settings.SECRET_KEY = "another"
        assert queries.body_hash("words") != before


class TestNobodyChangesHistory:
    @pytest.mark.parametrize("table", APPEND_ONLY_TABLES)
    @pytest.mark.parametrize("sql", ["UPDATE {} SET {}={}", "DELETE FROM {}", "TRUNCATE {}"])
    def test_the_application_may_not(self, table, sql):
        column = {"audit_history": "verb", "audit_seal": "hash", "audit_sealed": "hashes"}[table]
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(sql.format(table, column, column))

    @pytest.mark.parametrize("table", APPEND_ONLY_TABLES)
    @pytest.mark.parametrize("sql", ["UPDATE {} SET {}={}", "DELETE FROM {}", "TRUNCATE {}"])
    def test_the_owner_may_not_either(self, table, sql, owner):
        column = {"audit_history": "verb", "audit_seal": "hash", "audit_sealed": "hashes"}[table]
        with pytest.raises(psycopg.errors.InsufficientPrivilege, match="never changed or removed"):
            owner.execute(sql.format(table, column, column))

    def test_an_owner_may_empty_a_test_database_after_saying_so(self, owner):
        owner.execute("SET huying.allow_truncate = 'on'")
        owner.execute("TRUNCATE audit_history, audit_seal, audit_sealed")
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            owner.execute("DELETE FROM audit_history")

    def test_saying_so_does_not_help_somebody_else(self):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL huying.allow_truncate = 'on'")
            with pytest.raises(DatabaseError), transaction.atomic():
                cursor.execute("TRUNCATE audit_history")

    def test_other_apps_can_protect_their_ledgers_the_same_way(self, owner):
        with owner.transaction(force_rollback=True):
            owner.execute("CREATE TABLE ledger (n int); INSERT INTO ledger VALUES (1)")
            owner.execute(append_only.triggers("ledger"))
            with pytest.raises(psycopg.errors.InsufficientPrivilege), owner.transaction():
                owner.execute("DELETE FROM ledger")
            owner.execute(append_only.no_triggers("ledger"))
            owner.execute("DELETE FROM ledger")
