"""Tickets of other systems 上级工单 and sources with clocks of their own: words, moves, limits, rows of their sheets.

A ticket is what another system calls a matter of ours: its number, its limit, its form. `FLOW` moves it. One that came
down is answered up; one that we sent up is answered down.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo

from huying.cases.rules.ticket_words import DAYS, HEADINGS, NO, RESULTS, TIMES, YES
from huying.cases.rules.words import Satisfaction
from huying.clocks.rules import Calendar, Limit, due_at
from huying.kernel.flow import Flow, Move, guard
from huying.kernel.terms import Label, Term, _

THING = "ticket"  # what history and clocks call a ticket and its steps
STEP = "ticket"  # the step of the clock of each of its steps
MOST_ROWS = 300  # of one import
MOST_CLOSING = 20  # fields of a closing form


class SourceKind(Term):
    TICKET = "ticket", _("上级工单")
    INSTRUCTION = "instruction", _("领导批示")
    ASSIGNMENT = "assignment", _("上级交办")
    PETITION = "petition", _("信访转办")
    PROPOSAL = "proposal", _("建议提案")
    MEDIA = "media", _("媒体反映")


class SourceTier(Term):
    """Where the system stands above the street."""

    DISTRICT = "district", _("区级")
    CITY = "city", _("市级")
    ABOVE = "above", _("市级以上")


class TicketState(Term):
    OPEN = "open", _("办理中")
    ANSWERED = "answered", _("已回复上级")
    CLOSED = "closed", _("上级已办结")
    RETURNED = "returned", _("已退回上级")
    SENT = "sent", _("已报上级")


class TicketVerb(Term):
    ARRIVE = "arrive", _("收到工单")
    UPDATE = "update", _("上级更新")
    AGAIN = "again", _("上级再次交办")
    ASK_RETURN = "ask_return", _("申请退回上级")
    GRANT_RETURN = "grant_return", _("上级同意退回")
    REFUSE_RETURN = "refuse_return", _("上级不同意退回")
    ASK_EXTEND = "ask_extend", _("向上级申请延期")
    GRANT_EXTEND = "grant_extend", _("上级同意延期")
    REFUSE_EXTEND = "refuse_extend", _("上级不同意延期")
    FILL = "fill", _("填回复表")
    SEND = "send", _("回复上级")
    SATISFIED = "satisfied", _("上级回访：解决了")
    UNSATISFIED = "unsatisfied", _("上级回访：没解决")
    NO_RESULT = "no_result", _("上级不回访")
    DO_STEP = "do_step", _("办完一步")
    GO_UP = "go_up", _("报上级")
    NUMBER = "number", _("记上级编号")
    TAKEN = "taken", _("上级接办")
    REPLIED = "replied", _("上级答复")


class AskKind(Term):
    RETURN = "return", _("退回上级")
    EXTEND = "extend", _("向上级延期")


class AskState(Term):
    ASKED = "asked", _("等上级答复")
    GRANTED = "granted", _("上级同意")
    REFUSED = "refused", _("上级不同意")


class Result(Term):
    """What the upper system's own call-back said."""

    SATISFIED = "satisfied", _("满意")
    FAIR = "fair", _("基本满意")
    DISSATISFIED = "dissatisfied", _("不满意或没解决")
    NONE = "none", _("没有回访到")


SATISFACTION: dict[Result, Satisfaction] = {
    Result.SATISFIED: Satisfaction.SATISFIED,
    Result.FAIR: Satisfaction.FAIR,
    Result.DISSATISFIED: Satisfaction.DISSATISFIED,
}


# Moves


@dataclass(frozen=True)
class Given:
    words: str = ""
    amount: str = ""
    number: str = ""
    fits: bool = True  # the number has the form of its system


@dataclass(frozen=True)
class TicketFacts:
    """What guards look at. `answered`: the case has an answer that may leave the house."""

    state: TicketState | None
    asked: str = ""
    return_open: bool = True
    extend_open: bool = True
    has_limit: bool = True
    answered: bool = False
    numbered: bool = True
    case_open: bool = True
    given: Given | None = None


@guard(_("请写明原因。"))
def says_why(facts: TicketFacts) -> bool:
    return facts.given is None or bool(facts.given.words)


@guard(_("正在等上级答复，请先记下上级的答复。"))
def nothing_asked(facts: TicketFacts) -> bool:
    return not facts.asked


@guard(_("没有等上级答复的退回申请。"))
def return_asked(facts: TicketFacts) -> bool:
    return facts.asked == AskKind.RETURN


@guard(_("没有等上级答复的延期申请。"))
def extension_asked(facts: TicketFacts) -> bool:
    return facts.asked == AskKind.EXTEND


@guard(_("退回上级的时限已经过了。有困难请向上级申请延期。"))
def return_in_time(facts: TicketFacts) -> bool:
    return facts.return_open


@guard(_("向上级申请延期的时限已经过了，或这张工单没有时限。"))
def extension_in_time(facts: TicketFacts) -> bool:
    return facts.extend_open and facts.has_limit


@guard(_("请选要延多久。"))
def says_how_long(facts: TicketFacts) -> bool:
    return facts.given is None or bool(facts.given.amount)


@guard(_("这件事还没有审核过的答复。请先办结或审核答复，再回复上级。"))
def answer_ready(facts: TicketFacts) -> bool:
    return facts.answered


@guard(_("这件事已经结束。"))
def still_open(facts: TicketFacts) -> bool:
    return facts.case_open


@guard(_("请写上级给的编号，并核对格式。"))
def number_fits(facts: TicketFacts) -> bool:
    return facts.given is None or bool(facts.given.number and facts.given.fits)


@guard(_("上级的编号已经记过了。"))
def no_number_yet(facts: TicketFacts) -> bool:
    return not facts.numbered


S, V = TicketState, TicketVerb
FLOW = Flow(
    [
        Move(V.ARRIVE, {None}, S.OPEN),
        Move(V.UPDATE, {S.OPEN}, None),
        Move(V.AGAIN, {S.ANSWERED, S.CLOSED, S.RETURNED}, S.OPEN),
        Move(V.ASK_RETURN, {S.OPEN}, None, guards=(still_open, nothing_asked, return_in_time, says_why)),
        Move(V.GRANT_RETURN, {S.OPEN}, S.RETURNED, guards=(return_asked,)),
        Move(V.REFUSE_RETURN, {S.OPEN}, None, guards=(return_asked, says_why)),
        Move(
            V.ASK_EXTEND, {S.OPEN}, None,
            guards=(still_open, nothing_asked, extension_in_time, says_how_long, says_why),
        ),
        Move(V.GRANT_EXTEND, {S.OPEN}, None, guards=(extension_asked,)),
        Move(V.REFUSE_EXTEND, {S.OPEN}, None, guards=(extension_asked, says_why)),
        Move(V.FILL, {S.OPEN}, None),
        Move(V.SEND, {S.OPEN}, S.ANSWERED, guards=(nothing_asked, answer_ready)),
        Move(V.SATISFIED, {S.ANSWERED}, S.CLOSED),
        Move(V.NO_RESULT, {S.ANSWERED}, S.CLOSED),
        Move(V.UNSATISFIED, {S.ANSWERED, S.CLOSED}, S.OPEN),
        Move(V.DO_STEP, {S.OPEN, S.ANSWERED}, None),
        Move(V.GO_UP, {None}, S.SENT, guards=(still_open, says_why)),
        Move(V.NUMBER, {S.SENT}, None, guards=(no_number_yet, number_fits)),
        Move(V.TAKEN, {S.SENT}, S.CLOSED),
        Move(V.REPLIED, {S.SENT}, S.CLOSED, guards=(says_why,)),
    ]
)  # fmt: skip


# Limits


def inner_due(received: datetime, upper: datetime, buffer: Limit | None, calendar: Calendar) -> datetime:
    """内控时限: the upper limit less a buffer of working or plain time, never later than it.

    Where the buffer would take more than half of the time there is, half of it is left for the work.
    """
    if buffer is None or upper <= received:
        return upper
    kept_until = due_at(received, buffer, calendar).at
    if not buffer.working:
        left = max(upper - received - (kept_until - received), (upper - received) / 2)
        return min(received + left, upper)
    whole = calendar.between(received, upper)
    left = max(whole - calendar.between(received, kept_until), whole / 2)
    return min(calendar.after(received, left), upper) if left else upper


def buffer_for(rows: Iterable[tuple[str, str]], type_code: str) -> Limit | None:
    """The buffer of the finest row (code of a type, of a class, or empty for all) that covers the type."""
    fits = [(code, limit) for code, limit in rows if type_code.startswith(code)]
    return Limit.parse(max(fits, key=lambda one: len(one[0]))[1]) if fits else None


# Numbers

_SIGNS = {"#": "[0-9]", "@": "[A-Za-z]", "?": "[0-9A-Za-z]", "*": "[0-9A-Za-z]*"}
_MOST_STARS = 2


def pattern_is_good(pattern: str) -> bool:
    return pattern.count("*") <= _MOST_STARS


def number_has_form(number: str, pattern: str) -> bool:
    """Whether a number looks as its system writes it: `#` a digit, `@` a letter, `?` either, `*` any of both."""
    if not pattern:
        return bool(number)
    return re.fullmatch("".join(_SIGNS.get(one, re.escape(one)) for one in pattern), number, re.ASCII) is not None


# The closing form


class ClosingFrom(Term):
    """Where a field of a closing form gets its first words from."""

    NUMBER = "number", _("上级编号")
    OUR_NUMBER = "our_number", _("本街道编号")
    OUTCOME = "outcome", _("办理结果")
    ANSWER = "answer", _("答复内容")
    UNIT = "unit", _("主办单位")
    CONTACTED = "contacted", _("联系时间")
    FINISHED = "finished", _("办结时间")
    TRUE = "true", _("是否属实")
    BLANK = "blank", _("自己填")


@dataclass(frozen=True)
class ClosingField:
    heading: str
    source: ClosingFrom


def closing_fields(text: str) -> tuple[ClosingField, ...]:
    """The fields in their order: one a line, `heading=where from`. ValueError with the line that is none."""
    found: list[ClosingField] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        heading, _sign, source = (one.strip() for one in line.rpartition("="))
        if not heading or len(heading) > 40 or source not in ClosingFrom.values:
            raise ValueError(line.strip()[:60])
        if any(one.heading == heading for one in found) or len(found) == MOST_CLOSING:
            raise ValueError(line.strip()[:60])
        found.append(ClosingField(heading, ClosingFrom(source)))
    return tuple(found)


# Rows of a sheet


class TicketField(Term):
    """What a column of the upper system's sheet may mean."""

    NUMBER = "number", _("工单编号")
    WORDS = "words", _("诉求内容")
    TITLE = "title", _("标题")
    RECEIVED = "received", _("交办时间")
    DUE = "due", _("上级时限")
    PLACE = "place", _("地点")
    NAME = "name", _("诉求人姓名")
    PHONE = "phone", _("联系电话")
    RESULT = "result", _("回访结果")
    RESULT_WORDS = "result_words", _("回访内容")
    DECISION = "decision", _("申请的答复")
    DECISION_WORDS = "decision_words", _("答复的说明")


TOO_EARLY = _("上级时限要晚于交办时间；没有写交办时间的，要晚于现在。")
NEEDED_FIELDS = (TicketField.NUMBER,)  # a sheet of call-backs has no words; a new ticket without any is refused
PERSONAL = frozenset({TicketField.NAME, TicketField.PHONE})


def guessed(headings: Iterable[str]) -> dict[str, str]:
    """Which column probably means what, by the names that such sheets use."""
    there = {one.strip() for one in headings}
    found = {name: next((one for one in known if one in there), "") for name, known in HEADINGS.items()}
    return {name: heading for name, heading in found.items() if heading}


@dataclass(frozen=True)
class Row:
    """One row of the upper system, read: what is empty was not said."""

    number: str
    words: str = ""
    title: str = ""
    received: datetime | None = None
    due: datetime | None = None
    place: str = ""
    name: str = ""
    phone: str = ""
    result: Result | None = None
    result_words: str = ""
    granted: bool | None = None
    decision_words: str = ""
    sheet: Mapping[str, str] = field(default_factory=dict)  # the columns as they came, without name and phone

    def __repr__(self) -> str:
        return f"Row({self.number})"


def read_moment(text: str, zone: tzinfo, *, begins: bool = False) -> datetime:
    """A time as sheets write it; ValueError where it is none. A day alone is its last minute, or its first one where
    something `begins` then: handed down today is not later than now."""
    text = text.strip()
    for form in TIMES:
        try:
            return datetime.strptime(text, form).replace(tzinfo=zone)
        except ValueError:
            continue
    hour, minute = (0, 0) if begins else (23, 59)
    for form in DAYS:
        try:
            return datetime.strptime(text, form).replace(hour=hour, minute=minute, tzinfo=zone)
        except ValueError:
            continue
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def read_result(text: str) -> Result | None:
    """The result that a cell tells; None where it tells none."""
    said = text.strip().lower()
    return next((Result(result) for result, words in RESULTS if any(one in said for one in words)), None)


def read_row(
    cells: Mapping[str, str], columns: Mapping[str, str], *, pattern: str, now: datetime, zone: tzinfo
) -> tuple[Row | None, dict[str, Label]]:
    """A row by its columns, or what is wrong with it by field."""
    wrong: dict[str, Label] = {}

    def cell(name: TicketField) -> str:
        return cells.get(columns.get(str(name), ""), "").strip()

    def moment(name: TicketField) -> datetime | None:
        text = cell(name)
        if not text:
            return None
        try:
            found = read_moment(text, zone, begins=name == TicketField.RECEIVED)
        except ValueError:
            wrong[str(name)] = _("时间读不懂，应写成 2026-01-31 09:30 这样。")
            return None
        if not 2000 <= found.year <= 2100:
            wrong[str(name)] = _("时间不对，请核对年份。")
        return found

    number = cell(TicketField.NUMBER)
    if not number:
        wrong["number"] = _("没有工单编号。")
    elif len(number) > 60 or not number_has_form(number, pattern):
        wrong["number"] = _("编号的格式和这个系统登记的不一样。")
    received, due = moment(TicketField.RECEIVED), moment(TicketField.DUE)
    if received is not None and received > now:
        wrong["received"] = _("交办时间晚于现在。")
    if due is not None and received is not None and due <= received:
        wrong.setdefault("due", TOO_EARLY)
    told = cell(TicketField.RESULT)
    result = read_result(told) if told else None
    if told and result is None:
        wrong["result"] = _("回访结果读不懂，应写满意、基本满意、不满意或未联系上。")
    decided = cell(TicketField.DECISION)
    granted = None
    if decided:
        granted = False if any(one in decided for one in NO) else True if any(one in decided for one in YES) else None
        if granted is None:
            wrong["decision"] = _("申请的答复读不懂，应写同意或不同意。")
    if wrong:
        return None, wrong
    hidden = {columns.get(str(name), "") for name in PERSONAL}
    return Row(
        number=number, words=cell(TicketField.WORDS), title=cell(TicketField.TITLE), received=received, due=due,
        place=cell(TicketField.PLACE), name=cell(TicketField.NAME), phone=cell(TicketField.PHONE), result=result,
        result_words=cell(TicketField.RESULT_WORDS), granted=granted,
        decision_words=cell(TicketField.DECISION_WORDS),
        sheet={heading: text for heading, text in cells.items() if text and heading and heading not in hidden},
    ), {}  # fmt: skip


class Arrival(Term):
    """What a row means to us."""

    NEW = "new", _("新工单")
    UPDATE = "update", _("更新")
    AGAIN = "again", _("再次交办")
    RESULT = "result", _("回访结果")
    DECISION = "decision", _("申请的答复")
    SAME = "same", _("已经有了")
    REFUSED = "refused", _("不能导入")


@dataclass(frozen=True)
class Known:
    """A ticket that is there, as far as a row is compared with it. `since`: when its last part ended with us."""

    state: TicketState
    asked: str
    seen: bool  # this very row came before
    since: datetime | None = None


def arrival_of(known: Known | None, row: Row, *, now: datetime | None = None) -> tuple[Arrival, Label]:
    """What a row means, and why it is refused where it is. The limit of a new ticket lies ahead; that of one which is
    there may be long over, when its call-back is told."""
    if known is None:
        handed = row.received or now
        if row.due is not None and handed is not None and row.due <= handed:
            return Arrival.REFUSED, TOO_EARLY
        if not row.words:
            return Arrival.REFUSED, _("新工单没有诉求内容。")
        if row.result is not None or row.granted is not None:
            return Arrival.REFUSED, _("没有这张工单，不能记回访结果或答复。请先导入工单。")
        return Arrival.NEW, ""
    if known.seen:
        return Arrival.SAME, ""
    if known.state == TicketState.SENT:
        return Arrival.REFUSED, _("这是我们报上去的，请在工单页记上级的答复。")
    if row.granted is not None and known.asked:
        return Arrival.DECISION, ""
    if row.result is not None and known.state == TicketState.ANSWERED:
        return Arrival.RESULT, ""
    if row.result is not None and known.state == TicketState.CLOSED:
        return (Arrival.RESULT, "") if row.result == Result.DISSATISFIED else (Arrival.SAME, "")
    if known.state == TicketState.OPEN:
        if row.result is not None:
            return Arrival.REFUSED, _("还没有回复上级，不能记回访结果。")
        return Arrival.UPDATE, ""
    if row.received is not None and known.since is not None and row.received > known.since:
        return Arrival.AGAIN, ""
    return Arrival.SAME, ""


# Steps that kinds of sources are shipped with; a street changes its own rows


@dataclass(frozen=True)
class StepRow:
    name: Label
    limit: str
    clause: Label = ""


_PETITIONS = _("《信访工作条例》（2022 年）")
_DEPUTIES = _("代表建议、政协提案办理规定")
SHIPPED_STEPS: dict[SourceKind, tuple[StepRow, ...]] = {
    SourceKind.TICKET: (),
    SourceKind.INSTRUCTION: (StepRow(_("报初步情况"), "2wd"), StepRow(_("报办理结果"), "10wd")),
    SourceKind.ASSIGNMENT: (StepRow(_("报办理结果"), "10wd"),),
    SourceKind.PETITION: (
        StepRow(_("告知是否受理"), "15d", _PETITIONS),
        StepRow(_("作出处理意见"), "60d", _PETITIONS),
    ),
    SourceKind.PROPOSAL: (
        StepRow(_("与代表或委员沟通"), "30d", _DEPUTIES),
        StepRow(_("书面答复"), "90d", _DEPUTIES),
    ),
    SourceKind.MEDIA: (StepRow(_("核实并首次回应"), "24h"), StepRow(_("报办理结果"), "5wd")),
}
SHEET_TITLES: dict[SourceKind, Label] = {
    SourceKind.TICKET: _("工单办理回复单"),
    SourceKind.INSTRUCTION: _("领导批示办理情况报告"),
    SourceKind.ASSIGNMENT: _("交办事项办理情况报告"),
    SourceKind.PETITION: _("信访事项处理意见书"),
    SourceKind.PROPOSAL: _("建议提案答复函"),
    SourceKind.MEDIA: _("媒体反映问题办理情况"),
}
