"""Words and bounds of the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID

from huying.kernel.terms import Label, Term, _

MOST_FILE_BYTES = 20 * 1024 * 1024
MOST_SHOWN_PROBLEMS = 200
MOST_KEPT_PROBLEMS = 2000
MOST_BULK = 2000
BATCH = 500
DRAFT_HOURS = 24
BULK_DAYS = 30


class Verb(Term):
    """What history says of a row."""

    CREATE = "create", _("新增")
    CHANGE = "change", _("改动")
    END = "end", _("停用")
    # What the acts of the apps themselves leave beside the engine's three.
    CREATED = "created", _("新增")
    APPOINTED = "appointed", _("任职")
    ASSIGNED = "assigned", _("登记职责")
    ENDED = "ended", _("结束")
    MOVED = "moved", _("随区域变动")
    RAISED = "raised", _("升格")
    HANDED_OVER = "handed_over", _("交接给继任者")
    TAKEN_OVER = "taken_over", _("接任")
    LISTED = "listed", _("审定入库")
    LEFT = "left", _("退出")
    ACKNOWLEDGED = "acknowledged", _("本人确认")
    NOMINATE = "nominate", _("提名")
    ELECT = "elect", _("登记选举结果")
    APPOINT = "appoint", _("办理任职")
    REFUSE = "refuse", _("不通过")
    APPROVE = "approve", _("批准")
    WITHDRAW = "withdraw", _("撤回提名")
    DELIVERED = "delivered", _("登记交付")
    ACCEPTED = "accepted", _("验收")
    ENTERED = "entered", _("登记")
    WITHDRAWN = "withdrawn", _("本人撤回同意")


@dataclass(frozen=True)
class Problem:
    """One thing in one row of a file; `row` as a sheet counts (the heading is 1), 0 for the whole file."""

    row: int
    column: str
    sentence: str


@dataclass
class Outcome:
    """Of a dry run, or of an import that was applied. Rows with a problem are left out, the others are taken in."""

    created: int = 0
    changed: int = 0
    same: int = 0
    rejected: list[Problem] = field(default_factory=list)
    rejected_rows: int = 0
    applied: bool = False
    blocked: bool = False  # the file as a whole cannot be read

    def refuse(self, row: int, lines: list[tuple[str, Label]]) -> None:
        self.rejected_rows += 1 if row else 0
        for column, sentence in lines:
            if len(self.rejected) < MOST_KEPT_PROBLEMS:
                self.rejected.append(Problem(row, column, str(sentence)))

    def block(self, column: str, sentence: Label) -> None:
        self.blocked = True
        self.rejected.append(Problem(0, column, str(sentence)))

    @property
    def rows(self) -> int:
        return self.created + self.changed + self.same + self.rejected_rows

    @property
    def does_something(self) -> bool:
        return not self.blocked and bool(self.created or self.changed)


@dataclass(frozen=True)
class Changed:
    """One row of a bulk change: what it held and what it will hold."""

    row_id: UUID
    title: str
    before: str
    after: str
    why_not: str = ""
