"""What this server can do at best: the same middleware, and hardly any product. Mounted only where bench serves.

`rows`: 50 cases by one statement of SQL, to JSON. `inserts`: two rows in one committed transaction. `page`: the same
50 cases in a bare template, as strings that the database has written: no number or date is formatted for a language.
A door of the product is measured against the one that does the same kind of work.
"""

from __future__ import annotations

from typing import Any

import orjson
from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from huying.kernel.doors import public
from huying.kernel.ids import uuid7

_NEWEST = (
    " FROM cases_case WHERE area_code >= %s AND area_code < %s AND state = 'closed' "
    "ORDER BY cases_case.received_at DESC, cases_case.id DESC LIMIT 50"
)
VALUES = "SELECT id, number, title, state, area_code, received_at, due_at, lng, lat" + _NEWEST
WORDS = (
    "SELECT id::text, number, title, state, area_code, to_char(received_at, 'YYYY-MM-DD HH24:MI') AS received_at, "
    "coalesce(to_char(due_at, 'YYYY-MM-DD HH24:MI'), '') AS due_at, coalesce(lng::text, '') AS lng, "
    "coalesce(lat::text, '') AS lat" + _NEWEST
)


def _newest(request: HttpRequest, statement: str) -> tuple[list[str], list[tuple[Any, ...]]]:
    area = request.GET.get("area", "")
    with connection.cursor() as cursor:
        cursor.execute(statement, [area, area + ":"])
        return [one.name for one in cursor.description or ()], cursor.fetchall()


@public
@require_safe
def rows(request: HttpRequest) -> HttpResponse:
    names, found = _newest(request, VALUES)
    body = orjson.dumps([dict(zip(names, one, strict=True)) for one in found])
    return HttpResponse(body, content_type="application/json")


@public
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    names, found = _newest(request, WORDS)
    return render(request, "bench/page.html", {"names": names, "rows": found})


@public
@csrf_exempt
@require_POST
def inserts(request: HttpRequest) -> HttpResponse:
    given = orjson.loads(request.body)
    first, second = uuid7(), uuid7()
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("INSERT INTO bench_first (id, words, at) VALUES (%s, %s, now())", [first, given["words"]])
        cursor.execute(
            "INSERT INTO bench_second (id, first_id, facts) VALUES (%s, %s, %s::jsonb)",
            [second, first, orjson.dumps({"channel": "bench"}).decode()],
        )
    return HttpResponse(orjson.dumps({"id": str(first)}), content_type="application/json", status=201)


urlpatterns = [
    path("rows", rows, name="bench_rows"),
    path("page", page, name="bench_page"),
    path("inserts", inserts, name="bench_inserts"),
]
