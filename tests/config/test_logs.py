"""Logs say what the program did, and nothing of what people said."""

import io
import json
import logging
import re
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection

from huying.config import logs
from tests.journeys.person import Person
from tests.journeys.steps import case_of, case_page, handle, look_up, move, review, send_report, triage
from tests.world import NOW, build_world

NAME, PHONE, WORDS = "李示例", "13900000017", "榕树路的花猫压住了井盖旁边的紫色风筝"


def _record(name, message, *args, error=None, **extra):
    record = logging.LogRecord(name, logging.ERROR, __file__, 1, message, args, error and (type(error), error, None))
    vars(record).update(extra)
    return record


def _line(*args, **options):
    return logs.Formatter("json").format(_record(*args, **options))


class TestLines:
    def test_our_own_lines_keep_codes_ids_and_numbers(self):
        one = uuid4()
        found = json.loads(_line("huying.files", "a stored photo is missing: %s %s %d", one, "jpg", 7))
        assert found["event"] == f"a stored photo is missing: {one} jpg 7"
        assert (found["level"], found["logger"]) == ("error", "huying.files")

    @pytest.mark.parametrize(
        "value", [NAME, PHONE, "+86 139 0000 0017", "4012 3456 7890", "two words", object(), [NAME], 13900000017]
    )
    def test_our_own_lines_hide_everything_else(self, value):
        line = _line("huying.cases", "something about %s", value)
        assert json.loads(line)["event"] == "something about …"

    def test_a_long_number_is_hidden_also_where_it_stands_in_the_pattern(self):
        assert PHONE not in _line("huying.cases", f"call {PHONE} back")

    def test_of_other_libraries_only_the_pattern_stays(self):
        found = json.loads(_line("django.request", "Not Found: %s", f"/search/?q={NAME}"))
        assert found["event"] == "Not Found: %s"

    def test_a_line_that_was_put_together_before_is_dropped_but_its_place_is_told(self):
        found = json.loads(_line("procrastinate.worker", f"Job 3 cases.remind(name={NAME})"))
        assert found["event"] == "test_logs.None:1"

    @pytest.mark.django_db
    def test_of_an_exception_the_classes_the_place_and_the_constraint_stay_and_no_words(self):
        try:
            with connection.cursor() as cursor:
                cursor.execute("INSERT INTO places_area (code, name) VALUES ('1', %s)", [NAME])
        except IntegrityError as why:
            error = why
        record = logging.LogRecord(
            "huying.x", 40, __file__, 1, "it broke", (), (type(error), error, error.__traceback__)
        )
        line = logs.Formatter("json").format(record)
        found = json.loads(line)["trouble"]
        assert found["error"] == "django.db.utils.IntegrityError"
        assert found["sqlstate"] == "23502"
        assert any("test_logs" in one for one in found["at"])
        assert NAME not in line
        assert NAME not in logs.Formatter("text").format(record)

    def test_a_chain_that_bites_its_tail_ends(self):
        one, two = ValueError(NAME), KeyError(PHONE)
        one.__cause__, two.__cause__ = two, one
        assert logs.trouble(one)["because"] == ["builtins.KeyError"]

    def test_extra_facts_are_kept_where_they_are_plain(self):
        found = json.loads(_line("huying.requests", "request", route="desk:mine", ms=12.5, who=NAME))
        assert (found["route"], found["ms"]) == ("desk:mine", 12.5)
        assert "who" not in found

    @pytest.mark.parametrize("message", ["%s and %s", "%(name)s", "100 %", "%d"])
    def test_a_pattern_that_does_not_fit_is_no_fault(self, message):
        assert _line("huying.x", message, NAME)


def _listening():
    held = io.StringIO()
    handler = logging.StreamHandler(held)
    handler.setFormatter(logs.Formatter("json"))
    logging.getLogger().addHandler(handler)
    return held, handler


class TestAWholeWalk:
    def test_nothing_that_people_said_is_in_the_logs_of_a_call_from_end_to_end(
        self, db, settings, tmp_path, monkeypatch
    ):
        settings.DATA = tmp_path
        settings.MASTER_KEY_FILE = tmp_path / "master.key"
        world = build_world()
        monkeypatch.setattr("django.utils.timezone.now", lambda: NOW)
        held, handler = _listening()
        root = logging.getLogger()
        level, quiet = root.level, ("django.request", "axes", "django")
        before = {name: logging.getLogger(name).level for name in quiet}
        root.setLevel(logging.DEBUG)
        for name in quiet:
            logging.getLogger(name).setLevel(logging.DEBUG)
        connection.force_debug_cursor = True
        try:
            code = send_report(Person(), WORDS, phone=PHONE)
            case = case_of(WORDS)
            look_up(Person(), code)
            dispatcher = Person("dispatcher").sign_in()
            triage(dispatcher, case, unit=world.units["sanitation"], kind="0101")
            connection.force_debug_cursor = False  # every statement of the report and its triage is enough
            handle(Person("handler").sign_in(), case, f"已和{NAME}说好，把紫色风筝取下来了。")
            move(Person("unit_head").sign_in(), case, "sign")
            review(Person("reviewer").sign_in(), case)
            dispatcher.open(f"/desk/list/?q={NAME}")
            Person().open(f"/track/?code={code}", None)
            Person().open("/no/such/page/" + code, 404)
            stranger = Person("next_dispatcher").sign_in()
            case_page(stranger, case, 404)
            Person("nobody").client.post("/sign-in/", {"username": NAME, "password": "my-secret-word"})
        finally:
            connection.force_debug_cursor = False
            root.removeHandler(handler)
            root.setLevel(level)
            for name, one in before.items():
                logging.getLogger(name).setLevel(one)
        text = held.getvalue()
        assert text.count("\n") > 20, "the walk was to be logged"
        assert '"route":"' in text
        for planted in (NAME, PHONE, "紫色风筝", code, code.replace(" ", ""), "my-secret-word", "green-kite-lantern-7"):
            assert planted not in text, planted
        assert not re.search(r"[\u4e00-\u9fff]", text), re.findall(r".*[\u4e00-\u9fff].*", text)[:3]
