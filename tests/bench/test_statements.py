"""What the bench reads from the database's log: every statement counts, also of those that went in one message."""

import pytest
from django.db import connection

from bench.statements import counted, messages, shape_of, split
from huying.cases.models import Answer, Remark
from huying.kernel.ready import ID, Together

HEAD = "2026-11-22 13:10:06.123 UTC [77] huying LOG:  duration: "


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("BEGIN", 1),
        ("SELECT 1;\nSELECT 2;\nSELECT 3", 3),
        ("SELECT 1;", 1),
        (";;", 0),
        ("SELECT ';\nSELECT 2'", 1),
        ("SELECT 'it''s; so', E'\\'; ', \"a;b\"; COMMIT", 2),
        ("DO $$ BEGIN x; y; END $$; SELECT $tag$ ; $$ ; $tag$", 2),
        ("SELECT 1 -- one; two\n; /* three; */ ", 1),
        ("WITH new_0 AS (INSERT INTO a VALUES (1)) INSERT INTO b VALUES (2)", 1),
        ("SELECT $1, price - 2 / 3, 'e' FROM e", 1),
    ],
)
def test_statements_are_cut_where_the_server_cuts_them(text, count):
    assert len(split(text)) == count


@pytest.mark.django_db
def test_what_goes_in_one_round_trip_is_counted_one_by_one():
    said = []

    def catch(execute, statement, params, many, context):
        said.append(statement)
        return execute(statement, params, many, context)

    together = Together(Answer.objects.filter(case_id=ID), Remark.objects.filter(case_id=ID), case=ID)
    with connection.execute_wrapper(catch):
        together.fetch(case=ID)
    lines = f"{HEAD}1.5 ms  statement: {said[0]}".replace("\n", "\n\t").splitlines()
    told = counted(messages(lines, "huying"), 1)
    assert (told["statements"], told["round_trips"], told["database_ms"]) == (2, 1, 1.5)


def test_a_log_is_read_whole_and_for_one_role_alone():
    lines = [
        "\tthe end of what began before",
        f"{HEAD}0.150 ms  statement: ",
        f"{HEAD}0.100 ms  statement: BEGIN",
        f"{HEAD}2.000 ms  statement: SELECT 1;",
        "\tSELECT 'a",
        "\tb';",
        "\tSELECT 3",
        "2026-11-22 13:10:06.124 UTC [78] huying_boot LOG:  duration: 9.0 ms  statement: SELECT 9;",
        "\tSELECT 10",
        "2026-11-22 13:10:06.125 UTC [79]  LOG:  checkpoint starting: time",
        f"{HEAD}0.100 ms  parse s1: SELECT $1",
        f"{HEAD}0.100 ms  bind s1: SELECT $1",
        f"{HEAD}0.550 ms  execute s1: SELECT $1",
    ]
    told = counted(messages(lines, "huying"), 2)
    assert (told["statements"], told["round_trips"], told["database_ms"]) == (3.0, 2.0, 1.5)
    assert told["costly"][0][1] == 1.0


def test_shapes_have_no_values():
    assert shape_of("SELECT 12 FROM a WHERE b = 'it''s'") == "SELECT ? FROM a WHERE b = ?"


def test_what_connections_hold_under_names_of_their_own_is_one_shape():
    lines = [
        f"{HEAD}2.000 ms  statement: EXECUTE huying_76('99', 'a'::uuid)",
        f"{HEAD.replace('LOG:  duration: ', '')}DETAIL:  prepare: PREPARE huying_76 AS SELECT id",
        "\tFROM a WHERE b = $1",
        f"{HEAD}3.000 ms  statement: EXECUTE huying_82('98', 'b'::uuid)",
        f"{HEAD.replace('LOG:  duration: ', '')}DETAIL:  prepare: PREPARE huying_82 AS SELECT id",
        "\tFROM a WHERE b = $1",
        f"{HEAD}0.250 ms  statement: COMMIT",
    ]
    told = counted(messages(lines, "huying"), 1)
    assert told["costly"] == [["SELECT id\nFROM a WHERE b = $?", 5.0], ["COMMIT", 0.25]]
    assert (told["statements"], told["database_ms"]) == (3, 5.25)
