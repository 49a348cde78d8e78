"""The kinds of whistles and of exclusions, and healthy numbers of a month, as shipped; loaded where there are none."""

from __future__ import annotations

from datetime import date
from typing import Any

from huying.cases.rules import exclusions
from huying.cases.rules.street_rules import RuleState
from huying.cases.rules.whistles import BANDS, SHIPPED

SINCE = date(2026, 1, 1)


def load(**_signal: Any) -> int:
    """Bring the shipped rows in: after every migration. Says how many were added."""
    from django.conf import settings
    from django.db import connection
    from django.utils.translation import override

    from huying.cases.models import WhistleBand, WhistleKind

    table = WhistleBand._meta.db_table
    if table not in connection.introspection.table_names():
        return 0  # migrated no further than to before whistles
    with connection.cursor() as cursor:
        columns = {one.name for one in connection.introspection.get_table_description(cursor, table)}
    if "hands" not in columns:
        return 0  # … or to before rules were a street's own
    with override(settings.LANGUAGE_CODE):  # what is stored is in the source language
        names = {one.code: str(one.label) for one in SHIPPED}
    kinds = [
        WhistleKind(
            code=one.code, version=1, name=names[one.code], answer_limit=one.answer, arrive_limit=one.arrive,
            callers=list(one.callers), phoned_first=one.phoned_first, valid_from=SINCE, state=RuleState.APPROVED,
        )
        for one in SHIPPED
    ]  # fmt: skip
    bands = [
        WhistleBand(digits=digits, least=least, most=most, valid_from=SINCE, state=RuleState.APPROVED)
        for digits, least, most in BANDS
    ]
    left_out = _exclusion_kinds()
    before = WhistleKind.objects.count() + WhistleBand.objects.count()
    # Two processes that come up together load the same rows once.
    WhistleKind.objects.bulk_create(kinds, ignore_conflicts=True)
    WhistleBand.objects.bulk_create(bands, ignore_conflicts=True)
    return left_out + WhistleKind.objects.count() + WhistleBand.objects.count() - before


def _exclusion_kinds() -> int:
    from django.conf import settings
    from django.utils.translation import override

    from huying.cases.models import ExclusionKind

    with override(settings.LANGUAGE_CODE):
        rows = [
            ExclusionKind(
                code=one.code, version=1, name=str(one.label), needs=str(one.needs), told=str(one.told),
                valid_from=SINCE, state=RuleState.APPROVED,
            )
            for one in exclusions.SHIPPED
        ]  # fmt: skip
    before = ExclusionKind.objects.count()
    ExclusionKind.objects.bulk_create(rows, ignore_conflicts=True)
    return ExclusionKind.objects.count() - before
