"""The street that is crawled, under the settings of a house behind TLS, with one of everything that has an address."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

from prove.frame import ROOT, Run

HOST = "huying.example"
PASSWORD = "green-kite-lantern-7"
ASKED = (
    "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "SESSION_COOKIE_SAMESITE", "CSRF_COOKIE_SECURE",
    "CSRF_COOKIE_HTTPONLY", "CSRF_COOKIE_SAMESITE", "LANGUAGE_COOKIE_SECURE", "LANGUAGE_COOKIE_HTTPONLY",
    "LANGUAGE_COOKIE_SAMESITE", "SECURE_PROXY_SSL_HEADER", "ALLOWED_HOSTS", "MIDDLEWARE", "PROXIES", "RATE",
    "CONTENT_SECURITY_POLICY", "X_FRAME_OPTIONS", "SECURE_REFERRER_POLICY", "PASSWORD_HASHERS",
    "SECURE_CONTENT_TYPE_NOSNIFF", "SESSION_COOKIE_NAME", "CSRF_COOKIE_NAME", "LANGUAGE_COOKIE_NAME",
    "AXES_FAILURE_LIMIT", "DEBUG", "USE_X_FORWARDED_HOST",
)  # fmt: skip


@contextlib.contextmanager
def production(folder: Path) -> Iterator[None]:
    """The settings as the product's own module makes them for a house behind one proxy with TLS."""
    from django.conf import global_settings
    from django.test import override_settings

    code = (
        "import json; from django.conf import global_settings as g; import huying.config.settings as s\n"
        f"names = [n for n in {ASKED!r} if hasattr(s, n) or hasattr(g, n)]\n"
        "print(json.dumps({n: getattr(s, n, getattr(g, n, None)) for n in names}))"
    )
    assert global_settings
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("HUYING_", "DJANGO_", "TESTS_"))}
    data = folder / "data"
    data.mkdir(parents=True, exist_ok=True)
    asked = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={**kept, "PYTHONPATH": str(ROOT / "src"), "HUYING_DATA": str(data), "HUYING_HTTPS": "1",
             "HUYING_PROXIES": "1", "HUYING_HOSTS": f"{HOST},localhost"},
    )  # fmt: skip
    if asked.returncode:
        raise RuntimeError(asked.stderr[-2000:])
    told: dict[str, Any] = json.loads(asked.stdout)
    if told.get("SECURE_PROXY_SSL_HEADER"):
        told["SECURE_PROXY_SSL_HEADER"] = tuple(told["SECURE_PROXY_SSL_HEADER"])
    # The strong hasher only where time is measured.
    told.pop("PASSWORD_HASHERS")
    with override_settings(**told, DATA=data, MASTER_KEY_FILE=data / "master.key"):
        yield


@dataclass
class Made:
    """Who there is, what there is, and clients that are signed in."""

    world: Any
    now: datetime
    accounts: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    clients: dict[str, Any] = field(default_factory=dict)
    folder: Path = Path()
    run: Run | None = None
    kept: dict[str, Any] = field(default_factory=dict)

    def fresh(self, **more: Any) -> Any:
        from django.test import Client

        options = {"HTTP_HOST": HOST, "HTTP_X_FORWARDED_PROTO": "https", "HTTP_X_FORWARDED_FOR": "203.0.113.7", **more}
        return Client(raise_request_exception=False, enforce_csrf_checks=True, **options)

    def client(self, role: str) -> Any:
        """A browser in which this role is signed in; `nobody` is a stranger."""
        from django.conf import settings

        if role not in self.clients:
            one = self.fresh()
            if role != "nobody":
                one.force_login(self.accounts[role], "django.contrib.auth.backends.ModelBackend")
                one.cookies[settings.SESSION_COOKIE_NAME]["secure"] = True  # the test client sets it, not the product
            self.clients[role] = one
        return self.clients[role]


@contextlib.contextmanager
def made(run: Run) -> Iterator[Made]:
    from django.utils import timezone

    from huying.kernel.actor import system
    from huying.people import actions as people
    from huying.people.roles import ROLES
    from tests.world import STREET, build_world

    now = timezone.now()
    world = build_world(now.replace(microsecond=0))
    one = Made(world, now, folder=run.folder, run=run)
    for role in ROLES:
        account = people.create_account(
            username=f"w-{role.code}", name="李示例", area_code=STREET, password=PASSWORD, must_change_password=False,
            actor=system(), now=now,
        )  # fmt: skip
        unit = world.units["sanitation"].pk if role.for_unit else None
        if unit:
            people.appoint(
                account_id=account.pk, organisation_id=unit, post="handler", since=now, actor=system(), now=now
            )
        people.grant_role(
            account_id=account.pk, role_code=role.code, area_code=STREET, unit_id=unit, actor=system(), now=now
        )
        one.accounts[role.code] = account
    _furnish(one)
    yield one


def _furnish(one: Made) -> None:
    """One of each thing that an address can name. A kind that nothing here makes is named by an id that is none."""
    from django.apps import apps

    from huying.cases import actions as cases
    from huying.cases.models import Case, Report
    from huying.clients.actions import make_client
    from huying.desk import actions as desk
    from huying.desk.rules import BatchAct
    from tests.browser.desk_world import photo

    case = Case.objects.get(pk=one.world.call(now=one.now, images=[photo()]).case.pk)
    cases.register_file_dispatch(
        case.pk, lead_id=one.world.units["sanitation"].pk, type_code="0103", grade="ordinary",
        instruction="请今天去看。", actor=one.world.dispatcher, now=one.now,
    )  # fmt: skip
    one.world.call(now=one.now, words="路灯不亮，晚上看不见路。")
    make_client(kind="personal", name="试用程序", duties=["read"], days=30, actor=one.world.head, now=one.now)
    centre = one.world.units["centre"].pk
    desk.save_filter(
        filter_id=uuid4(), name="超时", query="light=red", unit_id=centre, actor=one.world.head, now=one.now
    )
    desk.leave_shift(
        hand_over_id=uuid4(), unit_id=centre, words="请接着催。", facts={}, actor=one.world.clerk, now=one.now
    )
    desk.carry_out(
        batch_id=uuid4(), act=BatchAct.ANSWER, chosen=[(one.world.call(now=one.now).case.pk, None)],
        values={"words": "周三检修。"}, actor=one.world.head, now=one.now,
    )  # fmt: skip
    newest = {}
    for model in apps.get_models():
        if model.__module__.startswith("huying."):
            first = model._default_manager.order_by("pk").first()
            newest[model.__name__] = getattr(first, "pk", None)
    kinds = {
        "report_id": "Report", "case_id": "Case", "file_id": "Attachment", "account_id": "Account",
        "public_id": "PublicNotice",
        "plan_id": "AreaPlan", "draft_id": "ImportDraft", "sign_in_id": "SignIn", "client_id": "Client",
        "order_id": "WorkOrder",
        "notice_id": "Notice", "delivery_id": "Delivery", "wording_id": "Wording", "objection_id": "Objection",
        "review_id": "Review", "item_id": "ReviewItem", "reset_id": "FactorReset", "factor_id": "Factor",
        "address_id": "CodeAddress", "export_id": "Export", "change_id": "BulkChange", "webhook_id": "Webhook",
        "statement_id": "Statement", "scoring_id": "Scoring",
        "organisation_id": "Organisation", "row_id": "Organisation", "talent_id": "Talent", "pk": "Account",
        "filter_id": "SavedFilter", "batch_id": "Batch", "hand_over_id": "HandOver", "shift_id": "HandOver",
        "switch_id": "LimitSwitch", "whistle_id": "Whistle", "emergency_id": "Emergency", "run_id": "TreeRun",
        "errand_id": "Errand", "task_id": "Errand", "version_id": "Knowledge", "answer_id": "Knowledge",
        "ticket_id": "Ticket", "incident_id": "Incident", "hot_id": "HotIssue", "model_id": "TriageModel",
        "campaign_id": "Campaign", "spot_id": "CampaignSpot",
    }  # fmt: skip
    one.values = {name: newest.get(kind) or uuid4() for name, kind in kinds.items()}
    one.values |= {
        "key": "units", "verb": "nudge", "name": "add", "slug": "start", "channel": "sms", "kind": "account",
        "language": "en", "year": one.now.year, "code": "0103", "number": "x", "token": "x" * 43,
        "form": "csv",
    }  # fmt: skip
    one.values["report_id"] = Report.objects.order_by("pk").values_list("pk", flat=True)[0]
