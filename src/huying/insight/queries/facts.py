"""Facts and cells as SQL: the facts of cases as they stand now, and the cells that facts stand in."""

from __future__ import annotations

from typing import Final

from huying.cases.rules import OrderRole, OrderState, State, VisitKind
from huying.cases.rules.whistles import ANSWER, ARRIVE, THING, PartState, WhistleState
from huying.cases.rules.words import CallResult, Channel, ContactKind, Satisfaction
from huying.insight.rules import COUNTS, LEVELS, STEPS, UNCOUNTED, Excluded, Slice
from huying.insight.rules.counts import REPEAT_DAYS, STAGES
from huying.matters.rules import FlowKind, Step

SUMS: Final = ", ".join(f"sum({one})::int AS {one}" for one in COUNTS)
NAMES: Final = ", ".join(COUNTS)
ABOUT: Final = "subject_id, case_id, unit_id, area_code, type_code, month, received_at, ended_at, excluded"

_HERE: Final = f"(f.excluded <> '{Excluded.DECIDED}')"

CELLS: Final = f"""
    SELECT level, left(fine.area_code, level) AS area_code, month, slice, key, sum(rows)::int AS rows, {SUMS}
    FROM (
        SELECT left(f.area_code, {LEVELS[-1]}) AS area_code, f.month, cut.slice, cut.key, sum({{sign}})::int AS rows,
            {", ".join(f"sum({{sign}} * f.{one})::int AS {one}" for one in COUNTS)}
        FROM {{rows}} f
        CROSS JOIN LATERAL (VALUES
            ('{Slice.WHOLE}', CASE WHEN {_HERE} THEN '' END),
            ('{Slice.UNIT}', CASE WHEN {_HERE} THEN f.unit_id::text END),
            ('{Slice.MATTER}', CASE WHEN {_HERE} THEN left(f.type_code, 2) END),
            ('{Slice.EXCLUDED}', CASE WHEN f.subject_id = f.case_id THEN nullif(f.excluded, '') END),
            ('{Slice.ASIDE}', CASE WHEN NOT {_HERE} THEN '' END)
        ) AS cut (slice, key)
        WHERE cut.key IS NOT NULL AND {{which}}
        GROUP BY 1, 2, 3, 4
    ) fine
    JOIN unnest(%(levels)s::int[]) AS level ON level <= length(fine.area_code)
    GROUP BY 1, 2, 3, 4, 5
"""
"""The cells of facts: each once for every level of its area and every slice that it stands in. Facts are added up by
the finest level first, and the others out of these sums."""

_ENDED: Final = {
    State.MERGED: Excluded.MERGED, State.TRANSFERRED: Excluded.TRANSFERRED, State.WITHDRAWN: Excluded.WITHDRAWN,
    State.VOIDED: Excluded.VOIDED,
}  # fmt: skip
_BY_END: Final = " ".join(f"WHEN c.state = '{state}' THEN '{why}'" for state, why in _ENDED.items())
_NEVER: Final = ", ".join(f"'{one}'" for one in UNCOUNTED)
# It is the report that is not counted as a call: a call that waits in the same case is, and the case with it.
_OUTSIDE: Final = f"coalesce(r.source IN ({_NEVER}) OR NOT u.counted, false)"
_FOUND: Final = f"c.channel IN ('{Channel.PATROL}', '{Channel.SENSOR}')"
# More time that was granted changes no rate: it is the first limit that was kept or not.
_IN_TIME: Final = "k.stopped_at <= coalesce(k.first_due_at, k.due_at)"
_CLOCKS: Final = ", ".join(
    f"count(*) FILTER (WHERE k.step = '{step}') AS {step}_of, "
    f"count(*) FILTER (WHERE k.step = '{step}' AND {_IN_TIME}) AS {step}_met"
    for step in (*STEPS, *STAGES)
    if step != Step.SIGN_IN
)
_STEPS: Final = ", ".join(
    f"0 AS {step}_{part}" if step == Step.SIGN_IN else f"k.{step}_{part}"
    for step in (*STEPS, *STAGES)
    for part in ("of", "met")
)
# Another type takes stages away before they are done: such a clock was stopped, and nothing was walked.
_DROPPED: Final = """
    k.step LIKE 'stage%%' AND EXISTS (
        SELECT FROM audit_history h
        WHERE h.object_id = c.id AND h.kind = 'case' AND h.at = k.stopped_at AND h.facts ? 'type_new'
    )
"""
_OF_A_WHISTLE: Final = {
    "whistle_answer_of": "p.answer_of", "whistle_answer_met": "p.answer_met", "whistle_arrive_of": "p.arrive_of",
    "whistle_arrive_met": "p.arrive_met", "whistles": "p.whistles", "whistles_closed": "p.closed",
}  # fmt: skip
_NO_WHISTLES: Final = ", ".join(f"0 AS {one}" for one in _OF_A_WHISTLE)
_ANYWAY: Final = frozenset({"patrols", "patrols_valid", "filed", "filed_valid"})
# What two persons left out keeps its counts, so that the figures before are told beside those after.
_COUNTED: Final = f"excluded IN ('', '{Excluded.DECIDED}')"
_KEPT: Final = ", ".join(
    f"CASE WHEN {_COUNTED} OR {one in _ANYWAY} AND excluded = '{Excluded.VOIDED}' THEN {one} ELSE 0 END"
    for one in COUNTS
)
MONTH: Final = "to_char(c.ended_at AT TIME ZONE 'Asia/Shanghai', 'YYYYMM')::int"
ENDED: Final = "c.ended_at IS NOT NULL AND NOT c.restricted"

OF_CASES: Final = f"""
SELECT {ABOUT}, version, {_KEPT} FROM (
    SELECT c.id AS subject_id, c.id AS case_id, lead.unit_id, c.area_code, c.type_code, {MONTH} AS month, c.received_at,
        c.ended_at, c.version,
        CASE WHEN c.imported THEN '{Excluded.IMPORTED}' WHEN c.drill THEN '{Excluded.DRILL}'
            WHEN (
                SELECT bool_or({_OUTSIDE}) AND NOT bool_or(NOT {_OUTSIDE} AND r.withdrawn_at IS NULL)
                FROM cases_report r LEFT JOIN cases_source u ON u.code = r.source WHERE r.case_id = c.id
            )
            THEN '{Excluded.SOURCE}' {_BY_END} WHEN c.excluded THEN '{Excluded.DECIDED}' ELSE '' END AS excluded,
        1 AS cases, (c.state = '{State.CLOSED}')::int AS closed, k.contact_due, k.contact_met,
        v.reached, v.solved, v.first_solved,
        CASE WHEN t.scored IS FALSE THEN 0 ELSE v.rated END AS rated,
        CASE WHEN t.scored IS FALSE THEN 0 ELSE v.satisfied END AS satisfied,
        CASE WHEN t.scored IS FALSE THEN 0 ELSE v.fair END AS fair,
        {_STEPS},
        (a.written > 0)::int AS submitted, (a.written > 0 AND (a.sent_back > 0 OR s.failed > 0))::int AS reworked,
        (o.leads > 0)::int AS dispatched, (o.leads > 0 AND o.first_units <= 1)::int AS directed,
        (length(c.area_code) >= 15 AND c.type_code <> '')::int AS placed, 0 AS repeated,
        (c.flow = '{FlowKind.SELF}' AND s.checked > 0)::int AS self_checked,
        (c.flow = '{FlowKind.SELF}' AND s.checked > 0 AND s.failed = 0)::int AS self_passed,
        ({_FOUND} OR c.flow = '{FlowKind.SELF}')::int AS self_found,
        (c.flow = '{FlowKind.CITY}')::int AS city, (c.flow = '{FlowKind.CITY}' AND {_FOUND})::int AS city_found,
        (c.channel = '{Channel.PATROL}')::int AS patrols,
        (c.channel = '{Channel.PATROL}' AND c.state NOT IN ('{State.VOIDED}', '{State.DECLINED}'))::int
            AS patrols_valid,
        (o.leads > 0 OR k.dispatch_of > 0)::int AS filed,
        ((o.leads > 0 OR k.dispatch_of > 0) AND c.state <> '{State.VOIDED}')::int AS filed_valid,
        0 AS orders, 0 AS returned, 0 AS leads, 0 AS leads_completed, {_NO_WHISTLES}
    FROM cases_case c
    LEFT JOIN matters_catalogueversion b ON b.number = c.catalogue_version
    LEFT JOIN matters_mattertype t ON t.version_id = b.id AND t.code = c.type_code
    LEFT JOIN LATERAL (
        SELECT w.unit_id FROM cases_workorder w
        WHERE w.case_id = c.id AND w.role = '{OrderRole.LEAD}'
            AND w.state NOT IN ('{OrderState.RETURNED}', '{OrderState.CANCELLED}')
        ORDER BY w.round DESC, w.offered_at DESC, w.id LIMIT 1
    ) lead ON true
    CROSS JOIN LATERAL (
        SELECT count(*) AS leads, count(DISTINCT w.unit_id) FILTER (WHERE w.round = 1) AS first_units
        FROM cases_workorder w WHERE w.case_id = c.id AND w.role = '{OrderRole.LEAD}'
    ) o
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE k.step = '{Step.FIRST_CONTACT}') AS contact_due,
            count(*) FILTER (WHERE k.step = '{Step.FIRST_CONTACT}' AND {_IN_TIME} AND EXISTS (
                SELECT FROM cases_contactattempt m
                WHERE m.case_id = c.id AND m.kind = '{ContactKind.FIRST}' AND m.made_at = k.stopped_at
            )) AS contact_met, {_CLOCKS}
        FROM clocks_clock k
        WHERE k.object_id = c.id AND k.object_kind = 'case' AND k.stopped_at IS NOT NULL AND NOT k.imported
            AND NOT ({_DROPPED})
    ) k
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE heard) AS reached, count(*) FILTER (WHERE last_solved) AS solved,
            count(*) FILTER (WHERE first_solved AND NOT unsolved) AS first_solved,
            count(said) AS rated, count(*) FILTER (WHERE said = '{Satisfaction.SATISFIED}') AS satisfied,
            count(*) FILTER (WHERE said = '{Satisfaction.FAIR}') AS fair
        FROM cases_report r
        LEFT JOIN cases_source u ON u.code = r.source
        CROSS JOIN LATERAL (
            SELECT count(*) > 0 OR EXISTS (
                    SELECT FROM cases_contactattempt m WHERE m.case_id = c.id AND m.kind = '{ContactKind.CALL_BACK}'
                        AND m.report_id = r.id AND m.result = '{CallResult.REACHED}'
                ) AS heard,
                (array_agg(f.solved ORDER BY f.round DESC, f.said_at DESC) FILTER (WHERE f.solved IS NOT NULL))[1]
                    AS last_solved,
                (array_agg(f.satisfaction ORDER BY f.round DESC, f.said_at DESC)
                    FILTER (WHERE f.satisfaction <> ''))[1] AS said,
                coalesce(bool_or(f.solved AND f.round = 1), false) AS first_solved,
                coalesce(bool_or(NOT f.solved), false) AS unsolved
            FROM cases_feedback f WHERE f.case_id = c.id AND f.report_id = r.id
        ) told
        WHERE r.case_id = c.id AND r.withdrawn_at IS NULL AND NOT {_OUTSIDE}
    ) v
    CROSS JOIN LATERAL (
        SELECT count(*) AS written, count(w.sent_back_at) AS sent_back FROM cases_answer w WHERE w.case_id = c.id
    ) a
    CROSS JOIN LATERAL (
        SELECT count(*) AS checked, count(*) FILTER (WHERE NOT w.good) AS failed
        FROM cases_sitevisit w WHERE w.case_id = c.id AND w.kind = '{VisitKind.CHECK}'
    ) s
    WHERE {ENDED} AND c.id = ANY(%(ids)s)
    OFFSET 0
) standing
"""
"""Facts of these cases, one row each, `repeated` still empty. Without the OFFSET the planner would put the look whether
a case is excluded into each of the counts that ask for it, and so look seventy times."""

_OF_AN_ORDER: Final = {
    "orders": "1",
    "returned": f"(w.state = '{OrderState.RETURNED}')::int",
    "leads": f"(w.role = '{OrderRole.LEAD}')::int",
    "leads_completed": f"(w.role = '{OrderRole.LEAD}' AND w.state = '{OrderState.COMPLETED}')::int",
    "sign_in_of": "k.sign_in_of",
    "sign_in_met": "k.sign_in_met",
}
OF_ORDERS: Final = f"""
SELECT w.id, w.case_id, w.unit_id, f.area_code, f.type_code, f.month, f.received_at, f.ended_at, f.excluded, f.version,
    {", ".join(_OF_AN_ORDER.get(one, "0") for one in COUNTS)}
FROM insight_fact f
JOIN cases_workorder w ON w.case_id = f.case_id
CROSS JOIN LATERAL (
    SELECT count(*) AS sign_in_of, count(*) FILTER (WHERE {_IN_TIME}) AS sign_in_met
    FROM clocks_clock k
    WHERE k.object_id = w.id AND k.object_kind = 'order' AND k.step = '{Step.SIGN_IN}' AND k.stopped_at IS NOT NULL
        AND NOT k.imported
) k
WHERE f.subject_id = f.case_id AND f.{_COUNTED} AND w.state <> '{OrderState.CANCELLED}' AND f.case_id = ANY(%(ids)s)
"""
"""Facts of the orders of cases whose own facts are there."""

_LET_GO: Final = ", ".join(f"'{one}'" for one in (PartState.NAMED, PartState.RELEASED, PartState.CANCELLED))
_ANSWERED_AT: Final = "coalesce(part.answered_at, part.arrived_at)"
OF_WHISTLES: Final = f"""
SELECT p.id, f.case_id, p.unit_id, f.area_code, f.type_code, f.month, f.received_at, f.ended_at, f.excluded, f.version,
    {", ".join(_OF_A_WHISTLE.get(one, "0") for one in COUNTS)}
FROM insight_fact f
JOIN cases_case c ON c.id = f.case_id AND c.whistled
CROSS JOIN LATERAL (
    SELECT w.id, w.caller_unit_id AS unit_id, 0 AS answer_of, 0 AS answer_met, 0 AS arrive_of, 0 AS arrive_met,
        1 AS whistles, (w.state IN ('{WhistleState.ENDED}', '{WhistleState.RATED}'))::int AS closed
    FROM cases_whistle w WHERE w.case_id = f.case_id AND w.blown_at IS NOT NULL
    UNION ALL
    SELECT part.id, part.unit_id,
        count(*) FILTER (WHERE k.step = '{ANSWER}')::int,
        count(*) FILTER (WHERE k.step = '{ANSWER}' AND {_ANSWERED_AT} <= coalesce(k.first_due_at, k.due_at))::int,
        count(*) FILTER (WHERE k.step = '{ARRIVE}')::int,
        count(*) FILTER (WHERE k.step = '{ARRIVE}' AND part.arrived_at <= coalesce(k.first_due_at, k.due_at))::int,
        0, 0
    FROM cases_whistle w
    JOIN cases_whistlepart part ON part.whistle_id = w.id AND part.state NOT IN ({_LET_GO})
    JOIN clocks_clock k ON k.object_id = part.id AND k.object_kind = '{THING}' AND k.stopped_at IS NOT NULL
    WHERE w.case_id = f.case_id AND w.blown_at IS NOT NULL
    GROUP BY part.id, part.unit_id
) p
WHERE f.subject_id = f.case_id AND f.{_COUNTED} AND f.case_id = ANY(%(ids)s)
"""
"""Facts of the whistles of cases whose own facts are there: one for each that went out, under the unit that called,
and one for each called unit with a clock that stands; a unit whose objection was upheld was not called."""

NEAR: Final = f"""
SELECT f.case_id FROM insight_fact e JOIN insight_fact f
    ON f.area_code = e.area_code AND f.type_code = e.type_code AND f.placed = 1
    AND f.received_at >= e.ended_at AND f.received_at < e.ended_at + interval '{REPEAT_DAYS} days'
    AND f.ended_at >= e.ended_at
WHERE e.case_id = ANY(%(ids)s) AND e.placed = 1 AND e.closed = 1
"""
"""Cases of the same matter and place that came within the days after one of these ended."""

REPEATED: Final = f"""
EXISTS (
    SELECT FROM insight_fact e
    WHERE e.area_code = f.area_code AND e.type_code = f.type_code AND e.placed = 1 AND e.closed = 1
        AND e.ended_at <= f.received_at AND e.ended_at > f.received_at - interval '{REPEAT_DAYS} days'
        AND e.subject_id <> f.subject_id
)
"""

AGAIN: Final = (
    f"UPDATE insight_fact f SET repeated = found.again::int FROM (SELECT f.id, {REPEATED} AS again "
    "FROM insight_fact f WHERE {which} AND f.placed = 1) found WHERE f.id = found.id AND f.repeated <> found.again::int"
)
"""Say of facts whether the same matter came again."""

STALE: Final = f"""
SELECT coalesce(c.id, f.case_id)
FROM (SELECT c.id, c.version, c.area_code, c.type_code FROM cases_case c WHERE {ENDED}) c
FULL JOIN (SELECT case_id, version, area_code, type_code FROM insight_fact WHERE subject_id = case_id) f
    ON f.case_id = c.id
WHERE c.id IS NULL OR f.case_id IS NULL
    OR (c.version, c.area_code, c.type_code) IS DISTINCT FROM (f.version, f.area_code, f.type_code)
ORDER BY 1
"""
"""Cases whose facts are missing, old or of no case that counts any more: as they came in, so that a batch of them and
all that hangs on them lie close together."""

OF_SOURCES: Final = f"""
SELECT f.id FROM cases_source u
JOIN cases_report r ON r.source = u.code
JOIN insight_fact f ON f.case_id = r.case_id AND f.subject_id = f.case_id
WHERE u.id = ANY(%(ids)s) AND f.excluded NOT IN ('{Excluded.IMPORTED}', '{Excluded.DRILL}') AND (
    u.counted = (f.excluded = '{Excluded.SOURCE}')
    OR EXISTS (SELECT FROM cases_report o WHERE o.case_id = r.case_id AND o.source <> r.source)
)
"""
"""Facts that stand as these sources were counted before, or that may where reports of others are in the same case;
what is left out as imported or a drill is so anyway."""
