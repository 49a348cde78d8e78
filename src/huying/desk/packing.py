"""A case with all that is on record of it as one PDF, as its asker may see it: callers masked, photos covered.

Pages are drawn with a Chinese font of the system (Noto Sans CJK and the like), so that they read the same everywhere;
where there is none, the pack fails and says so. Nothing is asked of the network.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from functools import cache
from pathlib import Path
from unicodedata import category

from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from huying.audit import queries as audit
from huying.cases.casefile import Casefile, casefile, subject_of
from huying.cases.queries.stages import step_words
from huying.cases.rules import PAUSES
from huying.clocks import queries as clocks
from huying.desk.models import CaseExport
from huying.desk.rules import ExportPurpose
from huying.files import storage
from huying.files.models import Attachment
from huying.files.rules import IMAGES, FilePurpose
from huying.kernel.actor import Actor
from huying.kernel.terms import Label, _
from huying.kernel.text import BIDI
from huying.matters import queries as matters
from huying.people.rules import Duty
from huying.places import queries as places

FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/google-noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
    "/System/Library/Fonts/PingFang.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)
DPI = 150
WIDTH, HEIGHT, EDGE = 1240, 1754, 110  # A4, and its margin
BODY, HEAD, TITLE, SMALL = 24, 30, 44, 18
HANG = ("Po", "Pe", "Pf")  # marks that begin no line: they hang in the margin
MOST_PAGES = 80
MOST_PHOTOS = 24


class NoFont(Exception):
    """The system has no font with Chinese characters."""


class Full(Exception):
    """No further page begins."""


@cache
def _font(size: int) -> ImageFont.FreeTypeFont:
    path = next((one for one in FONTS if Path(one).is_file()), None)
    if path is None:
        raise NoFont
    return ImageFont.truetype(path, size)


class Pages:
    """Pages that text flows down; each says at its foot what it is, for whom and why it was made."""

    def __init__(self, foot: str) -> None:
        self.foot = foot
        self.made: list[Image.Image] = []
        self._turn()

    def _turn(self) -> None:
        if len(self.made) >= MOST_PAGES:
            raise Full
        page = Image.new("L", (WIDTH, HEIGHT), 255)
        self.made.append(page)
        self.pen, self.at = ImageDraw.Draw(page), EDGE
        self.pen.text((EDGE, HEIGHT - 80), f"{self.foot} · {len(self.made)}", font=_font(SMALL), fill=90)

    def _room(self, height: int) -> None:
        if self.at + height > HEIGHT - 120:
            self._turn()

    def text(self, words: str, *, size: int = BODY, indent: int = 0, grey: int = 0) -> None:
        font, step = _font(size), int(size * 1.5)
        for line in _lines(words, font, WIDTH - 2 * EDGE - indent):
            self._room(step)
            self.pen.text((EDGE + indent, self.at), line, font=font, fill=grey)
            self.at += step

    def heading(self, words: Label) -> None:
        self._room(140)
        self.at += 28
        self.text(str(words), size=HEAD)
        self.pen.line((EDGE, self.at, WIDTH - EDGE, self.at), fill=180, width=2)
        self.at += 14

    def pair(self, term: Label, words: object, *, size: int = BODY, indent: int = 0, grey: int = 0) -> None:
        if str(words or "").strip():
            told = _("%(unit)s：%(words)s") % {"unit": term, "words": words}
            self.text(str(told), size=size, indent=indent, grey=grey)

    def photo(self, path: Path, words: str) -> None:
        with Image.open(path) as found:
            picture = found.convert("L")
        picture.thumbnail((WIDTH - 2 * EDGE, 620))
        self._room(picture.height + 60)
        self.made[-1].paste(picture, (EDGE, self.at))
        self.at += picture.height + 8
        self.text(words, size=SMALL, grey=70)
        self.at += 12

    def end(self, words: str) -> None:
        """A last word, in the room that is left above the foot."""
        self.pen.text((EDGE, HEIGHT - 114), words, font=_font(SMALL), fill=0)

    def save(self, path: Path) -> None:
        first, *rest = self.made
        first.save(path, "PDF", save_all=True, append_images=rest, resolution=DPI)


def _lines(words: str, font: ImageFont.FreeTypeFont, width: int) -> Iterable[str]:
    for paragraph in BIDI.sub("", words).splitlines() or [""]:
        line = ""
        for letter in paragraph:
            if line and category(letter) not in HANG and font.getlength(line + letter) > width:
                whole, space, begun = line.rpartition(" ")
                if space and (begun + letter).isascii() and not letter.isspace():  # a word goes on: it moves down whole
                    yield whole
                    line = begun
                else:
                    yield line
                    line = ""
            line += letter
        yield line


def write_pack(export: CaseExport, actor: Actor, path: Path, *, now: datetime) -> int:
    """Write the pack of the export's case; says how many pages. 0 where the actor no longer sees the case, or exports
    there no longer."""
    subject = subject_of(export.case_id, actor=actor, now=now) if export.case_id is not None else None
    if subject is None or not actor.may(Duty.EXPORT, subject.case.area_code):
        return 0
    file = casefile(subject, everything=True)
    who = " ".join(filter(None, (actor.name, actor.post)))
    purpose = ExportPurpose(export.purpose).label
    pages = Pages(f"{file.number} · {who} · {purpose} · {timezone.localtime(now):%Y-%m-%d %H:%M}")
    try:
        for part in (_head, _voices, _orders, _answers, _said, _approvals, _clocks, _history, _proof, _photos):
            part(pages, file)
    except Full:
        pages.end(str(_("材料太多，只到这里。其余请在系统里看。")))
    pages.save(path)
    return len(pages.made)


def _moment(moment: datetime | None) -> str:
    return f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" if moment is not None else ""


def _head(pages: Pages, file: Casefile) -> None:
    case = file.case
    pages.text(str(_("案件材料")), size=TITLE)
    pages.pair(_("编号"), file.number)
    pages.pair(_("事项"), matters.name_of(case.type_code) if case.type_code else _("还没有定"))
    pages.pair(_("状态"), file.state_words)
    pages.pair(_("地点"), " ".join(filter(None, (places.name_of(case.area_code), case.place_words))))
    pages.pair(_("收到"), _moment(case.received_at))
    pages.pair(_("结束"), _moment(case.ended_at))
    pages.pair(_("轮次"), case.round)
    pages.pair(_("说明"), _("诉求人的姓名和电话按规定遮盖；内容以下载人的权限为准。"))


def _voices(pages: Pages, file: Casefile) -> None:
    pages.heading(_("诉求"))
    for one in file.reports:
        pages.text(" · ".join(filter(None, (one.at, str(one.channel), one.caller))), grey=80)
        pages.text(one.words, indent=24)
        for when, words, former in one.additions:
            under = str(_("在原类型“%(former)s”下") % {"former": former}) if former else ""
            pages.text(" ".join(filter(None, (when, str(_("补充")), under, words))), indent=24)


def _orders(pages: Pages, file: Casefile) -> None:
    pages.heading(_("工单"))
    for turn in file.rounds:
        for one in turn.orders:
            told = (
                str(_("第 %(round)s 轮") % {"round": turn.number}),
                str(one.role),
                one.unit,
                str(one.label),
                one.handler,
                one.at,
            )
            pages.text(" · ".join(filter(None, told)))
            pages.pair(_("给单位的话"), one.instruction)
            pages.pair(_("结果"), one.result)


def _answers(pages: Pages, file: Casefile) -> None:
    if not (file.answers or file.case.answer):
        return
    pages.heading(_("答复"))
    for one in file.answers:
        pages.text(" · ".join(filter(None, (str(one.outcome), one.written, one.signed, one.reviewed))), grey=80)
        pages.text(one.words, indent=24)
        pages.pair(_("退回修改"), one.sent_back_words)
    if not file.answers:
        pages.text(file.case.answer, indent=24)


def _said(pages: Pages, file: Casefile) -> None:
    if not file.said:
        return
    pages.heading(_("联系、核查与回访"))
    for one in reversed(file.said):
        pages.text(" · ".join(filter(None, (_moment(one.at), str(one.kind), one.who, str(one.result)))), grey=80)
        if one.words:
            pages.text(one.words, indent=24)


def _approvals(pages: Pages, file: Casefile) -> None:
    if not file.approvals:
        return
    pages.heading(_("审批"))
    for one in file.approvals:
        pages.text(
            " · ".join(filter(None, (str(one.kind), str(one.label), one.about, one.asked, one.decided))), grey=80
        )
        for words in filter(None, (one.reason, one.words)):
            pages.text(words, indent=24)


def _clocks(pages: Pages, file: Casefile) -> None:
    """Every clock that ran, and why it was due then."""
    subject = file.subject
    units = {one.pk: one.unit.name for one in subject.rows.orders}
    of_all = [*clocks.of_objects("case", [file.case.pk]).values(), *clocks.of_objects("order", units).values()]
    every = sorted((one for rows in of_all for one in rows), key=lambda one: (one.started_at, one.pk))
    pages.heading(_("时限"))
    for one in clocks.with_stretches(every):
        name = str(step_words(one.step, file.case))
        pages.text(" · ".join(filter(None, (name, units.get(one.object_id, ""), _moment(one.due_at)))))
        for line in clocks.explain(one, subject.now, PAUSES):
            pages.pair(line.term, line.words, indent=24, size=SMALL, grey=60)
        pages.pair(_("结束"), _moment(one.stopped_at), indent=24, size=SMALL, grey=60)


def _history(pages: Pages, file: Casefile) -> None:
    pages.heading(_("经过"))
    for one in reversed(file.history):
        pages.text(" · ".join(filter(None, (_moment(one["at"]), str(one["words"]), str(one["who"]), str(one["note"])))))


def _proof(pages: Pages, file: Casefile) -> None:
    """Which rows of the history lie under which seal, so that the chain can be checked against them."""
    pages.heading(_("经过的封存证明"))
    rows = audit.proof_of("case", [file.case.pk])
    for row in rows:
        seal = _("封存 %(number)s") % {"number": row.seal} if row.seal is not None else _("等封存")
        told = f"{row.history_id} · {row.verb} · {_moment(row.at)} · {seal} · {row.row_hash}"
        pages.text(told, size=SMALL)
    for number, digest in sorted({(row.seal, row.seal_hash) for row in rows if row.seal is not None}):
        pages.pair(_("封存 %(number)s") % {"number": number}, digest, size=SMALL, grey=60)


def _photos(pages: Pages, file: Casefile) -> None:
    photos = [one for one in file.subject.photos if one.kind in IMAGES and not one.shut][:MOST_PHOTOS]
    if photos:
        pages.heading(_("照片"))
    for one in photos:
        path = storage.path_of(one.pk, one.kind, preview=True)
        if path.is_file():
            pages.photo(path, f"{_moment(one.added_at)} · {_purpose_words(one)}")


def _purpose_words(photo: Attachment) -> str:
    return str(FilePurpose(photo.purpose).label) if photo.purpose in FilePurpose.values else ""
