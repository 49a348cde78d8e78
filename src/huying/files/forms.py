"""A form field for several photos that survive a form which is sent back.

    class ReportForm(HoldsImages, forms.Form):
        photos = ImagesField(label=_("照片"))

    form = ReportForm(request.POST, request.FILES, request=request)
    if form.is_valid():
        for prepared in form.cleaned_data["photos"]: keep_prepared(prepared, owner_kind=..., ...)

`cleaned_data` holds a list of `PreparedImage`. Each good photo is held for the session the moment it is read, so
whatever else is wrong with the form (or whatever the action refuses), the page shows it again with a tick to keep it.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils.datastructures import MultiValueDict

from huying.files import actions, queries
from huying.files.imaging import check_size, prepare_image, thumb
from huying.files.rules import MOST_IMAGES, Limits, PreparedImage
from huying.kernel.doors import now_of
from huying.kernel.refusals import NotFound, Refusal
from huying.kernel.terms import Label, _


@dataclass
class Submitted:
    """What came with the form: new files, and tokens of photos held earlier."""

    files: list[UploadedFile[bytes]]
    tokens: list[str]


@dataclass
class Holder:
    """Holds photos for one request's session; the session is made when the first photo comes."""

    request: HttpRequest
    now: datetime

    def hold(self, prepared: PreparedImage) -> tuple[str, PreparedImage]:
        held = actions.hold_image(prepared, session_key=self._session_key(), now=self.now)
        return held.token, replace(prepared, held=held.pk, data=b"")

    def find(self, tokens: Sequence[str]) -> dict[str, PreparedImage]:
        key = self.request.session.session_key
        return queries.held_of(key, tokens, now=self.now) if key and tokens else {}

    def _session_key(self) -> str:
        if not self.request.session.session_key:
            self.request.session.create()
        return str(self.request.session.session_key)


class ImagesInput(forms.FileInput):
    """A file input for several photos, with those held from the last try above it, each with a tick to keep it."""

    template_name = "files/images_input.html"
    allow_multiple_selected = True
    needs_multipart_form = True

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"accept": "image/jpeg,image/png,image/webp", "multiple": True, **(attrs or {})})
        self.held: dict[str, PreparedImage] = {}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Submitted:
        tokens = data.getlist(f"{name}_held") if hasattr(data, "getlist") else data.get(f"{name}_held", [])
        sent = files.getlist(name) if isinstance(files, MultiValueDict) else files.get(name) or []
        return Submitted(files=list(sent) if isinstance(sent, list | tuple) else [sent], tokens=list(tokens))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in files and f"{name}_held" not in data

    def use_required_attribute(self, initial: Any) -> bool:
        return super().use_required_attribute(initial) and not self.held

    @property
    def held_photos(self) -> list[dict[str, Any]]:
        """The held photos as a page shows them: number, token, thumbnail."""
        return [
            {"token": token, "src": _data_uri(prepared), "number": number}
            for number, (token, prepared) in enumerate(self.held.items(), start=1)
        ]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        # `ui/photo_input.html` hides the input under a tile and shows the held photos beside it, by itself.
        context["held"] = [] if "data-photo-input" in (attrs or {}) else self.held_photos
        context["held_name"] = f"{name}_held"
        return context


class ImagesField(forms.Field):
    """Several photos, at most `most`; each fault is named by the photo's number and name, good photos are kept."""

    widget = ImagesInput
    default_error_messages = {"required": _("请至少选一张照片。")}
    holder: Holder | None = None

    def __init__(self, *, most: int = MOST_IMAGES, limits: Limits | None = None, **options: Any) -> None:
        self.most, self.limits = most, limits
        options.setdefault("required", False)
        super().__init__(**options)

    def clean(self, value: Submitted | None) -> list[PreparedImage]:
        value = value or Submitted([], [])
        faults: list[Label] = []
        tokens = list(dict.fromkeys(value.tokens))
        found = self.holder.find(tokens) if self.holder else {}
        kept = {token: found[token] for token in tokens if token in found}
        if len(kept) < len(tokens):
            faults.append(_("之前选的照片有的已过期。请重新选择照片。"))
        ready = list(kept.values())
        for number, file in enumerate(value.files, start=1):
            if len(ready) >= self.most:
                faults.append(_("最多 %(most)s 张照片，多出的没有收下。请去掉几张。") % {"most": self.most})
                break
            try:
                prepared = self._prepared(file, number)
                if self.holder is not None:
                    token, prepared = self.holder.hold(prepared)
                    kept[token] = prepared
            except Refusal as why:
                faults.append(str(why))
                continue
            ready.append(prepared)
        if isinstance(self.widget, ImagesInput):
            self.widget.held = kept
        if faults:
            raise ValidationError([ValidationError(str(one)) for one in faults])
        if self.required and not ready:
            raise ValidationError(self.error_messages["required"], code="required")
        return ready

    def has_changed(self, initial: Any, data: Submitted | None) -> bool:
        return bool(data and (data.files or data.tokens))

    def _prepared(self, file: UploadedFile[bytes], number: int) -> PreparedImage:
        limits = self.limits or queries.limits()
        name = file.name or ""
        # The size is looked at first, so that a huge file is never read into memory.
        check_size(file.size or 0, name=name, number=number, limits=limits)
        return prepare_image(file.read(), name=name, number=number, limits=limits)


class HoldsImages(forms.BaseForm):
    """Mix in before `forms.Form`: hands the request's session to each ImagesField of the form."""

    def __init__(self, *args: Any, request: HttpRequest | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        if request is not None:
            for field in self.fields.values():
                if isinstance(field, ImagesField):
                    field.holder = Holder(request, now_of(request))


def _data_uri(prepared: PreparedImage) -> str:
    """A thumbnail inside the page: a held photo has no address that somebody could try."""
    if prepared.held is None:
        return ""
    try:
        small = thumb(queries.preview_bytes(prepared.held, prepared.kind))
    except NotFound:
        return ""
    return "data:image/jpeg;base64," + base64.b64encode(small).decode("ascii")
