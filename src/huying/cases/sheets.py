"""Papers of a case: what a unit is handed, what it signs for, and a supervision. Plain values, and the same as Word."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from xml.sax.saxutils import escape

from django.utils import timezone

from huying.audit.models import History
from huying.cases.forms import Subject
from huying.cases.forms.units import duty_words
from huying.cases.models import Report, WorkOrder
from huying.cases.rules import OUTSIDERS, OrderRole, OwnStep, Verb
from huying.cases.treefile import panels_of
from huying.clocks.rules import Limit
from huying.kernel.terms import Label, Term, _, listed
from huying.matters import queries as matters
from huying.matters.rules import Step
from huying.people import queries as people
from huying.places import queries as places
from huying.places.rules import street_of

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


class SheetKind(Term):
    HAND_OVER = "hand_over", _("交办单")
    SIGN_IN = "sign_in", _("签收单")
    SUPERVISION = "supervision", _("督办单")
    CALLS = "calls", _("紧急呼叫记录")
    REPLY = "reply", _("回复单")


class PapersOfCampaigns(Term):
    CLOSING = "closing", _("专项整治结题报告")


@dataclass(frozen=True)
class Pictured:
    """One line of a paper with its pictures beside each other: JPEG files."""

    words: str
    pictures: list[bytes]


@dataclass(frozen=True)
class Sheet:
    """One paper under the street's own heading: facts in a table, then texts, then places to sign."""

    kind: SheetKind | PapersOfCampaigns
    heading: str
    number: str
    facts: list[tuple[Label, str]]
    texts: list[tuple[Label, str]] = field(default_factory=list)
    signs: list[Label] = field(default_factory=list)
    made: str = ""
    name: Label = ""  # where the kind alone does not say it

    @property
    def title(self) -> Label:
        return self.name or self.kind.label


def kinds_of(subject: Subject) -> list[SheetKind]:
    """The papers that there are of a case now."""
    found: list[SheetKind] = []
    if subject.docket.live_orders:
        supervised = any(one.verb in (Verb.SUPERVISE, Verb.PRESS) for one in subject.rows.remarks)
        found = [SheetKind.HAND_OVER, SheetKind.SIGN_IN, *([SheetKind.SUPERVISION] if supervised else [])]
    return [*found, SheetKind.CALLS] if subject.case.called else found


def sheet_of(subject: Subject, kind: SheetKind) -> Sheet | None:
    """A paper of a case as this viewer may print it; None where there is none."""
    lead = subject.docket.lead
    if kind not in kinds_of(subject) or (lead is None and kind != SheetKind.CALLS):
        return None
    case = subject.case
    street = street_of(case.area_code) or case.desk_code
    made = _calls(subject) if lead is None or kind == SheetKind.CALLS else MAKERS[kind](subject, lead)
    return Sheet(
        kind=kind,
        heading=" ".join(filter(None, (str(_("演练")) if case.drill else "", places.own_name_of(street)))),
        number=case.number,
        facts=[*_matter(subject), *made[0]],
        texts=made[1],
        signs=made[2],
        made=f"{timezone.localtime(subject.now):%Y-%m-%d}",
    )


Made = tuple[list[tuple[Label, str]], list[tuple[Label, str]], list[Label]]


def _matter(subject: Subject) -> list[tuple[Label, str]]:
    case = subject.case
    place = " ".join(filter(None, (places.name_of(case.area_code), case.place_words)))
    return [
        (_("事项"), matters.name_of(case.type_code) if case.type_code else ""),
        (_("地点"), place),
        (_("受理时间"), _when(case.received_at)),
    ]


def _hand_over(subject: Subject, lead: WorkOrder) -> Made:
    orders = subject.docket.live_orders
    helpers = [one.unit.name for one in orders if one.role == OrderRole.ASSIST]
    kind = subject.type
    facts: list[tuple[Label, str]] = [
        (_("主办单位"), lead.unit.name),
        (_("协办单位"), listed(helpers)),
        (_("依据"), lead.clause),
        (_("履职清单"), duty_words(kind)),
        (_("签收时限"), _when(lead.sign_in_due)),
        (_("办理时限"), _handling(subject)),
        (_("结案条件"), kind.closing_condition if kind is not None else ""),
    ]
    if lead.round > 1 and not subject.docket.head_took_part():
        facts.append((_("负责人参与"), str(_("报结果以前，请单位负责人参与"))))
    elif lead.headed_at is not None:
        facts.append((_("负责人参与"), _when(lead.headed_at)))
    texts = [(_("诉求内容"), one.words) for one in _voices(subject)]
    if _names_callers(subject, orders):
        facts += [(_("诉求人"), subject.caller(one)) for one in _voices(subject)]
    texts.append((_("给单位的话"), lead.instruction))
    return _filled(facts), _filled(texts), [_("交办人"), _("单位负责人"), _("日期")]


def _sign_in(subject: Subject, lead: WorkOrder) -> Made:
    facts: list[tuple[Label, str]] = []
    for one in subject.docket.live_orders:
        handler = one.handler.name if one.handler is not None else ""
        signed = " ".join(filter(None, (handler, _when(one.accepted_at))))
        facts.append((OrderRole(one.role).label, one.unit.name))
        facts.append((_("交办时间"), _when(one.offered_at)))
        facts.append((_("签收"), signed or _when(one.sign_in_due)))
        facts.append((_("承办人"), one.given_to.name if one.given_to is not None else ""))
    return _filled(facts), [], [_("签收人"), _("日期")]


def _supervision(subject: Subject, lead: WorkOrder) -> Made:
    said = [one for one in subject.rows.remarks if one.verb in (Verb.SUPERVISE, Verb.PRESS)][-1]
    subject.names = people.named(subject.people() | ({said.made_by} if said.made_by else set()))
    line = _line(subject.rows.lines, said.verb)
    limit = Limit.parse(line.facts["limit"]).words() if line is not None else ""
    clock = next(iter(subject.docket.running(OwnStep.SUPERVISE, subject.case.pk)), None)
    facts: list[tuple[Label, str]] = [
        (_("主办单位"), lead.unit.name),
        (_("第几次督办"), str(subject.case.supervisions)),
        (_("督办人"), subject.who(said.made_by)),
        (_("督办时间"), _when(said.made_at)),
        (_("回报时限"), " ".join(filter(None, (limit, _when(clock.due_at if clock else None))))),
        (_("办理时限"), _handling(subject)),
    ]
    answers = [one.words for one in subject.rows.remarks if one.verb == Verb.REPORT_BACK and one.made_at > said.made_at]
    texts: list[tuple[Label, str]] = [(_("要办到什么"), said.words), *((_("单位回报"), one) for one in answers)]
    return _filled(facts), texts, [_("督办人"), _("单位负责人"), _("日期")]


MAKERS = {SheetKind.HAND_OVER: _hand_over, SheetKind.SIGN_IN: _sign_in, SheetKind.SUPERVISION: _supervision}


def _calls(subject: Subject) -> Made:
    """Whom the call trees called, when and how, and who answered; nothing of the caller."""
    facts: list[tuple[Label, str]] = []
    for tree in reversed(panels_of(subject.case, actor=subject.actor)):
        facts.append((tree.occasion, " ".join(filter(None, (tree.unit, _when(tree.run.began_at))))))
        for row in tree.rows:
            ways = listed([f"{way.channel} {way.state}" for way in row.ways])
            facts.append((row.post, " ".join(filter(None, (_when(row.at), row.who or str(_("没有人担任")), ways)))))
        end = str(tree.end or _("正在叫"))
        facts.append((_("结果"), " ".join(filter(None, (end, tree.answered_by, _when(tree.run.ended_at))))))
    return facts, [], [_("核对人"), _("日期")]


def _names_callers(subject: Subject, orders: Iterable[WorkOrder]) -> bool:
    """Whether callers stand on the paper: not where a unit that has it, or the viewer, may not see them."""
    outside = any(one.unit.kind in OUTSIDERS for one in orders)
    return not (outside or subject.hides_callers or subject.case.confidential)


def _voices(subject: Subject) -> list[Report]:
    return [one for one in subject.rows.reports if one.withdrawn_at is None]


def _handling(subject: Subject) -> str:
    clock = next(iter(subject.docket.running(Step.HANDLE, subject.case.pk)), None)
    if clock is None or clock.paused_at is not None:
        return str(_("停表"))
    return _when(clock.due_at)


def _when(moment: datetime | None) -> str:
    """A moment as paper says it: it is read on another day."""
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment is not None else ""


def _line(lines: Iterable[History], verb: str) -> History | None:
    return next((one for one in sorted(lines, key=lambda line: -line.pk) if one.verb == verb), None)


def _filled(rows: Iterable[tuple[Label, str]]) -> list[tuple[Label, str]]:
    return [(term, words) for term, words in rows if words]


# As Word


_TYPES = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="jpg" ContentType="image/jpeg"/>'
    f'<Override PartName="/word/document.xml" ContentType="{DOCX}.main+xml"/></Types>'
)
_RELS = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
    '<Relationship Id="r1" Target="word/document.xml" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument"/></Relationships>'
)
_PICTURES = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">%s</Relationships>'
)
_PICTURE = (
    '<Relationship Id="p{number}" Target="media/p{number}.jpg" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image"/>'
)
_DRAWN = (
    '<w:r><w:drawing><wp:inline xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing">'
    '<wp:extent cx="{wide}" cy="{high}"/><wp:docPr id="{number}" name="p{number}"/>'
    '<a:graphic xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main">'
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
    '<pic:pic xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:nvPicPr>'
    '<pic:cNvPr id="{number}" name="p{number}"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill>'
    '<a:blip xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" r:embed="p{number}"/>'
    '<a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm><a:off x="0" y="0"/>'
    '<a:ext cx="{wide}" cy="{high}"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
    "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
)
_PICTURE_WIDE = 2_600_000  # in English metric units: seven centimetres
_DOCUMENT = (
    '<?xml version="1.0" encoding="UTF-8"?>'
    '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"><w:body>%s<w:sectPr>'
    '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1440" w:right="1440" w:bottom="1440" w:left="1440"/>'
    "</w:sectPr></w:body></w:document>"
)
_EDGES = "".join(
    f'<w:{one} w:val="single" w:sz="4"/>' for one in ("top", "left", "bottom", "right", "insideH", "insideV")
)
_WIDE, _NARROW = 6826, 2200  # twentieths of a point


def docx_of(sheet: Sheet, pictured: Sequence[Pictured] = ()) -> bytes:
    """The paper as a Word file: the three parts that every reader asks for, and pictures where there are any."""
    pictures = [picture for line in pictured for picture in line.pictures]
    numbers = iter(range(1, len(pictures) + 1))
    parts = [
        _paragraph(sheet.heading, size=32, middle=True, bold=True),
        _paragraph(str(sheet.title), size=40, middle=True, bold=True),
        _paragraph(f"{_('编号')} {sheet.number}", middle=True),
        _table([*sheet.facts, *sheet.texts]),
        *(_pictures(line, numbers) for line in pictured),
        _paragraph(""),
        *(_paragraph(f"{one} ________________") for one in sheet.signs),
        _paragraph(sheet.made),
    ]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("[Content_Types].xml", _TYPES)
        file.writestr("_rels/.rels", _RELS)
        file.writestr("word/document.xml", _DOCUMENT % "".join(parts))
        if pictures:
            known = "".join(_PICTURE.format(number=number) for number in range(1, len(pictures) + 1))
            file.writestr("word/_rels/document.xml.rels", _PICTURES % known)
        for number, picture in enumerate(pictures, start=1):
            file.writestr(f"word/media/p{number}.jpg", picture)
    return out.getvalue()


def _pictures(line: Pictured, numbers: Iterator[int]) -> str:
    """A line and its pictures under it, side by side."""
    drawn = []
    for picture in line.pictures:
        wide, high = _size(picture)
        height = round(_PICTURE_WIDE * high / wide)
        drawn.append(_DRAWN.format(number=next(numbers), wide=_PICTURE_WIDE, high=height))
    return f"{_paragraph(line.words)}<w:p>{''.join(drawn)}</w:p>"


def _size(jpeg: bytes) -> tuple[int, int]:
    """Width and height of a JPEG file, from its frame header."""
    place = 2
    while place + 9 < len(jpeg):
        marker, length = jpeg[place + 1], int.from_bytes(jpeg[place + 2 : place + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            high, wide = (int.from_bytes(jpeg[place + at : place + at + 2], "big") for at in (5, 7))
            return max(wide, 1), max(high, 1)
        place += 2 + length
    return 4, 3


def _table(rows: Iterable[tuple[Label, str]]) -> str:
    made = "".join(
        f"<w:tr>{_cell(_paragraph(str(term), bold=True), _NARROW)}"
        f"{_cell(''.join(_paragraph(line) for line in words.splitlines()), _WIDE)}</w:tr>"
        for term, words in rows
    )
    width = _NARROW + _WIDE
    return (
        f'<w:tbl><w:tblPr><w:tblW w:w="{width}" w:type="dxa"/><w:tblBorders>{_EDGES}</w:tblBorders></w:tblPr>'
        f'<w:tblGrid><w:gridCol w:w="{_NARROW}"/><w:gridCol w:w="{_WIDE}"/></w:tblGrid>{made}</w:tbl>'
    )


def _cell(inside: str, width: int) -> str:
    return f'<w:tc><w:tcPr><w:tcW w:w="{width}" w:type="dxa"/></w:tcPr>{inside}</w:tc>'


def _paragraph(words: str, *, size: int = 24, bold: bool = False, middle: bool = False) -> str:
    placed = '<w:pPr><w:jc w:val="center"/></w:pPr>' if middle else ""
    strong = "<w:b/>" if bold else ""
    text = f'<w:t xml:space="preserve">{escape(words)}</w:t>'
    return f'<w:p>{placed}<w:r><w:rPr>{strong}<w:sz w:val="{size}"/></w:rPr>{text}</w:r></w:p>'
