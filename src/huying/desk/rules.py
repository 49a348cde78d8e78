"""What may be kept of the desk's own: a filter's address, and who may take it away. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from huying.kernel.actor import Actor, ActorKind
from huying.kernel.terms import Label, Term, _
from huying.people.rules import Duty

HEADS = (Duty.SIGN, Duty.SUPERVISE)  # who answers for a unit's shared things
AT_THE_DESK = (Duty.INTAKE, Duty.FILE, Duty.DISPATCH, Duty.REVIEW, Duty.CALL_BACK, Duty.SUPERVISE)
# The parts of the list's address that are its filter; the place in the list and the way of showing it are not.
FILTER_PARTS = frozenset(
    {"q", "state", "area", "here", "matter", "unit", "light", "days", "since", "until", "channel", "flag", "red_today"}
)
NAME_LIMIT = 20
QUERY_LIMIT = 500
MOST_FILTERS = 20  # of one person
WORDS_LIMIT = 2000
MOST_KEPT = 60  # cases of one kind in a hand-over
_NUMBER_OF_SOMEBODY = re.compile(r"\d{7}|(?:\d[\s\-]{0,2}){10}\d")


def filter_address(pairs: Iterable[tuple[str, str]]) -> str:
    """The filter of an address, its parts in order and nothing else: two addresses of one filter are alike."""
    return urlencode(sorted((name, value) for name, value in pairs if name in FILTER_PARTS and value))


def seeks_somebody(address: str) -> bool:
    """Whether the words sought hold a phone or identity number: that is not kept under a name."""
    return any(name == "q" and _NUMBER_OF_SOMEBODY.search(value) for name, value in parse_qsl(address))


def at_the_desk(actor: Actor) -> bool:
    """Whether the actor does a desk's work in some area."""
    return any(actor.areas(duty) for duty in AT_THE_DESK)


def units_of(actor: Actor) -> tuple[UUID, ...]:
    """The units whose shared things are the actor's too. A program works in its owner's unit at a desk, if it works
    at one at all."""
    return actor.bodies if at_the_desk(actor) else actor.units


def heads(actor: Actor, unit_id: UUID) -> bool:
    """Whether the actor answers for what the unit shares."""
    return unit_id in units_of(actor) and any(
        duty in grant.duties and grant.unit_id in (unit_id, None) for grant in actor.grants for duty in HEADS
    )


# One act for many cases

MOST_TOGETHER = 200  # cases


class BatchAct(Term):
    """An act that can be done to many cases at once."""

    DISPATCH = "dispatch", _("批量派单")
    REASSIGN = "reassign", _("批量改派")
    ANSWER = "answer", _("批量答复")

    @property
    def short(self) -> Label:
        """As it stands on a button beside ticked rows."""
        return {"dispatch": _("派单"), "reassign": _("改派"), "answer": _("答复")}[self.value]


BATCH_DUTY = {BatchAct.DISPATCH: Duty.DISPATCH, BatchAct.REASSIGN: Duty.DISPATCH, BatchAct.ANSWER: Duty.INTAKE}
# What callers were told cannot be unsaid.
UNDOABLE = frozenset({BatchAct.DISPATCH, BatchAct.REASSIGN})


class LineState(Term):
    """What became of one case of a batch."""

    WAITING = "waiting", _("还没做")
    DONE = "done", _("做好了")
    REFUSED = "refused", _("没有做")
    UNDONE = "undone", _("撤销了")
    STAYS = "stays", _("不能撤销")


def acts_of(actor: Actor) -> tuple[BatchAct, ...]:
    """The acts that this person may do to many cases, if to one: where, each act asks for each case."""
    return tuple(act for act in BatchAct if actor.kind == ActorKind.PERSON and actor.areas(BATCH_DUTY[act]))


# Exports of the list

MOST_EXPORTED = 20_000  # cases
MOST_BEING_MADE = 3  # of one person
EXPORT_KEPT = timedelta(days=1)


class ExportFormat(Term):
    XLSX = "xlsx", _("Excel 表")
    CSV = "csv", _("CSV 文本")
    PDF = "pdf", _("一件的材料")


OF_THE_LIST = (ExportFormat.XLSX, ExportFormat.CSV)


class NotMade(Term):
    """Why a file was not made."""

    DUTY = "duty", _("没有做成：您现在没有导出的职责，或看不到这件事了。")
    FONT = "font", _("没有做成：服务器上没有中文字体。请管理员装上，比如 fonts-noto-cjk。")


class ExportPurpose(Term):
    """What an export is for; kept with it, and shown to the auditor."""

    REPORT = "report", _("写简报、汇报")
    CHECK = "check", _("核对台账")
    UPPER = "upper", _("上级要的")
    MEETING = "meeting", _("开会研究")


class ExportColumn(Term):
    """A column of an export: nothing of a caller but, where it is asked for, the title."""

    NUMBER = "number", _("编号")
    STATE = "state", _("状态")
    MATTER = "matter", _("事项")
    TITLE = "title", _("标题")
    PLACE = "place", _("地点")
    UNIT = "unit", _("主办")
    CHANNEL = "channel", _("来源")
    GRADE = "grade", _("级别")
    RECEIVED = "received", _("收到")
    DUE = "due", _("到期")
    ENDED = "ended", _("结束")
    ROUND = "round", _("轮次")
    NUDGES = "nudges", _("催办次数")


USUAL_COLUMNS = tuple(one for one in ExportColumn if one != ExportColumn.TITLE)
