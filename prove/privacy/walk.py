"""One walk through the house with planted values: entered, looked for, erased, looked for again."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from unittest import mock

from prove.frame import ROOT, Run

_hand = re.compile(rb"\\x([0-9a-f]{2,})")
PASSPHRASE = "a passphrase of the prover alone"


@dataclass
class Seen:
    """What was found to look through."""

    sinks: dict[str, bytes] = field(default_factory=dict)
    before_columns: dict[str, bytes] = field(default_factory=dict)
    after_columns: dict[str, bytes] = field(default_factory=dict)
    sealed_after: dict[str, list[str]] = field(default_factory=dict)
    limits: dict[str, str] = field(default_factory=dict)
    chain_ok: bool = False
    chain_says: str = ""

    def add(self, sink: str, data: bytes | str) -> None:
        blob = data.encode("utf-8", "surrogatepass") if isinstance(data, str) else data
        self.sinks[sink] = self.sinks.get(sink, b"") + b"\n" + blob


class Time:
    """The clock of the walk; everything asks it."""

    def __init__(self, now: datetime) -> None:
        self.now = now

    def pass_by(self, **span: float) -> None:
        self.now += timedelta(**span)


_house: dict[str, Any] = {}


@contextlib.contextmanager
def house(run: Run) -> Iterator[None]:
    """The street, with files, keys and messages in the run's folder."""
    import shutil

    from django.test import override_settings

    from huying.access import channels
    from huying.kernel.actor import system
    from huying.people import actions as people
    from huying.people.queries import actor_for
    from tests.world import NOW, STREET, build_world

    data = run.folder / "data"
    shutil.rmtree(data, ignore_errors=True)
    data.mkdir(parents=True)
    clock = Time(NOW)
    notices = {"sms": "file", "wecom": "file", "email": "file"}
    with (
        override_settings(
            DATA=data,
            MASTER_KEY_FILE=data / "master.key",
            NOTICES=notices,
            SMS_SIGNATURE="示范街道",
            ALLOWED_HOSTS=["*"],
        ),
        mock.patch("django.utils.timezone.now", lambda: clock.now),  # noqa: PT008  it passes
        mock.patch.dict(channels.CHANNELS),
    ):
        channels.add(channels.SMS)
        world = build_world()
        for name, role in (("auditor", "auditor"), ("organiser", "organiser"), ("officer", "security_officer")):
            account = people.create_account(
                username=f"demo-{name}", name="顾示例", area_code=STREET, password="green-kite-lantern-7",
                must_change_password=False, actor=system(), now=NOW,
            )  # fmt: skip
            with contextlib.suppress(Exception):
                people.grant_role(account_id=account.pk, role_code=role, area_code=STREET, actor=system(), now=NOW)
            world.accounts[name], world.people[name] = account, actor_for(account, NOW)
        _house.clear()
        _house.update(world=world, clock=clock, data=data)
        yield


def walked(run: Run, planted: dict[str, str], rng: random.Random) -> Seen:
    seen = Seen()
    world, clock = _house["world"], _house["clock"]
    clock.pass_by(days=500 if _house.get("walks") else 0)
    while clock.now.weekday() not in (1, 2):  # calm days, in office hours
        clock.pass_by(days=1)
    _house["walks"] = _house.get("walks", 0) + 1
    logged, server = io.StringIO(), _server_log()
    began = time.monotonic()

    def told(phase: str) -> None:
        nonlocal began
        run.count(f"seconds_{phase}", round(time.monotonic() - began, 2))
        began = time.monotonic()

    with listening(logged):
        made = _enter(seen, planted, world, clock)
        told("enter")
        _stumble(seen, planted, list(planted.values())[:: 5 if run.smoke else 1])
        told("stumble")
        _show(seen, world, clock, made)
        told("show")
        _jobs(seen)
        told("jobs")
    seen.add("logs", logged.getvalue())
    seen.add("server_log", _server_log_since(server))
    _collect(seen)
    _backup(seen)
    seen.before_columns = columns()
    told("collect")
    with listening(logged):
        _erase(planted, world, clock, made)
    told("erase")
    seen.add("logs", logged.getvalue())
    _collect_after(seen, planted)
    _verify(seen)
    told("collect")
    if not run.smoke and "limits" not in _house:
        _house["limits"] = tests_of_limits()
    seen.limits = _house.get("limits") or known_tests()
    return seen


@contextlib.contextmanager
def listening(held: io.StringIO) -> Iterator[None]:
    """Everything that would be logged at the most talkative level, as the product writes it; statements included."""
    from django.db import connection

    from huying.config import logs

    handler = logging.StreamHandler(held)
    handler.setFormatter(logs.Formatter("json"))
    root = logging.getLogger()
    quiet = ("django", "django.request", "django.db.backends", "axes", "procrastinate")
    levels = {name: logging.getLogger(name).level for name in ("", *quiet)}
    others = root.handlers[:]
    root.handlers = [handler]
    for name in levels:
        logging.getLogger(name).setLevel(logging.DEBUG)
    connection.force_debug_cursor = True
    try:
        yield
    finally:
        connection.force_debug_cursor = False
        root.handlers = others
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)


def as_started_now(bench: Any) -> None:
    """The tests' server may have been started long ago: what the product says of its log holds here at any rate."""
    from psycopg import sql

    from huying.config.postgres import SETTINGS

    if bench.server is None:
        return
    with bench.connect() as boot:
        for name in ("log_min_messages", "log_min_error_statement", "log_error_verbosity", "log_statement"):
            value = SETTINGS.get(name)
            if value is not None:
                boot.execute(
                    sql.SQL("ALTER DATABASE {} SET {} = {}").format(
                        sql.Identifier(bench.name), sql.Identifier(name), sql.Literal(value)
                    )
                )


def _server_log() -> dict[Path, int]:
    from huying.config.postgres import home_of
    from tests.settings import TEST_DATA

    folder = home_of(TEST_DATA) / "log"
    return {path: path.stat().st_size for path in folder.glob("*.log")} | {folder: -1}


def _server_log_since(before: dict[Path, int]) -> bytes:
    folder = next(path for path, size in before.items() if size < 0)
    found = []
    for path in folder.glob("*.log"):
        with path.open("rb") as file:
            file.seek(min(before.get(path, 0), path.stat().st_size))
            found.append(file.read())
    return b"\n".join(found)


# Entering


def _enter(seen: Seen, planted: dict[str, str], world: Any, clock: Time) -> dict[str, Any]:
    from django.core.files.uploadedfile import SimpleUploadedFile

    from huying.access import actions as access
    from huying.cases.models import Case, Report
    from huying.people import actions as people
    from huying.people.actions import talents
    from huying.people.queries import actor_for
    from tests.journeys.person import Person, photo
    from tests.journeys.steps import code_on, look_up, move, review, triage
    from tests.world import BANYAN, GRID, STREET, middle

    told = (
        f"三号楼的{planted['words_name']}把垃圾堆在楼道，电话{planted['words_phone']}，身份证{planted['words_identity']}，"
        f"邮箱{planted['words_email']}，微信{planted['words_wechat']}，请来人看看。"
    )
    person = Person("resident")
    person.client.defaults["HTTP_USER_AGENT"] = planted["user_agent"]
    picture = photo(planted["paper_name"])
    person.open("/report/")
    if person.address.startswith("/area/"):
        person.press("示范街道")
    person.press("下一步：在哪里", words=told, photos=[picture])
    if person.address.startswith("/report/danger/"):
        person.press("已打电话")
    if person.address.startswith("/report/kind/"):
        person.press("下一步：在哪里", kind="unsure")
    lng, lat = middle(GRID)
    person.press("下一步：核对提交", lng=lng, lat=lat, place_words=planted["place_name"])
    if person.address.startswith("/report/likely/"):
        person.press("不是同一件")
    person.press("提交", name=planted["portal_name"], phone=planted["portal_phone"], consent=True, reply_by="phone")
    code = code_on(person)
    seen.add("addresses", person.address)
    case = Report.objects.get(words=told).case

    clerk = Person.signed_in("clerk").open("/desk/new/")
    left = {"name": planted["desk_name"], "phone": planted["desk_phone"], "address": planted["desk_address"]}
    desk_words = f"路灯第{clock.now:%Y%m%d%H}盏不亮，请来修。"
    clerk.press("登记", channel="hotline", words=desk_words, grid_code=GRID, agreed=True, reply_by="phone", **left)
    desk_case = Report.objects.get(words=desk_words).case

    body = {
        "words": f"井盖{clock.now:%m%d}松了，走路会绊。", "area_code": STREET, "lng": lng, "lat": lat,
        "reply_by": "phone",
        "contact": {"name": planted["api_name"], "phone": planted["api_phone"], "consent_version": _consent()},
    }  # fmt: skip
    program = Person().client
    program.handler.enforce_csrf_checks = False
    key = {"HTTP_IDEMPOTENCY_KEY": f"walk-{clock.now:%Y%m%d}-key"}
    answer = program.post("/api/v1/reports", json.dumps(body), "application/json", **key)
    assert answer.status_code == 201, answer.content[:400]
    seen.add("public_json", answer.content)
    seen.add("public_json", program.post("/api/v1/reports", json.dumps(body), "application/json", **key).content)

    talent, talent_code = people.enter_talent(
        name=planted["skill_name"], phone=planted["skill_phone"], area_code=BANYAN, skill="electric"
        if "electric" in _skills() else _skills()[0], offers=planted["skill_offers"],
        until=clock.now.date() + timedelta(days=300), agreed=True, actor=_organiser(world), now=clock.now,
    )  # fmt: skip
    assert talents.code_of(talent.pk) == talent_code

    handler = Person.signed_in("handler")
    handler.client.defaults["HTTP_USER_AGENT"] = planted["user_agent"]
    for channel, name in (("sms", "staff_sms"), ("email", "staff_email"), ("wecom", "staff_wecom")):
        _keep_address(handler, channel, planted[name])
    access.keep_code_address(
        channel="sms",
        address=planted["code_phone"],
        actor=actor_for(world.accounts["reviewer"], clock.now),
        now=clock.now,
    )
    account = world.accounts["unit_head"]
    account.refresh_from_db()
    account.name = planted["account_name"]
    account.save(update_fields=["name"])

    # The whole way of the matter, with somebody named at every step.
    look_up(person, code)
    _deed(person, case, "add", f"补充：还有{planted['added_name']}。")
    dispatcher = Person.signed_in("dispatcher")
    triage(
        dispatcher,
        case,
        unit=world.units["sanitation"],
        kind="0103",
        instruction=f"先找{planted['instruction_name']}。",
    )
    move(handler, case, "sign_in")
    report = Report.objects.get(words=told)
    move(handler, case, "first_contact", report_id=str(report.pk), result="reached",
         words=f"和{planted['contact_note_name']}说过。")  # fmt: skip
    pictures = {"before": [photo("前.jpg")], "after": [photo("后.jpg", (60, 130, 60))]}
    move(
        handler, case, "submit_result", outcome="solved", answer=f"已清走，{planted['answer_name']}知道了。", **pictures
    )
    from huying.cases.models import Answer

    Answer.objects.filter(case=case).update(internal=f"内部：{planted['internal_name']}。")
    move(Person.signed_in("unit_head"), case, "sign")
    review(Person.signed_in("reviewer"), case)
    case = Case.objects.get(pk=case.pk)
    if case.state == "calling_back":
        look_up(person, code)
        person.follow("评价这次办理").press("提交评价", solved="yes", words=f"谢谢{planted['feedback_name']}。")
    from huying.cases.models import Remark

    Remark.objects.create(case=case, verb="raise", words=f"请{planted['remark_name']}看。", made_at=clock.now)
    _keep_beside(planted, world, clock)
    _ = SimpleUploadedFile
    return {"case": case, "code": code, "person": person, "desk_case": desk_case, "handler": handler, "talent": talent,
            "talent_code": talent_code}  # fmt: skip


def _consent() -> int:
    from huying.people.queries import current_consent_text

    return int(current_consent_text().version)


def _skills() -> list[str]:
    from huying.people.rules.registers import Skill

    return list(Skill.values)


def _organiser(world: Any) -> Any:
    from huying.kernel.actor import system

    return system()


def _keep_address(person: Any, channel: str, value: str) -> None:
    from django.urls import reverse

    person.client.handler.enforce_csrf_checks = False
    answer = person.client.post(reverse("notices:keep_address"), {"channel": channel, "value": value})
    assert answer.status_code in (200, 302), (channel, answer.status_code)


def _deed(person: Any, case: Any, name: str, words: str) -> None:
    report = case.reports.order_by("received_at").first()
    person.open(f"/status/{report.pk}/{name}/")
    form = next(one for one in person.read.forms if "words" in one.controls)
    person.press(form.buttons[-1].words.strip(), where=form.action, words=words)


# Errors


def _told(body: bytes) -> bytes:
    """A problem document without `instance`, which is the very address that the asker wrote."""
    found = json.loads(body)
    return json.dumps({name: value for name, value in found.items() if name != "instance"}, ensure_ascii=False).encode()


def _stumble(seen: Seen, planted: dict[str, str], values: list[str]) -> None:
    """Wrong addresses, wrong forms, wrong names, faults of ours: what is said then, and what is logged."""
    from django.db import DatabaseError, connection, transaction

    from tests.journeys.person import Person

    stranger = Person().client
    stranger.raise_request_exception = False
    stranger.handler.enforce_csrf_checks = False
    desk = Person.signed_in("dispatcher").client
    desk.raise_request_exception = False
    for value in values:
        seen.add("problems", _told(stranger.get(f"/api/v1/cases/{value}").content))
        stranger.get(f"/no/such/{value}/")
        stranger.get("/track/", {"code": value})
        desk.get("/desk/list/", {"q": value})
        desk.get("/desk/search/", {"q": value})
    for value in (planted["words_name"], planted["words_phone"], planted["typed_address"]):
        stranger.post("/report/", {"words": value * 4000})
        stranger.post("/api/v1/reports", json.dumps({"words": value, "area_code": value}), "application/json")
    stranger.post(
        "/sign-in/", {"username": planted["typed_name"], "password": "x"}, HTTP_USER_AGENT=planted["user_agent"]
    )
    with (
        mock.patch("huying.portal.views.home.render", side_effect=RuntimeError(" ".join(planted.values()))),
    ):
        answer = stranger.get("/privacy/")
        seen.add("error_pages", answer.content if answer.status_code == 500 else b"")
        answer = stranger.get("/privacy/", HTTP_ACCEPT="application/json")
        seen.add("problems", _told(answer.content))
    # Statements that the database refuses: it quotes what it refuses.
    for value in values:
        for statement in (
            "INSERT INTO people_account (id, username, name) VALUES (gen_random_uuid(), %s, %s)",
            "INSERT INTO places_area (code, name) VALUES (%s, %s)",
        ):
            with contextlib.suppress(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(statement, [value, value])
    logging.getLogger("huying.prover").error("given %s and %s", *list(planted.values())[:2])


# Showing


def _show(seen: Seen, world: Any, clock: Time, made: dict[str, Any]) -> None:
    from django.core.cache import cache

    from huying.config import metrics
    from huying.opendata.actions import export_area
    from prove.web.items import patterns
    from tests.journeys.person import Person
    from tests.world import STREET

    clock.pass_by(days=3)
    visitor = Person()
    visitor.open("/area/").press("示范街道")
    for _name, pattern, view in patterns():
        kind = getattr(view, "door", ("", None))[0]
        if "<" in pattern or kind not in ("public", "api") or pattern.startswith("report/"):
            continue
        answer = visitor.client.get(f"/{pattern}")
        body = b"".join(answer) if answer.streaming else answer.content
        seen.add("public_json" if "json" in answer.headers.get("Content-Type", "") else "public_pages", body)
        seen.add("cookies", " ".join(one.OutputString() for one in answer.cookies.values()))
    for one in (made["person"], made["handler"], visitor):
        seen.add("cookies", " ".join(morsel.value for morsel in one.client.cookies.values()))
    seen.add("metrics", metrics.exposition())
    seen.add("cache", repr(getattr(cache, "_cache", {})))
    path = _house["data"] / f"export-{_house['walks']}.zip"
    from huying.kernel.actor import system

    export_area(path, code=STREET, actor=system(), now=clock.now)
    import zipfile

    with zipfile.ZipFile(path) as whole:
        for name in whole.namelist():
            seen.add("export", name)
            seen.add("export", whole.read(name))
    path.unlink()
    desk = Person.signed_in("keeper").client
    for key in ("estates", "buildings", "facilities", "organisations", "accounts", "units", "posts", "skills", "hubs"):
        answer = desk.get(f"/desk/registers/{key}/export.csv")
        if answer.status_code == 200:
            seen.add("sheets", b"".join(answer) if answer.streaming else answer.content)
    seen.add("sheets", b"-")


def _jobs(seen: Seen) -> None:
    """News is told, webhooks and messages go out; what the queue held on the way is looked at too."""
    from django.db import connection
    from procrastinate.contrib.django.models import ProcrastinateJob

    from huying.audit.feed import Place
    from huying.channels import actions as channels
    from huying.channels import outward, queries
    from huying.channels.jobs import deliver as deliver_hook
    from huying.channels.jobs import fan_out
    from huying.channels.models import Webhook
    from huying.channels.queries import happened
    from huying.clients.actions import make_client
    from huying.kernel.jobs import deliver
    from huying.notices.actions import send_due

    world, clock = _house["world"], _house["clock"]
    if "hook" not in _house:
        shown = make_client(kind="program", name="试用程序", duties=["read"], days=90, actor=world.head, now=clock.now)
        _house["hook"] = channels.make_webhook(
            client=shown.client, url="https://open.example/x", actor=world.head, now=clock.now
        )
    Webhook.objects.update(seen_id=0)
    notified: list[str] = []
    for _round in range(12):
        jobs = list(ProcrastinateJob.objects.filter(status="todo").order_by("id"))
        seen.add(
            "job_arguments",
            json.dumps([[job.task_name, job.args, job.lock, job.queueing_lock] for job in jobs], ensure_ascii=False),
        )
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")
        for job in jobs:
            if job.task_name == "kernel.deliver":
                seen.add("live", json.dumps(job.args, ensure_ascii=False))
                deliver.func(**job.args)
        send_due(now=clock.now)
        if not jobs:
            break
    sent: list[bytes] = []

    def posted(url: str, body: bytes, headers: Any, **_options: Any) -> int:
        sent.append(url.encode() + body + json.dumps(dict(headers)).encode())
        return 200

    with mock.patch.object(outward, "post", posted), mock.patch("huying.channels.actions.outward.post", posted):
        fan_out.func()
        for pk in queries.due(clock.now):
            deliver_hook.func(str(pk))
    seen.add("webhooks", b"\n".join(sent))
    batch = happened(world.head, place=Place(0, 0), limit=100000)
    seen.add("events", json.dumps([one.body() for one in batch.items], ensure_ascii=False, default=str))
    seen.add("live", " ".join(notified) + "-")


# What lies there


def columns() -> dict[str, bytes]:
    """Every column of every table, with all its rows; bytes as they are, not as hexadecimal."""
    from django.db import connection

    found: dict[str, bytes] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_class c JOIN pg_attribute a"
            " ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped"
            " WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' GROUP BY 1 ORDER BY 1"
        )
        for table, names in cursor.fetchall():
            try:
                with cursor.copy(f'COPY "{table}" TO STDOUT') as out:
                    lines = b"".join(bytes(part) for part in out).splitlines()
            except Exception:  # not ours to read
                continue
            parts = [line.split(b"\t") for line in lines]
            for place, name in enumerate(names):
                blob = b"\n".join(part[place] for part in parts if part[place] != b"\\N")
                if blob:
                    blob = blob.replace(b"\\\\", b"\\")
                    found[f"{table}.{name}"] = (
                        blob
                        + b"\n"
                        + b"\n".join(bytes.fromhex(one.decode()) for one in _hand.findall(blob) if len(one) % 2 == 0)
                    )
    return found


def _decoded_sessions() -> bytes:
    from django.contrib.sessions.models import Session

    return b"\n".join(
        json.dumps(one.get_decoded(), ensure_ascii=False, default=str).encode() for one in Session.objects.all()
    )


def _files(names: bool) -> bytes:
    found = []
    for path in sorted(_house["data"].rglob("*")):
        if path.is_file() and "outbox" not in path.parts:
            found.append(str(path.relative_to(_house["data"])).encode() if names else path.read_bytes())
    return b"\n".join(found)


def _collect(seen: Seen) -> None:
    """Tables that are sinks of their own, files and their names."""
    from django.db import connection

    for sink, table in (
        ("history", "audit_history"), ("kept_answers", "clients_keptanswer"), ("job_arguments", "procrastinate_jobs"),
        ("events", "procrastinate_events"),
    ):  # fmt: skip
        with connection.cursor() as cursor, cursor.copy(f"COPY {table} TO STDOUT") as out:
            seen.add(sink, b"".join(bytes(part) for part in out))
    with connection.cursor() as cursor:
        cursor.execute("SELECT string_agg(search::text, E'\\n') FROM cases_case")
        seen.add("search_index", cursor.fetchone()[0] or "")
    seen.add("sessions", _decoded_sessions())
    seen.add("files", _files(False))
    seen.add("file_names", _files(True))


def _backup(seen: Seen) -> None:
    from huying.audit import queries as audit
    from huying.cli.backup.container import Locks
    from huying.cli.backup.making import make
    from huying.files import storage

    path = _house["data"] / f"huying-{_house['walks']}.age"
    make(path, Locks(passphrase=PASSPHRASE), files=storage.root(), heads=audit.heads_path())
    seen.add("backup", path.read_bytes())
    path.unlink()


def _keep_beside(planted: dict[str, str], world: Any, clock: Time) -> None:
    """What colleagues write beside the case: to the next shift, and as the name of a filter."""
    from urllib.parse import urlencode

    from huying.desk import actions as desk
    from huying.kernel.ids import uuid7

    given: dict[str, Any] = {"unit_id": world.units["centre"].pk, "actor": world.head, "now": clock.now}
    desk.leave_shift(hand_over_id=uuid7(), words=f"给{planted['shift_name']}回话。", facts={}, **given)
    name = planted["filter_name"]
    desk.save_filter(filter_id=uuid7(), name=f"{name}那件", query=urlencode({"q": name}), **given)


# Erasing


def _erase(planted: dict[str, str], world: Any, clock: Time, made: dict[str, Any]) -> None:
    """As people and the house's own jobs erase: taken back by the reporter, blanked on demand, ended by the terms."""
    import asyncio
    import inspect

    from procrastinate.contrib.django import app

    from huying.access import actions as access
    from huying.access.models import CodeAddress
    from huying.cases import actions as cases
    from huying.cases.models import Report
    from huying.desk import actions as desk
    from huying.kernel.actor import system
    from huying.notices.models import Address
    from huying.people import actions as people
    from huying.people.queries import actor_for
    from tests.journeys.person import Person
    from tests.journeys.steps import look_up

    person = made["person"]
    look_up(person, made["code"]).follow("我的联系方式").press("删掉我的联系方式")
    passages = [planted[name] for name in planted if name.startswith(("words_", "place_", "added_", "instruction_",
                "contact_note_", "answer_", "internal_", "feedback_", "remark_", "shift_", "filter_"))]  # fmt: skip
    cases.blank_words(made["case"].pk, passages=passages, actor=world.head, now=clock.now)
    desk.blank_kept(made["case"].pk, passages=passages, actor=world.head, now=clock.now)
    handler = Person.signed_in("handler").client  # the session of days ago has run out
    handler.handler.enforce_csrf_checks = False
    for row in Address.objects.filter(account=world.accounts["handler"]):
        answer = handler.post("/desk/notices/settings/drop/", {"channel": row.channel})
        assert answer.status_code in (200, 302), answer.status_code
    reviewer = actor_for(world.accounts["reviewer"], clock.now)
    for one in CodeAddress.objects.filter(account=world.accounts["reviewer"]):
        access.drop_code_address(address_id=one.pk, actor=reviewer, now=clock.now)
    people.withdraw_talent(code=made["talent_code"], actor=system(), now=clock.now)
    # What still runs is ended, so that the terms begin.
    for report in Report.objects.filter(case__ended_at=None).select_related("case"):
        with contextlib.suppress(Exception):
            cases.transfer_case(report.case_id, receiver="邻街", confirmed=True, actor=world.head, now=clock.now)
    from huying.cases.models import Case

    Case.objects.filter(ended_at=None).update(state="withdrawn", ended_at=clock.now)
    clock.pass_by(days=3 * 366)
    _finish_queue()
    for task in app.tasks.values():
        if getattr(task, "name", "").partition(".")[0] not in ("config", "builtin_tasks", "builtin"):
            parameters = inspect.signature(task.func).parameters
            if list(parameters) == ["timestamp"]:
                done = task.func(timestamp=int(clock.now.timestamp()))
                if inspect.isawaitable(done):
                    asyncio.run(done)  # type: ignore[arg-type]
    from huying.config.jobs import clear_sessions

    clear_sessions.func(timestamp=0)
    _finish_queue()


def _finish_queue() -> None:
    from django.db import connection
    from procrastinate.contrib.django.models import ProcrastinateJob

    from huying.kernel.jobs import deliver
    from huying.notices.actions import send_due

    for _round in range(12):
        jobs = list(ProcrastinateJob.objects.filter(status="todo").order_by("id"))
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo'")
        for job in jobs:
            if job.task_name == "kernel.deliver":
                deliver.func(**job.args)
        send_due(now=_house["clock"].now)
        if not jobs:
            return


def _collect_after(seen: Seen, planted: dict[str, str]) -> None:
    from huying.access.models import CodeAddress
    from huying.notices.models import Address, Delivery, Notice
    from huying.people.models import Contact

    seen.after_columns = {
        name: blob for name, blob in columns().items() if not name.startswith(("procrastinate_", "django_migrations"))
    }
    for sink, label in (("history_after", "audit_history.facts"), ("search_after", "cases_case.search"),
                        ("sessions_after", "django_session.session_data")):  # fmt: skip
        seen.add(sink, seen.after_columns.get(label, b""))
    seen.add("sessions_after", _decoded_sessions())
    seen.add("jobs_after", columns().get("procrastinate_jobs.args", b""))
    seen.add("files_after", _files(False) + _files(True))
    left = {
        "contact": Contact.objects.exclude(name_sealed=None, phone_sealed=None, address_sealed=None).count(),
        "code address": CodeAddress.objects.count(),
        "address": Address.objects.count(),
        "delivery": Delivery.objects.exclude(address=None).count(),
        "notice": Notice.objects.exclude(secret=None).count(),
    }
    for kind, prefixes in (("contact", ("portal_", "desk_", "api_", "skill_")), ("code address", ("code_",)),
                           ("address", ("staff_",)), ("delivery", ("staff_",)), ("notice", ("staff_",))):  # fmt: skip
        if left[kind]:
            for name in planted:
                if name.startswith(prefixes):
                    seen.sealed_after.setdefault(name, []).append(f"{kind}: {left[kind]}")


def _verify(seen: Seen) -> None:
    from huying.audit import actions as audit
    from huying.audit import queries

    audit.seal(now=_house["clock"].now)
    found = queries.verify()
    seen.chain_ok, seen.chain_says = found.ok, " ".join(str(one) for one in found.broken)[:400]


# Limits


def known_tests() -> dict[str, str]:
    """The classes that are there; whether they hold is seen by the suite and by the full form."""
    text = (ROOT / "tests" / "test_limits.py").read_text(encoding="utf-8")
    return dict.fromkeys(re.findall(r"^class (Test\w+)", text, re.M), "there")


def tests_of_limits() -> dict[str, str]:
    """Each class of the limits' tests, run."""
    import subprocess
    import sys

    told = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-rA", "tests/test_limits.py"], cwd=ROOT,
        capture_output=True, text=True, timeout=400, check=False,
    ).stdout  # fmt: skip
    found = known_tests()
    for outcome, name in re.findall(r"^(PASSED|FAILED|ERROR) tests/test_limits\.py::(Test\w+)", told, re.M):
        found[name] = "failed" if outcome != "PASSED" or found[name] == "failed" else "held"
    return found
