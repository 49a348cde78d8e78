"""Phone numbers at the doors."""

from __future__ import annotations

from huying.kernel.refusals import Invalid
from huying.kernel.terms import _
from huying.kernel.text import clean
from huying.people.rules import plain_phone


def clean_phone(value: str, field: str = "phone") -> str:
    """The number as it is kept, or Invalid with the field's name. Blank stays blank."""
    text = clean(value, limit=40, line=True, field=field)
    try:
        return plain_phone(text)
    except ValueError as why:
        raise Invalid({field: [_("电话号码看不懂。请只写数字，固定电话加区号。")]}) from why
