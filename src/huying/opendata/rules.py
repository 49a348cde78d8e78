"""The open form of a street's data: what a file holds, what is left out, how a cell is written. No database here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from huying.kernel.terms import Label, Term, _
from huying.triage import masking

FORMAT: Final = "huying-open-data"
VERSION: Final = 1
MANIFEST: Final = "manifest.json"
KIND: Final = "open_data"  # of its own history lines, which no export carries


class ColumnType(Term):
    """What a cell of a file holds."""

    ID = "id", _("编号（UUID）")
    NUMBER_OF_ROW = "row", _("行号，从 1 起")
    TEXT = "text", _("文字")
    INTEGER = "integer", _("整数")
    NUMBER = "number", _("数")
    DATE = "date", _("日期")
    TIME = "time", _("时刻")
    MOMENT = "datetime", _("时间，UTC")
    BOOLEAN = "boolean", _("true 或 false")
    JSON = "json", _("JSON")


@dataclass(frozen=True)
class LeftOut:
    """What no export carries, and why."""

    what: Label
    why: Label


LEFT_OUT: Final = (
    LeftOut(_("诉求人的姓名、电话、住址，同意书和查看记录"), _("个人资料不出本系统")),
    LeftOut(_("写在文字里的手机号、座机号、身份证号"), _("以“（号码已略去）”代替")),
    LeftOut(_("查询码"), _("只有诉求人自己持有")),
    LeftOut(_("保密和回避的案件，以及并进它们的案件"), _("只有有这项职责的人能看")),
    LeftOut(_("工作人员的密码、二次验证、电话"), _("到新系统里重新设")),
    LeftOut(_("照片和附件"), _("可能拍到人；随备份走")),
    LeftOut(_("标明不导出的登记簿"), _("登记簿自己写明")),
    LeftOut(_("会话、任务队列、通知、没提交的草稿"), _("只在运行时有用")),
)

NUMBER_LEFT_OUT: Final = "（号码已略去）"

# A sheet reads these as formulas. One apostrophe is put before and taken away again when the file is read back.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "'")


def without_numbers(text: str) -> str:
    """The text without what looks like a phone or an identity number; the same text again stays as it is."""
    return masking.without_numbers(text, NUMBER_LEFT_OUT)


def guarded(text: str) -> str:
    return "'" + text if text.startswith(_FORMULA) else text


def unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") else cell
