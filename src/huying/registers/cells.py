"""Cells between people and the database: what was typed or sent becomes a value, a value becomes a sheet's text."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from django.db.models import Model, Q

from huying.kernel.actor import Actor
from huying.kernel.refusals import Invalid
from huying.kernel.terms import Label, _, listed
from huying.kernel.text import LINE_LIMIT, WORDS_LIMIT, clean
from huying.registers import declared
from huying.registers.declared import Column, ColumnKind, Register

MOST_NUMBER = 2_147_483_647
MOST_CHOSEN = 200
MOST_LONG = 2000
_YES = {"是", "有", "y", "yes", "true", "1", "on"}
_NO = {"否", "无", "没有", "n", "no", "false", "0", ""}
_PARTS = re.compile(r"[、,，;；|\n]+")


class Bad(Exception):
    """What is wrong with one cell, as a sentence."""

    def __init__(self, says: Label) -> None:
        self.says = says
        super().__init__(str(says))


def value_from(register: Register[Any], column: Column, given: object, *, actor: Actor) -> Any:
    """The value as the model keeps it; None where the cell is empty. Raises Bad with a sentence."""
    if isinstance(given, str):
        given = given.strip()
    if given in (None, "", [], ()) and column.kind != ColumnKind.YES:
        return [] if column.kind in (ColumnKind.CHOICES, ColumnKind.AREAS) else _empty(register, column)
    reading = _READ[column.kind]
    return reading(register, column, given, actor)


def _empty(register: Register[Any], column: Column) -> Any:
    """Nothing, as the model's column says it: its default (a count of 0, an ordinary kind), or None."""
    if column.needed:
        return None
    found = register.field_of(column.name)
    if column.kind in (ColumnKind.TEXT, ColumnKind.LONG_TEXT):
        return None if found is not None and found.null else ""
    if found is None or found.null:
        return None
    return found.get_default()


def _text(register: Register[Any], column: Column, given: object, actor: Actor) -> str:
    if not isinstance(given, str):
        given = _plain(given)
    line = column.kind == ColumnKind.TEXT
    limit = column.most or _longest(register, column, LINE_LIMIT if line else MOST_LONG)
    try:
        return clean(given, limit=min(limit, WORDS_LIMIT), line=line)
    except Invalid as why:
        raise Bad(str(why)) from why


def _plain(given: object) -> str:
    if isinstance(given, int | float | Decimal | date | UUID) and not isinstance(given, bool):
        return str(given)
    raise Bad(_("这里要写文字。"))


def _longest(register: Register[Any], column: Column, otherwise: int) -> int:
    found = register.field_of(column.name)
    return (getattr(found, "max_length", None) if found is not None else None) or otherwise


def _number(register: Register[Any], column: Column, given: object, actor: Actor) -> int:
    try:
        if isinstance(given, bool) or not isinstance(given, str | int | float):
            raise ValueError
        if isinstance(given, str) and len(given) > 20:
            raise ValueError
        number = Decimal(str(given).replace(",", "").replace("，", ""))
        if number != number.to_integral_value():
            raise ValueError
        value = int(number)
    except (ValueError, InvalidOperation, OverflowError) as why:
        raise Bad(_("这里要写整数。")) from why
    most = column.most if column.most is not None else MOST_NUMBER
    if not 0 <= value <= most:
        raise Bad(_("要在 0 到 %(most)s 之间。") % {"most": most})
    return value


def _decimal(register: Register[Any], column: Column, given: object, actor: Actor) -> Decimal:
    try:
        if isinstance(given, bool) or not isinstance(given, str | int | float | Decimal) or len(str(given)) > 30:
            raise ValueError
        value = Decimal(str(given).replace(",", "").replace("，", ""))
        if not value.is_finite():
            raise ValueError
    except (ValueError, InvalidOperation) as why:
        raise Bad(_("这里要写数字。")) from why
    most = column.most if column.most is not None else 999_999_999
    if not 0 <= value <= most:
        raise Bad(_("要在 0 到 %(most)s 之间。") % {"most": most})
    found = register.field_of(column.name)
    places = getattr(found, "decimal_places", None)
    return round(value, 2 if places is None else places)


def _date(register: Register[Any], column: Column, given: object, actor: Actor) -> date:
    if isinstance(given, datetime):
        given = given.date()
    if isinstance(given, date):
        return given
    numbers = re.findall(r"\d+", str(given).split("T")[0].split(" ")[0])
    try:
        found = date(*map(int, numbers[:3]))
    except (TypeError, ValueError) as why:
        raise Bad(_("日期要像 2026-07-01 这样写。")) from why
    if not 1900 <= found.year <= 2200:
        raise Bad(_("年份要在 1900 到 2200 之间。"))
    return found


def _time(register: Register[Any], column: Column, given: object, actor: Actor) -> time:
    if isinstance(given, time):
        return given
    found = re.fullmatch(r"(\d{1,2})[:：](\d{2})(?::00)?", str(given))
    try:
        if found is None:
            raise ValueError
        return time(int(found[1]), int(found[2]))
    except ValueError as why:
        raise Bad(_("时刻要像 08:30 这样写。")) from why


def _yes(register: Register[Any], column: Column, given: object, actor: Actor) -> bool:
    if isinstance(given, bool):
        return given
    word = str("" if given is None else given).strip().lower()
    if word in _YES:
        return True
    if word in _NO:
        return False
    raise Bad(_("这里写“是”或“否”。"))


def _choice(register: Register[Any], column: Column, given: object, actor: Actor) -> str:
    return _chosen(column, str(given))


def _chosen(column: Column, word: str) -> str:
    """A stored word or its label; words that are not offered here may stay where they stand already."""
    assert column.choices is not None
    for value, label in column.choices.choices:
        if word in (value, str(label)):
            return str(value)
    shown = [str(label) for _value, label in column.offered()][:8]
    raise Bad(_("没有“%(word)s”这一项。可以写：%(labels)s。") % {"word": word[:30], "labels": listed(shown)})


def _several(given: object) -> list[str]:
    if isinstance(given, list | tuple | set | frozenset):
        parts = [str(one).strip() for one in given]
    else:
        parts = [one.strip() for one in _PARTS.split(str(given))]
    found = list(dict.fromkeys(one for one in parts if one))
    if len(found) > MOST_CHOSEN:
        raise Bad(_("最多写 %(most)s 个。") % {"most": MOST_CHOSEN})
    return found


def _choices(register: Register[Any], column: Column, given: object, actor: Actor) -> list[str]:
    assert column.choices is not None
    chosen = {_chosen(column, one) for one in _several(given)}
    return [value for value in column.choices.values if value in chosen]


def _area(register: Register[Any], column: Column, given: object, actor: Actor) -> str:
    return _known_area(str(given), actor, register)


def _known_area(code: str, actor: Actor, register: Register[Any]) -> str:
    prefixes = register.prefixes(actor)
    if not any(code.startswith(one) for one in prefixes) or not declared.areas().is_known(code):
        raise Bad(_("您的范围里没有代码为 %(code)s 的区域。请核对代码。") % {"code": code[:24]})
    return code


def _area_list(register: Register[Any], column: Column, given: object, actor: Actor) -> list[str]:
    return sorted(_known_area(one, actor, register) for one in _several(given))


def _link(register: Register[Any], column: Column, given: object, actor: Actor) -> UUID:
    if isinstance(given, Model):
        given = given.pk
    return linked(declared.get(column.links_to), str(given), actor=actor).pk  # type: ignore[no-any-return]


def linked(other: Register[Any], word: str, *, actor: Actor) -> Any:
    """The row of another register that an id or a name means, among those the actor may read."""
    try:
        wanted: UUID | None = UUID(word) if len(word) in (32, 36) else None
    except ValueError:
        wanted = None
    found: dict[Any, Any] = {}
    for branch in other.branches(actor):
        if wanted is not None:
            rows = branch.filter(pk=wanted)
        else:
            rows = branch.filter(_named(other, word))
        found |= {row.pk: row for row in rows[:2]}
    if len(found) > 1:
        raise Bad(_("有几个都叫“%(word)s”。请写它的编号。") % {"word": word[:30]})
    if not found:
        raise Bad(_("没有找到“%(word)s”。请核对名称，或者先登记它。") % {"word": word[:36]})
    return next(iter(found.values()))


def _named(other: Register[Any], word: str) -> Q:
    """Rows that a word names: by the name, or by what else the register lets stand for a row (a unique account)."""
    names = getattr(other, "named_by", ("name",) if other.field_of("name") is not None else ())
    condition = Q(pk__in=[])
    for name in names:
        condition |= Q(**{name: word})
    return condition


def _point(register: Register[Any], column: Column, given: object, actor: Actor) -> tuple[float, float]:
    try:
        if isinstance(given, list | tuple):
            lng, lat = (float(one) for one in given)
        else:
            lng, lat = (float(one) for one in re.split(r"[,，\s]+", str(given).strip(" ()（）")))
    except (TypeError, ValueError) as why:
        raise Bad(_("位置要像“113.304, 23.101”这样写：先经度，再纬度。")) from why
    if not (-180 <= lng <= 180 and -90 <= lat <= 90):
        raise Bad(_("经度和纬度超出了范围。请看看是不是写反了。"))
    return round(lng, 7), round(lat, 7)


_READ = {
    ColumnKind.TEXT: _text,
    ColumnKind.LONG_TEXT: _text,
    ColumnKind.NUMBER: _number,
    ColumnKind.DECIMAL: _decimal,
    ColumnKind.DATE: _date,
    ColumnKind.TIME: _time,
    ColumnKind.YES: _yes,
    ColumnKind.CHOICE: _choice,
    ColumnKind.CHOICES: _choices,
    ColumnKind.AREA: _area,
    ColumnKind.AREAS: _area_list,
    ColumnKind.LINK: _link,
    ColumnKind.POINT: _point,
}


def cleaned(register: Register[Any], given: dict[str, object], *, actor: Actor) -> dict[str, Any]:
    """All given cells as values; Invalid names every column with its sentence."""
    values: dict[str, Any] = {}
    errors: dict[str, list[Label]] = {}
    names = {one.name for one in register.columns if not one.derived}
    for name in given:
        if name not in names:
            errors[name] = [_("台账里没有这一列。")]
    for column in register.columns:
        if column.derived or column.name not in given:
            continue
        try:
            value = value_from(register, column, given[column.name], actor=actor)
        except Bad as why:
            errors[column.name] = [why.says]
            continue
        if column.needed and value in (None, "", []):
            errors[column.name] = [_("请填“%(label)s”。") % {"label": column.label}]
            continue
        values[column.name] = value
    if errors:
        raise Invalid(errors)
    return values


def same(one: Any, other: Any) -> bool:
    """Whether two values of a cell are one; 2.50 is 2.5, and codes have no order."""
    if isinstance(one, list) and isinstance(other, list):
        return sorted(one) == sorted(other)
    return bool((one in (None, "") and other in (None, "")) or one == other)


def sheet_text(register: Register[Any], column: Column, value: Any, row: Any = None) -> str:
    """A cell as a sheet holds it, so that reading it gives the value again."""
    if column.kind == ColumnKind.AREA:
        return str(value or "")
    if column.kind == ColumnKind.AREAS:
        return ",".join(value or [])
    if column.kind == ColumnKind.POINT and value is not None:
        return f"{value[0]!r},{value[1]!r}"
    return declared.words(register, column, value, row)


def plain(value: Any) -> Any:
    """A value as JSON keeps it; `value_from` reads it back."""
    if isinstance(value, UUID | Decimal):
        return str(value)
    if isinstance(value, date | time):
        return value.isoformat()[:5] if isinstance(value, time) else value.isoformat()
    if isinstance(value, tuple):
        return list(value)
    return value
