"""What every form of a move shares: the case as a form looks at it, the client key, and how fields are laid out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, ClassVar, cast
from uuid import UUID

from django import forms
from django.forms import BoundField
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict

from huying.cases.actions import Docket, Knowledge
from huying.cases.forms.looking import Looked
from huying.cases.models import Addition, Case, Errand, Remark, Report, SiteVisit
from huying.cases.queries import page
from huying.cases.queries.page import CaseRows
from huying.cases.queries.suggesting import types_for
from huying.cases.rules import ENDS
from huying.files import queries as files
from huying.files.forms import FilesField, HoldsImages, ImagesField, PapersField, joined
from huying.files.models import Attachment
from huying.kernel.actor import Actor
from huying.kernel.ids import uuid7
from huying.kernel.terms import Label, _
from huying.kernel.text import BIDI, TextField
from huying.matters.models import MatterType
from huying.people.queries import Named, masked_of, named


class DocketRows(CaseRows):
    """The rows of an opened docket: what it has not read by itself is read when a form asks for it."""

    def __init__(self, docket: Docket) -> None:
        self.docket = docket

    def __getattr__(self, name: str) -> Any:
        case = self.docket.case
        if name == "additions":
            found: Any = list(Addition.objects.filter(report__case=case).order_by("added_at", "id"))
        elif name in ("visits", "remarks"):
            model = SiteVisit if name == "visits" else Remark
            found = list(model._default_manager.filter(case=case).order_by("made_at", "id"))
        elif name in CaseRows.__dataclass_fields__:
            found = getattr(self.docket, name)
        else:
            raise AttributeError(name)
        setattr(self, name, found)
        return found


@dataclass
class Subject:
    """One case, who looks at it and when: what forms and the page read; nothing is asked of the database twice."""

    rows: CaseRows
    actor: Actor
    now: datetime
    names: dict[UUID, Named] | None = None
    hides_callers: bool = False

    def __post_init__(self) -> None:
        rows = self.rows
        if isinstance(rows, DocketRows):
            self.docket = rows.docket
            return
        self.docket = Docket(
            case=rows.case,
            knowledge=Knowledge(),
            orders=rows.orders,
            reports=rows.reports,
            clocks=rows.clocks,
            _answers=rows.answers,
            _attempts=rows.attempts,
            _feedback=rows.feedback,
            _approvals=rows.approvals,
            _recusals=rows.recusals,
        )

    @property
    def case(self) -> Case:
        return self.rows.case

    @property
    def type(self) -> MatterType | None:
        return self.docket.type

    @cached_property
    def hinted_type(self) -> str:
        """The case's own type, else the one that the words point to most, else none."""
        if self.case.type_code:
            return self.case.type_code
        said = " ".join(report.words for report in self.rows.reports)
        found = types_for(said, self.case.area_code, top=1).types
        return found[0].type.code if found else ""

    @cached_property
    def near(self) -> list[Case]:
        """Open cases of the same matter and place."""
        return page.near(self.case, self.hinted_type, self.actor) if self.case.state not in ENDS else []

    @cached_property
    def files(self) -> list[Attachment]:
        return page.files_of(self.rows)

    @cached_property
    def photos(self) -> list[Attachment]:
        return files.photos_in(self.files)

    @cached_property
    def firms(self) -> dict[str, str]:
        """Who is outside, by the errands that the case's history names."""
        rows = Errand.objects.filter(case=self.case).values_list("pk", "firm")
        return {str(pk): firm for pk, firm in rows}

    def people(self) -> set[UUID]:
        """Everybody of the staff that the rows name."""
        rows = self.rows
        found: set[UUID | None] = {one.handler_id for one in rows.orders}
        found |= {one.written_by for one in rows.answers} | {one.signed_by for one in rows.answers}
        found |= {one.made_by for one in rows.attempts} | {one.made_by for one in rows.visits}
        found |= {one.asked_by for one in rows.approvals} | {one.decided_by for one in rows.approvals}
        given = (one.facts.get("handler") for one in getattr(rows, "lines", ()))
        found |= {UUID(one) for one in given if one}
        return {one for one in found if one is not None}

    def who(self, account_id: UUID | None) -> str:
        """A member of the staff with post; nobody's name where it is not known."""
        if self.names is None:
            self.names = named(self.people())
        found = self.names.get(account_id) if account_id is not None else None
        return str(found) if found is not None else str(_("工作人员"))

    def caller(self, report: Report) -> str:
        """A caller as the page shows them: masked, or hidden from outsiders."""
        if report.contact is None:
            return str(_("匿名"))
        if self.hides_callers:
            return str(_("已隐去"))
        masked = masked_of(report.contact)
        return " ".join(part for part in (masked.name, masked.phone) if part)


@dataclass(frozen=True)
class Part:
    """One field of a form with how it is laid out."""

    kind: str  # field, units, find, checks, place, photos, papers
    bound: BoundField
    layout: str = ""
    optional: bool = False
    rows: list[Any] = field(default_factory=list)
    most: int = 0


@dataclass(frozen=True)
class Button:
    """One button at the foot of a form."""

    words: Label
    name: str = ""
    value: str = ""
    css: str = "btn-main"


class MoveForm(HoldsImages, forms.Form):
    """The form of one move. `arguments` is what its action takes."""

    key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    layouts: ClassVar[dict[str, str]] = {}
    kinds: ClassVar[dict[str, str]] = {}
    needed: ClassVar[frozenset[str]] = frozenset()  # not required alone, but not marked 选填 either
    lines: list[tuple[Label, str]]  # facts to decide on, above the fields
    notices: list[tuple[str, Label]]  # (tone, words)
    quote: str  # words to read before deciding
    read: Looked | None = None  # advice on the quoted words, where they go to a caller

    def __init__(self, *args: Any, subject: Subject, request: HttpRequest | None = None, **options: Any) -> None:
        super().__init__(*args, request=request, **options)
        self.subject = subject
        self.fields["key"].initial = uuid7
        self.lines, self.notices, self.quote = [], [], ""
        self.prepare(subject)

    def prepare(self, subject: Subject) -> None:
        """Fill choices, first values and facts from the case."""

    def arguments(self) -> dict[str, Any]:
        return joined(self, {name: value for name, value in self.cleaned_data.items() if name != "key"})

    def buttons(self, submit: Label) -> list[Button]:
        return [Button(submit)]

    def asked(self, name: str) -> str:
        """What is typed in a field, or what it begins with."""
        if self.is_bound:
            return str(self.data.get(self.add_prefix(name)) or "")
        return str(self.get_initial_for_field(self.fields[name], name) or "")

    def asked_all(self, name: str) -> list[str]:
        if self.is_bound:
            data = self.data
            found = data.getlist(name) if isinstance(data, MultiValueDict) else data.get(name, [])
            return [str(one) for one in found]
        return [str(one) for one in self.get_initial_for_field(self.fields[name], name) or []]

    def part_rows(self, name: str) -> list[Any]:
        return []

    @property
    def refinder(self) -> Label | None:
        """The words of a button that fills the units anew without sending; None where there is none."""
        return None

    def parts(self) -> Iterator[Part]:
        for bound in self.visible_fields():
            kind = self.kinds.get(bound.name) or _kind_of(bound.field)
            yield Part(
                kind=kind,
                bound=bound,
                layout=self.layouts.get(bound.name, ""),
                optional=not bound.field.required and bound.name not in self.needed,
                rows=self.part_rows(bound.name),
                most=bound.field.most if isinstance(bound.field, FilesField) else 0,
            )

    @classmethod
    def kept(cls, data: MultiValueDict[str, Any]) -> dict[str, Any]:
        """What was typed, as first values of a form that is shown again without being judged."""
        kept: dict[str, Any] = {}
        for name, one in cls.base_fields.items():
            if name in data:
                many = isinstance(one, forms.MultipleChoiceField)
                kept[name] = data.getlist(name) if many else data.get(name)
        return kept


def _kind_of(field: forms.Field) -> str:
    return "photos" if isinstance(field, ImagesField) else "papers" if isinstance(field, PapersField) else "field"


def head_of(words: str) -> str:
    """The first words of a call for a choice, where marks of direction cannot be isolated."""
    return BIDI.sub("", words)[:24]


def words_field(
    label: Label, *, limit: int = 2000, required: bool = True, rows: int = 3, missing: Label = "", help_text: Label = ""
) -> TextField:
    """Words of several lines."""
    return TextField(
        label=label,
        limit=limit,
        required=required,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": rows, "maxlength": limit}),
        error_messages={"required": missing or _("请写明原因。")},
    )


def line_field(
    label: Label, *, limit: int = 200, required: bool = True, missing: Label = "", help_text: Label = ""
) -> TextField:
    """Words of one line."""
    return TextField(
        label=label,
        limit=limit,
        line=True,
        required=required,
        help_text=help_text,
        widget=forms.TextInput(attrs={"maxlength": limit, "autocomplete": "off"}),
        error_messages={"required": missing or _("请写一下。")},
    )


def radio_field(
    label: Label, choices: Any = (), *, required: bool = True, missing: Label = "", help_text: Label = ""
) -> forms.ChoiceField:
    """One of a few, each on a card or in a segment."""
    said = cast(str, missing or _("请选一项。"))
    return forms.ChoiceField(
        label=cast(str, label),
        choices=list(choices),
        required=required,
        help_text=cast(str, help_text),
        widget=forms.RadioSelect,
        error_messages={"required": said, "invalid_choice": said},
    )


def select_field(
    label: Label, choices: Any = (), *, required: bool = True, missing: Label = "", help_text: Label = ""
) -> forms.ChoiceField:
    """One of many."""
    said = cast(str, missing or _("请选一项。"))
    return forms.ChoiceField(
        label=cast(str, label),
        choices=list(choices),
        required=required,
        help_text=cast(str, help_text),
        error_messages={"required": said, "invalid_choice": said},
    )


class NoFields(MoveForm):
    """A move that asks nothing."""


class ReasonForm(MoveForm):
    reason = words_field(_("原因"), limit=500)
