"""Staff pages of the catalogue: classes and types, a type, the duty list, versions, import and export."""

from __future__ import annotations

import base64
from collections import Counter
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from huying.kernel.actor import Actor
from huying.kernel.doors import actor_of, attempt, now_of, staff
from huying.kernel.refusals import NotFound
from huying.kernel.terms import Label, _, clauses, listed
from huying.matters import actions, queries
from huying.matters.forms import KEPT_LIMIT, ApproveForm, DraftForm, ImportForm, RevisionForm, SendBackForm, TypeForm
from huying.matters.models import CatalogueVersion, DutyEntry, MatterType
from huying.matters.queries import Snapshot
from huying.matters.rules import DutyKind, Step, VersionState, VersionVerb
from huying.matters.rules.book import Change
from huying.matters.rules.stages import stages_of
from huying.matters.rules.versions import FLOW
from huying.matters.sheets import write_book
from huying.people import queries as people
from huying.people.rules import Duty

TONES = {
    VersionState.DRAFT: "doing",
    VersionState.SUBMITTED: "wait",
    VersionState.APPROVED: "review",
    VersionState.IN_FORCE: "done",
}
SHOWN_PROBLEMS = 200


@dataclass(frozen=True)
class Row:
    """A type in the table: its first unit, its handling limit, and what the draft does to it."""

    type: MatterType
    unit: str
    limit: str
    change: Change | None


@dataclass(frozen=True)
class Signature:
    """A step of the way of a version: who did it and when, or who is still to do it."""

    words: Label
    who: str
    at: Any
    tone: str


@require_GET
@staff()
def catalogue(request: HttpRequest) -> HttpResponse:
    """The version in force: classes, the types of one, the chosen type, and the version in the making beside it."""
    actor = actor_of(request)
    shown = _shown(actor, request.GET.get("version", ""))
    draft = queries.draft(actor)
    context: dict[str, Any] = {
        "shown": shown.version if shown else None,
        "draft": draft,
        "versions": _version_lines(actor),
        "draft_form": DraftForm(),
        "may_draft": actor.has(Duty.ADMIN_MATTERS),
    }
    changes = queries.changes_of(draft) if draft is not None else []
    if shown is not None:
        context |= _classes(request, shown, changes)
    if draft is not None:
        context |= _making(actor, draft, changes, request)
    return render(request, "matters/catalogue.html", context)


def _shown(actor: Actor, number: str) -> Snapshot | None:
    """The version that the address names, or the one in force."""
    if number:
        return queries.read_version(queries.version(actor, number))
    return queries.snapshot()


def _classes(request: HttpRequest, shown: Snapshot, changes: list[Change]) -> dict[str, Any]:
    counts = Counter(one.class_code for one in shown.active)
    touched = {one.class_code for one in changes}
    code = request.GET.get("type", "")
    chosen = shown.types.get(code)
    class_code = chosen.class_code if chosen else request.GET.get("class", "") or (
        shown.classes[0].code if shown.classes else ""
    )  # fmt: skip
    rows = [one for one in shown.types.values() if one.class_code == class_code]
    if chosen is None and rows:
        chosen = rows[0]
    by_code = {one.key: one for one in changes if one.sheet == "types"}
    return {
        "classes": [(one, counts[one.code], one.code == class_code, one.code in touched) for one in shown.classes],
        "count": len(shown.active),
        "class_name": next((one.name for one in shown.classes if one.code == class_code), ""),
        "rows": [
            Row(one, one.units[0] if one.units else "", _handling(shown, one), by_code.get(one.code)) for one in rows
        ],
        "new_rows": [one for key, one in by_code.items() if one.kind == "new" and key[:2] == class_code],
        "chosen": chosen,
        "facts": _facts(shown, chosen) if chosen else [],
    }


def _handling(shown: Snapshot, one: MatterType) -> str:
    return queries.limit_in(shown, one.code, Step.HANDLE, one.grade).limit.words()


def _facts(shown: Snapshot, one: MatterType) -> list[tuple[Label, str]]:
    """A type's rules as terms and words, for reading."""
    labels = one.labels
    told: list[tuple[Label, str]] = [
        (_("立案条件"), one.filing_condition),
        (_("结案条件"), one.closing_condition),
        (_("凭证要求"), one.proof),
        (_("回访与核查"), clauses([labels["call_back"], labels["check"]])),
        (_("责任单位"), listed(one.units)),
        (_("履职依据"), _("%(clause)s：%(text)s") % {"clause": one.clause, "text": one.duty_entry.text}),
        (_("常用说法"), listed(one.words)),
    ]
    if one.danger_words:
        told.append((_("危险说法"), f"{listed(one.danger_words)} · {one.danger}"))
    if one.advice:
        told.append((_("等待时的提示"), one.advice))
    if one.stages:
        told.append((_("分段时限"), listed(f"{each.name} {each.limit.words()}" for each in stages_of(one.stages))))
    return told


def _version_lines(actor: Actor) -> list[dict[str, Any]]:
    lines = []
    for one in queries.versions_seen_by(actor):
        lines.append({"version": one, "tone": TONES.get(VersionState(one.state), "back"), "words": one.state_label})
    return lines


def _making(actor: Actor, draft: CatalogueVersion, changes: list[Change], request: HttpRequest) -> dict[str, Any]:
    """The version in the making: what it changes, who signed, and the moves that this person may make now."""
    state = VersionState(draft.state)
    may = {
        move.verb.value
        for move in FLOW
        if state in move.sources and move.duty is not None and actor.may(move.duty, draft.area_code)
    }
    hands = {draft.made_by, *draft.editors}
    if actor.id in hands:
        may -= {VersionVerb.APPROVE.value}
    if not changes:
        may -= {VersionVerb.SUBMIT.value}
    today = timezone.localdate(now_of(request))
    return {
        "changes": changes,
        "counts": Counter(one.kind for one in changes),
        "may": may,
        "own_hand": actor.id in hands and actor.may(Duty.APPROVE_MATTERS, draft.area_code),
        "signatures": _signatures(draft),
        "approve_form": ApproveForm(initial={"revision": draft.revision, "valid_from": today}),
        "send_back_form": SendBackForm(),
        "draft_tone": TONES.get(state, "back"),
    }


def _signatures(draft: CatalogueVersion) -> list[Signature]:
    ids = [one for one in (draft.made_by, draft.approved_by) if one is not None]
    names = people.names_of(ids)
    made = names.get(draft.made_by, "") if draft.made_by else str(_("系统"))
    lines = [Signature(_("起草"), made, draft.made_at, "done")]
    if draft.approved_at is not None:
        who = names.get(draft.approved_by, "") if draft.approved_by else str(_("系统"))
        lines.append(Signature(_("审定"), who, draft.approved_at, "done"))
    else:
        lines.append(Signature(_("审定"), str(_("须由另一位同事")), None, "wait"))
    return lines


@require_http_methods(["GET", "POST"])
@staff()
def matter_type(request: HttpRequest, code: str) -> HttpResponse:
    """One type: to read in any version, to change in a draft."""
    actor = actor_of(request)
    number = request.GET.get("version", "")
    shown = _shown(actor, number)
    found = shown.types.get(code) if shown else None
    if shown is None or found is None:
        raise NotFound("matter-type")
    version = shown.version
    limits = [(one.step, one.grade, one.limit) for one in shown.limits_of(code)]
    editable = version.state == VersionState.DRAFT and actor.may(Duty.ADMIN_MATTERS, version.area_code)
    form = None
    if request.method == "POST" or editable:
        initial = TypeForm.initial_of(queries.type_row(found), limits, version)
        form = TypeForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form is not None and form.is_valid():
        values = form.cleaned_data
        done = attempt(
            form,
            lambda: actions.change_type(
                version_id=version.pk, code=code, changes=form.changes(), limits=values["limits"],
                revision=values["revision"], actor=actor, now=now_of(request),
            ),
        )  # fmt: skip
        if done is not None:
            messages.success(request, _("已改好，记在草稿里。"))
            return redirect(f"{reverse('matters:type', args=[code])}?version={version.number}")
    return render(
        request,
        "matters/type.html",
        {
            "shown": version,
            "tone": TONES.get(VersionState(version.state), "back"),
            "chosen": found,
            "facts": _facts(shown, found),
            "limits": _limit_lines(shown, found),
            "form": form,
            "groups": _form_groups(form) if form else [],
            "draft": queries.draft(actor),
            "near": [one for one in shown.types.values() if one.class_code == found.class_code and one is not found],
        },
        status=422 if form is not None and form.errors else 200,
    )


def _limit_lines(shown: Snapshot, one: MatterType) -> list[dict[str, Any]]:
    """Each step's limit at the type's grade, and where it is written."""
    lines = []
    for step in Step:
        row = queries.limit_in(shown, one.code, step, one.grade)
        lines.append({"step": step.label, "words": row.limit.words(), "source": row.source})
    return lines


def _form_groups(form: TypeForm) -> list[tuple[Label, list[Any]]]:
    """The form's fields under four heads."""
    heads: list[tuple[Label, tuple[str, ...]]] = [
        (_("归谁办"), ("name", "lowest_tier", "units", "duty_kind", "duty_number")),
        (_("怎么办"), ("grade", "flow", "check_policy", "call_back_policy", "limits", "stages")),
        (_("何时立案和结案"), ("filing_condition", "closing_condition", "proof", "advice")),
        (_("怎么认出来"), ("words", "danger", "danger_words")),
        (_("开关"), ("confidential", "scored", "self_handle", "public", "active")),
    ]
    return [(head, [form[name] for name in names]) for head, names in heads]


@require_GET
@staff()
def duties(request: HttpRequest) -> HttpResponse:
    """The duty list: three kinds of entries, each with the types that rest on it."""
    shown = _shown(actor_of(request), request.GET.get("version", ""))
    if shown is None:
        return render(request, "matters/duties.html", {"shown": None})
    kind = request.GET.get("kind", "")
    kinds = [one for one in DutyKind if one == kind] or list(DutyKind)
    types: dict[int, list[MatterType]] = {}
    for one in shown.active:
        types.setdefault(one.duty_entry_id, []).append(one)
    tabs = [{"words": _("全部"), "url": "?", "count": len(shown.duties), "current": not kind}]
    tabs += [
        {
            "words": one.label,
            "url": f"?kind={one.value}",
            "count": sum(entry.kind == one for entry in shown.duties),
            "current": one == kind,
        }
        for one in DutyKind
    ]
    return render(
        request,
        "matters/duties.html",
        {
            "shown": shown.version,
            "tabs": tabs,
            "groups": [(one.label, _entries(shown.duties, one, types)) for one in kinds],
        },
    )


def _entries(
    entries: list[DutyEntry], kind: DutyKind, types: dict[int, list[MatterType]]
) -> list[tuple[DutyEntry, list[MatterType]]]:
    return [(one, types.get(one.pk, [])) for one in entries if one.kind == kind]


@require_GET
@staff()
def version(request: HttpRequest, number: str) -> HttpResponse:
    """What one version changes against the one before, row by row."""
    actor = actor_of(request)
    found = queries.version(actor, number)
    changes = queries.changes_of(found)
    context = {"shown": found, "tone": TONES.get(VersionState(found.state), "back"), "changes": changes}
    context |= _making(actor, found, changes, request)
    return render(request, "matters/version.html", context)


@require_GET
@staff()
def export(request: HttpRequest, number: str) -> HttpResponse:
    """A version as a workbook."""
    found = queries.version(actor_of(request), number)
    data = write_book(queries.read_version(found).book)
    response = HttpResponse(data, content_type="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet")
    name = _("入格事项清单 %(number)s.xlsx") % {"number": found.number}
    response["Content-Disposition"] = content_disposition_header(True, str(name)) or "attachment"
    return response


@require_POST
@staff(duty=Duty.ADMIN_MATTERS)
def make_draft(request: HttpRequest) -> HttpResponse:
    form = DraftForm(request.POST)
    area = next(iter(actor_of(request).areas(Duty.ADMIN_MATTERS)), "")
    done = None
    if form.is_valid():
        done = attempt(
            form,
            lambda: actions.make_draft(
                reason=form.cleaned_data["reason"], area_code=area, actor=actor_of(request), now=now_of(request)
            ),
        )
    return _after(request, form, done, _("草稿已建好。现在可以改事项，或导入表格。"))


@require_POST
@staff(duty=Duty.ADMIN_MATTERS)
def submit(request: HttpRequest, number: str) -> HttpResponse:
    found = queries.version(actor_of(request), number)
    form = RevisionForm(request.POST)
    done = None
    if form.is_valid():
        done = attempt(
            form,
            lambda: actions.submit_version(
                version_id=found.pk,
                revision=form.cleaned_data["revision"],
                actor=actor_of(request),
                now=now_of(request),
            ),
        )
    return _after(request, form, done, _("已送审。请另一位同事审定。"))


@require_POST
@staff(duty=Duty.APPROVE_MATTERS)
def approve(request: HttpRequest, number: str) -> HttpResponse:
    found = queries.version(actor_of(request), number)
    form = ApproveForm(request.POST)
    done = None
    if form.is_valid():
        values = form.cleaned_data
        done = attempt(
            form,
            lambda: actions.approve_version(
                version_id=found.pk, valid_from=values["valid_from"], revision=values["revision"],
                actor=actor_of(request), now=now_of(request),
            ),
        )  # fmt: skip
    today = timezone.localdate(now_of(request))
    return _after(request, form, done, _begun(done, today) if done is not None else "")


def _begun(version: CatalogueVersion, today: date) -> Label:
    if version.valid_from is not None and version.valid_from > today:
        return _("已审定，%(day)s 起执行。") % {"day": version.valid_from}
    return _("已审定，现在起执行。在办的件仍按立案时的版本计时。")


@require_POST
@staff(duty=Duty.APPROVE_MATTERS)
def send_back(request: HttpRequest, number: str) -> HttpResponse:
    found = queries.version(actor_of(request), number)
    form = SendBackForm(request.POST)
    done = None
    if form.is_valid():
        done = attempt(
            form,
            lambda: actions.send_back_version(
                version_id=found.pk, words=form.cleaned_data["words"], actor=actor_of(request), now=now_of(request)
            ),
        )
    return _after(request, form, done, _("已退回，起草人会看到您写的话。"))


@require_POST
@staff(duty=Duty.ADMIN_MATTERS)
def drop(request: HttpRequest, number: str) -> HttpResponse:
    found = queries.version(actor_of(request), number)
    form = RevisionForm(request.POST)
    done = attempt(
        form, lambda: actions.drop_version(version_id=found.pk, actor=actor_of(request), now=now_of(request))
    )
    return _after(request, form, done, _("这一版已作废，没有执行过。"))


def _after(request: HttpRequest, form: Any, done: object | None, words: Label) -> HttpResponse:
    """Back to the catalogue with what was done, or with why it was not."""
    if done is not None:
        messages.success(request, str(words))
    else:
        for lines in form.errors.values():
            for line in lines:
                messages.error(request, line)
    return redirect("matters:catalogue")


@require_http_methods(["GET", "POST"])
@staff(duty=Duty.ADMIN_MATTERS)
def import_sheet(request: HttpRequest, number: str) -> HttpResponse:
    """Read a workbook into a draft: first a dry run with every problem and change, then the writing."""
    actor = actor_of(request)
    found = queries.version(actor, number)
    form = ImportForm(request.POST or None, request.FILES or None, initial={"revision": found.revision})
    done: actions.Imported | None = None
    kept = ""
    if request.method == "POST" and form.is_valid():
        done, kept = _imported(form, found, actor, request)
        if done is not None and done.written:
            messages.success(request, _("已写入草稿。请核对改动，再送审。"))
            return redirect("matters:version", number=number)
    return render(
        request,
        "matters/import.html",
        {
            "shown": found,
            "form": form,
            "done": done,
            "kept": kept,
            "problems": done.problems[:SHOWN_PROBLEMS] if done else [],
            "more_problems": max(0, len(done.problems) - SHOWN_PROBLEMS) if done else 0,
            "revision": found.revision,
        },
        status=422 if form.errors or (done is not None and done.problems) else 200,
    )


def _imported(
    form: ImportForm, found: CatalogueVersion, actor: Actor, request: HttpRequest
) -> tuple[actions.Imported | None, str]:
    data = b""

    def act() -> actions.Imported:
        nonlocal data
        data = form.data_bytes()
        return actions.import_sheets(
            version_id=found.pk, data=data, dry_run=not form.cleaned_data["write"],
            revision=form.cleaned_data["revision"], actor=actor, now=now_of(request),
        )  # fmt: skip

    done = attempt(form, act)
    kept = base64.b64encode(data).decode("ascii") if done is not None and len(data) <= KEPT_LIMIT else ""
    return done, kept
