"""What a check of a file found: every problem by row, and what applying it would do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from huying.kernel.refusals import Invalid, Refusal, TooLarge
from huying.kernel.terms import Label, _


@dataclass(frozen=True)
class Problem:
    """One thing in one row. `blocks`: nothing is applied while it stands; else it is a remark."""

    row: int  # as a sheet counts: the heading is row 1; a feature's place in GeoJSON, from 1; 0 for the whole file
    field: str
    code: str
    says: str
    blocks: bool = True


@dataclass
class Outcome:
    """Of a dry run, or of an import that was applied."""

    rows: int = 0
    created: int = 0
    changed: int = 0
    same: int = 0
    applied: bool = False
    problems: list[Problem] = field(default_factory=list)

    @property
    def blocking(self) -> list[Problem]:
        return [one for one in self.problems if one.blocks]

    @property
    def remarks(self) -> list[Problem]:
        return [one for one in self.problems if not one.blocks]

    @property
    def ok(self) -> bool:
        return not self.blocking

    def add(
        self,
        row: int,
        field: str,
        code: str,
        says: Label,
        facts: Mapping[str, Any] | None = None,
        *,
        blocks: bool = True,
    ) -> None:
        self.problems.append(Problem(row, field, code, str(says) % (facts or {}), blocks))

    def sort(self) -> None:
        self.problems.sort(key=lambda one: (not one.blocks, one.row, one.field, one.code))

    def refusal(self) -> Refusal:
        """What an import says when it will not apply."""
        if any(one.code == "file_too_large" for one in self.blocking):
            return TooLarge(self.blocking[0].says)
        rows = sorted({one.row for one in self.blocking})
        return Invalid(
            {"file": [_("有 %(count)s 处问题，一行也没有导入。请改好后再导。") % {"count": len(self.blocking)}]},
            problems=len(self.blocking),
            rows=",".join(str(row) for row in rows[:50]),
        )
