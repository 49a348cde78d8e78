"""Forms of sign-in and password."""

from __future__ import annotations

from django import forms

from huying.kernel.terms import _
from huying.kernel.text import NAME_LIMIT, TextField

PASSWORD_LIMIT = 200


def password_field(label: object, autocomplete: str, **options: object) -> forms.CharField:
    return forms.CharField(
        label=label,  # type: ignore[arg-type]
        strip=False,
        max_length=PASSWORD_LIMIT,
        widget=forms.PasswordInput(attrs={"autocomplete": autocomplete, "maxlength": PASSWORD_LIMIT}),
        error_messages={"required": _("请输入密码。")},
        **options,  # type: ignore[arg-type]
    )


class SignInForm(forms.Form):
    username = TextField(
        label=_("账号"),
        limit=NAME_LIMIT,
        name=True,
        widget=forms.TextInput(
            attrs={"autocomplete": "username", "autocapitalize": "none", "spellcheck": "false", "maxlength": NAME_LIMIT}
        ),
        error_messages={"required": _("请输入账号。")},
    )
    password = password_field(_("密码"), "current-password")


class PasswordForm(forms.Form):
    old = password_field(_("现在的密码"), "current-password")
    password = password_field(_("新密码"), "new-password", help_text=_("至少 10 位，不要全是数字，不要和账号相近。"))
    again = password_field(_("再输一遍新密码"), "new-password")

    def clean_again(self) -> str:
        again: str = self.cleaned_data["again"]
        if again != self.cleaned_data.get("password", again):
            raise forms.ValidationError(_("两次输入的新密码不一样。请重新输入。"))
        return again


class DemoForm(forms.Form):
    account = forms.UUIDField()
