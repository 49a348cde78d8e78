"""A version of the catalogue as plain rows: what files hold, what pages compare, what is checked.

One table of columns serves the sheets, the forms and the differences.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

from huying.clocks.rules import Limit
from huying.kernel.refusals import Invalid
from huying.kernel.terms import Label, Term, _
from huying.kernel.text import clean
from huying.matters.rules import (
    DANGER_NUMBERS,
    CallBackPolicy,
    CheckPolicy,
    DutyKind,
    FlowKind,
    Grade,
    LowestTier,
    Step,
)
from huying.matters.rules.stages import MOST_STAGES


@dataclass(frozen=True)
class ClassRow:
    code: str
    name: str


@dataclass(frozen=True)
class DutyRow:
    kind: str
    number: int
    text: str
    lead: str = ""


@dataclass(frozen=True)
class TypeRow:
    code: str
    name: str
    lowest_tier: str
    grade: str
    flow: str
    check_policy: str
    call_back_policy: str
    duty_kind: str
    duty_number: int
    filing_condition: str
    closing_condition: str
    proof: str
    confidential: bool = False
    scored: bool = True
    self_handle: bool = False
    public: bool = True
    active: bool = True
    danger: str = ""
    advice: str = ""
    units: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    danger_words: tuple[str, ...] = ()
    stages: tuple[str, ...] = ()


@dataclass(frozen=True)
class LimitLine:
    """`type_code` "" stands for every type, `grade` "" for every grade."""

    type_code: str
    step: str
    grade: str
    limit: str


Row = ClassRow | DutyRow | TypeRow | LimitLine


@dataclass(frozen=True)
class Book:
    classes: tuple[ClassRow, ...] = ()
    duties: tuple[DutyRow, ...] = ()
    types: tuple[TypeRow, ...] = ()
    limits: tuple[LimitLine, ...] = ()

    def type(self, code: str) -> TypeRow | None:
        return next((one for one in self.types if one.code == code), None)


@dataclass(frozen=True)
class Column:
    """One column: how its cell is read and written. `kind` is text, code, choice, yes_no, list or number."""

    name: str
    label: Label
    kind: str = "text"
    limit: int = 300
    choices: type[Term] | None = None
    needed: bool = True

    def read(self, cell: str) -> Any:
        """The value of a cell's text; raises Invalid with one sentence."""
        text = clean(cell, limit=3000 if self.kind == "list" else self.limit, line=True)
        if not text:
            if self.needed and self.kind != "list":
                raise Invalid(_("这一格要填写。"))
            return () if self.kind == "list" else False if self.kind == "yes_no" else ""
        if self.kind == "choice":
            return self._chosen(text)
        if self.kind == "yes_no":
            if text not in ("是", "否"):
                raise Invalid(_("请填“是”或“否”。"))
            return text == "是"
        if self.kind == "list":
            parts = tuple(dict.fromkeys(one.strip() for one in text.replace("|", "、").split("、") if one.strip()))
            long = next((one for one in parts if len(one) > self.limit), None)
            if long is not None:
                raise Invalid(
                    _("“%(word)s…”太长了，一个最多 %(limit)s 字。") % {"word": long[:12], "limit": self.limit}
                )
            return parts
        if self.kind == "number":
            if not (text.isascii() and text.isdigit() and 1 <= int(text[:6]) <= 9999):
                raise Invalid(_("请填 1 到 9999 的整数。"))
            return int(text)
        if self.kind == "code":
            if not (text.isascii() and text.isdigit() and len(text) == self.limit):
                raise Invalid(_("请填 %(limit)s 位数字。") % {"limit": self.limit})
            return text
        return text

    def _chosen(self, text: str) -> str:
        assert self.choices is not None
        for value, label in self.choices.choices:
            if text in (value, str(label)) and value:
                return str(value)
        raise Invalid(_("请从这些里选：%(choices)s。") % {"choices": "、".join(map(str, self.choices.labels))})

    def show(self, value: Any) -> str:
        """The cell as a reader of any language sees it."""
        return str(_("是") if value else _("否")) if self.kind == "yes_no" else self.write(value)

    def write(self, value: Any) -> str:
        """The cell's text; `read` gives the value back."""
        if self.kind == "yes_no":
            return "是" if value else "否"
        if self.kind == "list":
            return "、".join(value)
        if self.kind == "choice" and value:
            assert self.choices is not None
            return str(self.choices(value).label)
        return str(value)


@dataclass(frozen=True)
class SheetKind:
    """One of the four sheets: its key in a Book, its name, its row type and its columns."""

    key: str
    label: Label
    row: type[Any]
    columns: tuple[Column, ...]
    most: int


SHEETS: tuple[SheetKind, ...] = (
    SheetKind(
        "classes",
        _("分类"),
        ClassRow,
        (
            Column("code", _("类码"), "code", 2),
            Column("name", _("类名"), limit=30),
        ),
        99,
    ),
    SheetKind(
        "duties",
        _("履职事项"),
        DutyRow,
        (
            Column("kind", _("清单"), "choice", choices=DutyKind),
            Column("number", _("序号"), "number"),
            Column("text", _("事项内容"), limit=200),
            Column("lead", _("牵头单位"), limit=60, needed=False),
        ),
        2000,
    ),
    SheetKind(
        "types",
        _("事项"),
        TypeRow,
        (
            Column("code", _("事项码"), "code", 4),
            Column("name", _("事项名"), limit=40),
            Column("lowest_tier", _("最低层级"), "choice", choices=LowestTier),
            Column("grade", _("等级"), "choice", choices=Grade),
            Column("flow", _("流程"), "choice", choices=FlowKind),
            Column("check_policy", _("核查"), "choice", choices=CheckPolicy),
            Column("call_back_policy", _("回访"), "choice", choices=CallBackPolicy),
            Column("duty_kind", _("履职清单"), "choice", choices=DutyKind),
            Column("duty_number", _("履职序号"), "number"),
            Column("units", _("责任单位"), "list", 40, needed=False),
            Column("filing_condition", _("立案条件")),
            Column("closing_condition", _("结案条件")),
            Column("proof", _("凭证要求")),
            Column("advice", _("等待时的提示"), needed=False),
            Column("words", _("常用说法"), "list", 20, needed=False),
            Column("danger", _("急电号码"), limit=4, needed=False),
            Column("danger_words", _("危险说法"), "list", 20, needed=False),
            Column("stages", _("分段时限"), "list", 40, needed=False),
            Column("confidential", _("默认保密"), "yes_no"),
            Column("scored", _("计入满意率"), "yes_no"),
            Column("self_handle", _("可自办"), "yes_no"),
            Column("public", _("居民可选"), "yes_no"),
            Column("active", _("启用"), "yes_no"),
        ),
        2000,
    ),
    SheetKind(
        "limits",
        _("时限"),
        LimitLine,
        (
            Column("type_code", _("事项码"), "code", 4, needed=False),
            Column("step", _("环节"), "choice", choices=Step),
            Column("grade", _("等级"), "choice", choices=Grade, needed=False),
            Column("limit", _("时限"), limit=12),
        ),
        10_000,
    ),
)
SHEET = {one.key: one for one in SHEETS}
TYPE_COLUMNS = SHEET["types"].columns


@dataclass(frozen=True)
class Problem:
    """What is wrong with one row: the sheet's key, the row's number in the sheet, the column's label."""

    sheet: str
    row: int
    column: Label
    sentence: Label

    @property
    def sheet_label(self) -> Label:
        return SHEET[self.sheet].label


Numbers = Mapping[str, Sequence[int]]


def problems_of(book: Book, numbers: Numbers | None = None) -> list[Problem]:
    """Everything that keeps these rows from being a catalogue. `numbers` are the rows' numbers in their file."""
    check = _Check(numbers or {})
    check.classes(book)
    check.duties(book)
    check.types(book)
    check.limits(book)
    if not any(one.active for one in book.types):
        check.found.append(Problem("types", 1, "", _("清单里至少要有一个启用的事项。")))
    return check.found


class _Check:
    def __init__(self, numbers: Numbers) -> None:
        self.numbers = numbers
        self.found: list[Problem] = []

    def say(self, sheet: str, index: int, column: str, sentence: Label) -> None:
        rows = self.numbers.get(sheet, ())
        label = next((one.label for one in SHEET[sheet].columns if one.name == column), "")
        self.found.append(Problem(sheet, rows[index] if index < len(rows) else index + 2, label, sentence))

    def once(self, sheet: str, column: str, keys: Iterable[Any], sentence: Label) -> None:
        seen: set[Any] = set()
        for index, key in enumerate(keys):
            if key in seen:
                self.say(sheet, index, column, sentence)
            seen.add(key)

    def classes(self, book: Book) -> None:
        self.once("classes", "code", (one.code for one in book.classes), _("类码重复了。请改成没用过的。"))

    def duties(self, book: Book) -> None:
        self.once("duties", "number", ((one.kind, one.number) for one in book.duties), _("同一清单里序号重复了。"))
        for index, one in enumerate(book.duties):
            if one.kind != DutyKind.BASIC and not one.lead:
                self.say("duties", index, "lead", _("配合和收回的事项要写牵头单位。"))

    def types(self, book: Book) -> None:
        classes = {one.code for one in book.classes}
        duties = {(one.kind, one.number) for one in book.duties}
        self.once("types", "code", (one.code for one in book.types), _("事项码重复了。请改成没用过的。"))
        self.once("types", "name", (one.name for one in book.types), _("事项名重复了。请改一个名字。"))
        for index, one in enumerate(book.types):
            if one.code[:2] not in classes:
                self.say("types", index, "code", _("前两位不是已有的类码。请先在“分类”里加上。"))
            if (one.duty_kind, one.duty_number) not in duties:
                self.say("types", index, "duty_number", _("履职清单里没有这一项。请核对清单和序号。"))
            for column, sentence in type_problems(one):
                self.say("types", index, column, sentence)

    def limits(self, book: Book) -> None:
        codes = {one.code for one in book.types} | {""}
        keys = ((one.type_code, one.step, one.grade) for one in book.limits)
        self.once("limits", "step", keys, _("同一事项、环节、等级的时限重复了。请只留一行。"))
        for index, one in enumerate(book.limits):
            if one.type_code not in codes:
                self.say("limits", index, "type_code", _("没有这个事项码。"))
            if not is_limit(one.limit):
                self.say("limits", index, "limit", LIMIT_HINT)


LIMIT_HINT = _("看不懂这个时限。请写成 4wh（工作小时）、5wd（工作日）、24h（小时）、7d（天）或 30m（分钟）。")


def type_problems(row: TypeRow) -> list[tuple[str, Label]]:
    """What is wrong with one type by itself: pairs of column name and sentence."""
    found: list[tuple[str, Label]] = []
    if row.confidential and row.check_policy != CheckPolicy.NEVER:
        found.append(("check_policy", _("保密的事项不派人到场核查。请改成“不核查”。")))
    if row.confidential and row.self_handle:
        found.append(("self_handle", _("保密的事项不能自办。请改成“否”。")))
    if row.danger not in DANGER_NUMBERS:
        found.append(("danger", _("急电号码只能是 110、119、120，或者不填。")))
    if row.danger_words and not row.danger:
        found.append(("danger", _("写了危险说法，就要写急电号码。")))
    for column, words in (("words", row.words), ("danger_words", row.danger_words)):
        if any(len(word) < 2 for word in words):
            found.append((column, _("一个说法至少两个字。")))
    if any(not is_stage(one) for one in row.stages):
        found.append(("stages", _("分段时限请写成“停工=4wh、处罚=7wd”这样。")))
    if len(row.stages) > MOST_STAGES:
        found.append(("stages", _("最多分 %(most)s 段。") % {"most": MOST_STAGES}))
    return found


def is_limit(text: str) -> bool:
    try:
        Limit.parse(text)
    except ValueError:
        return False
    except Invalid:
        return False
    return True


def is_stage(text: str) -> bool:
    name, equals, limit = text.partition("=")
    return bool(name and equals) and is_limit(limit)


def limits_text(lines: Iterable[tuple[str, str, str]]) -> str:
    """Limits of one type as a person writes them, a line each: "办理=3wd", "签收 紧急=15m"."""
    return "\n".join(
        f"{Step(step).label}{f' {Grade(grade).label}' if grade else ''}={limit}" for step, grade, limit in lines
    )


def read_limits(text: str) -> list[tuple[str, str, str]]:
    """Triples of step, grade and limit from `limits_text`; Invalid names the line that cannot be read."""
    step_column, grade_column, _limit = SHEET["limits"].columns[1:]
    found = []
    for line in filter(None, (one.strip() for one in text.split("\n"))):
        where, equals, limit = line.replace("＝", "=").partition("=")
        try:
            if not equals:
                raise Invalid(LIMIT_HINT)
            step, grade = _step_and_grade(where.split())
            found.append((step_column.read(step), grade_column.read(grade), limit.strip()))
        except Invalid as why:
            says = _("“%(line)s”看不懂。请写成“办理=3wd”或“签收 紧急=15m”。") % {"line": line[:20]}
            raise Invalid({"limits": [says]}) from why
        if not is_limit(limit):
            raise Invalid({"limits": [LIMIT_HINT]})
    return found


def _step_and_grade(words: list[str]) -> tuple[str, str]:
    """The words of a step and of a grade, told apart by the grades there are: a step may have two words."""
    grades = {str(word) for one in Grade for word in (one.value, one.label)}
    if len(words) > 1 and words[-1] in grades:
        return " ".join(words[:-1]), words[-1]
    return " ".join(words), ""


def changed_type(row: TypeRow, changes: Mapping[str, Any]) -> TypeRow:
    """The row with these columns changed; values are texts as in a cell, or already values.

    Raises Invalid naming each bad column, also where the columns do not go together.
    """
    errors: dict[str, list[Label]] = {}
    values: dict[str, Any] = {}
    columns = {one.name: one for one in TYPE_COLUMNS}
    for name, value in changes.items():
        column = columns.get(name)
        if column is None or name == "code":
            errors.setdefault(name, []).append(_("这一项不能改。"))
            continue
        try:
            values[name] = column.read(column.write(value) if not isinstance(value, str) else value)
        except Invalid as why:
            errors.setdefault(name, []).append(why.sentence)
    if errors:
        raise Invalid(errors)
    new = replace(row, **values)
    for name, sentence in type_problems(new):
        errors.setdefault(name, []).append(sentence)
    if errors:
        raise Invalid(errors)
    return new


@dataclass(frozen=True)
class FieldChange:
    name: str
    label: Label
    old: str
    new: str


@dataclass(frozen=True)
class Change:
    """One row that differs between two versions. `kind` is new, changed or gone."""

    sheet: str
    key: str
    name: str
    kind: str
    fields: tuple[FieldChange, ...] = ()

    @property
    def sheet_label(self) -> Label:
        return SHEET[self.sheet].label

    @property
    def kind_label(self) -> Label:
        return {"new": _("新"), "changed": _("改"), "gone": _("停")}[self.kind]

    @property
    def class_code(self) -> str:
        return self.key[:2] if self.sheet in ("types", "classes", "limits") else ""


def differences(old: Book, new: Book) -> list[Change]:
    """What the new rows change, sheet by sheet, in the new order; rows that are gone come last."""
    found: list[Change] = []
    names = {one.code: one.name for one in (*old.types, *new.types)}
    for kind in SHEETS:
        before = {_key(one): one for one in getattr(old, kind.key)}
        after = {_key(one): one for one in getattr(new, kind.key)}
        for key, row in after.items():
            if key not in before:
                found.append(Change(kind.key, key, _name(row, names), "new"))
            elif row != before[key]:
                found.append(Change(kind.key, key, _name(row, names), "changed", _fields(kind, before[key], row)))
        found.extend(
            Change(kind.key, key, _name(row, names), "gone") for key, row in before.items() if key not in after
        )
    return found


def _key(row: Row) -> str:
    if isinstance(row, DutyRow):
        return f"{row.kind}-{row.number}"
    if isinstance(row, LimitLine):
        return f"{row.type_code}-{row.step}-{row.grade}"
    return row.code


def _name(row: Row, names: Mapping[str, str]) -> str:
    if isinstance(row, DutyRow):
        return row.text
    if isinstance(row, LimitLine):
        of = names.get(row.type_code, "") or str(_("全部事项"))
        grade = f" {Grade(row.grade).label}" if row.grade else ""
        return f"{of} {Step(row.step).label}{grade}"
    return row.name


def _fields(kind: SheetKind, old: Row, new: Row) -> tuple[FieldChange, ...]:
    columns = {one.name: one for one in kind.columns}
    return tuple(
        FieldChange(
            one.name,
            columns[one.name].label,
            columns[one.name].show(getattr(old, one.name)),
            columns[one.name].show(getattr(new, one.name)),
        )
        for one in fields(new)
        if getattr(old, one.name) != getattr(new, one.name)
    )
