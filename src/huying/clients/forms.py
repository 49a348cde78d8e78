"""The form of a new client: its name, what it may do and where, and until when."""

from __future__ import annotations

from typing import Any, cast

from django import forms

from huying.clients import queries
from huying.clients.rules import LIVES, ClientKind
from huying.kernel.actor import Actor
from huying.kernel.terms import _
from huying.kernel.text import NAME_LIMIT, TextField
from huying.places import queries as places


class ClientForm(forms.Form):
    kind = forms.ChoiceField(
        label=_("用在哪里"),
        choices=[
            (ClientKind.PERSONAL, _("个人令牌：一个程序替您办事")),
            (ClientKind.PROGRAM, _("对接程序：用编号和密钥换短时令牌")),
        ],
        widget=forms.RadioSelect,
        initial=ClientKind.PERSONAL,
    )
    name = TextField(
        label=_("名字"), limit=NAME_LIMIT, name=True, help_text=_("写明给什么程序用，比如“巡查小程序”。"),
        widget=forms.TextInput(attrs={"maxlength": NAME_LIMIT, "autocomplete": "off"}),
        error_messages={"required": _("请起个名字，写明给什么程序用。")},
    )  # fmt: skip
    duties = forms.MultipleChoiceField(
        label=_("可以做的事"), widget=forms.CheckboxSelectMultiple,
        help_text=_("只列您自己有的职责。您失去哪项，程序也马上失去。"),
        error_messages={"required": _("请至少选一项。"), "invalid_choice": _("请选您自己有的职责。")},
    )  # fmt: skip
    areas = forms.MultipleChoiceField(
        label=_("只限这些区域"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("一个都不选，就是您的全部区域。"),
        error_messages={"invalid_choice": _("请选您自己范围内的区域。")},
    )  # fmt: skip
    days = forms.TypedChoiceField(
        label=_("有效期"), coerce=int, choices=list(LIVES.items()), initial=90, widget=forms.RadioSelect
    )

    def __init__(self, *args: Any, actor: Actor, **options: Any) -> None:
        super().__init__(*args, **options)
        duties, areas = self.fields["duties"], self.fields["areas"]
        assert isinstance(duties, forms.MultipleChoiceField)
        assert isinstance(areas, forms.MultipleChoiceField)
        duties.choices = [(str(one), cast(str, one.label)) for one in queries.offered_duties(actor)]
        codes = queries.offered_areas(actor)
        below = [code for top in codes[:1] for code in places.names_within(top) if len(code) == len(top) + 3]
        areas.choices = [(code, places.name_of(code)) for code in dict.fromkeys([*codes, *sorted(below)])][:40]
