"""Forms of sign-in, of one's own sign-in security, and of the three who keep watch."""

from __future__ import annotations

from typing import Any

from django import forms

from huying.access import webauthn
from huying.kernel.terms import _
from huying.kernel.text import LINE_LIMIT, NAME_LIMIT, TextField

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


def code_field(label: object, **options: Any) -> TextField:
    return TextField(
        label=label,
        limit=40,
        line=True,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": options.pop("inputmode", "numeric"),
                "autocapitalize": "characters",
                "spellcheck": "false",
                "maxlength": 40,
            }
        ),
        error_messages={"required": _("请输入收到的数字。")},
        **options,
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


class TotpForm(forms.Form):
    code = code_field(_("6 位动态口令"))


class SentCodeForm(forms.Form):
    code = code_field(_("收到的验证码"))


class RecoveryForm(forms.Form):
    code = code_field(_("恢复码"), inputmode="text", help_text=_("12 个字母和数字，短横可以不写。每个只能用一次。"))


class CredentialForm(forms.Form):
    """What a passkey answered; filled in by the script."""

    credential = forms.CharField(max_length=webauthn.LONGEST, widget=forms.HiddenInput)


class PasskeyForm(CredentialForm):
    name = TextField(
        label=_("给它起个名字"),
        limit=NAME_LIMIT,
        name=True,
        required=False,
        widget=forms.TextInput(attrs={"maxlength": NAME_LIMIT}),
        help_text=_("例如：办公电脑、自己的手机。"),
    )


class ConfirmPasswordForm(forms.Form):
    password = password_field(_("您的密码"), "current-password")


class AddressForm(forms.Form):
    """Where codes go; the label is the channel's."""

    address = TextField(limit=64, line=True, widget=forms.TextInput(attrs={"maxlength": 64}))


class ReasonForm(forms.Form):
    reason = TextField(
        label=_("原因"),
        limit=LINE_LIMIT,
        line=True,
        widget=forms.TextInput(attrs={"maxlength": LINE_LIMIT}),
        help_text=_("例如：手机丢了，已当面核对本人。请不要写个人资料。"),
        error_messages={"required": _("请写明原因。")},
    )


class SubjectForm(forms.Form):
    subject = TextField(
        label=_("统一身份里的人员编号"),
        limit=LINE_LIMIT,
        line=True,
        widget=forms.TextInput(attrs={"maxlength": LINE_LIMIT, "autocomplete": "off", "spellcheck": "false"}),
        help_text=_("向统一身份的管理单位要。存下来的是它的指纹，页面上不再显示。"),
        error_messages={"required": _("请填写人员编号。")},
    )


class ReviewForm(forms.Form):
    area_code = forms.ChoiceField(
        label=_("哪个区域"), error_messages={"required": _("请选区域。"), "invalid_choice": _("请从列表里选区域。")}
    )
    due_on = forms.DateField(
        label=_("哪天前做完"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=_("不填就是两周以后。"),
        error_messages={"invalid": _("日期写不对。请写成 2026-01-01 这样。")},
    )

    def __init__(self, *args: Any, areas: list[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["area_code"].choices = areas  # type: ignore[attr-defined]
