"""Form fields for photos, documents and a recording that survive a form which is sent back.

    class ReportForm(HoldsImages, forms.Form):
        photos = ImagesField(label=_("照片"))

    form = ReportForm(request.POST, request.FILES, request=request)
    if form.is_valid():
        for prepared in form.cleaned_data["photos"]: keep_prepared(prepared, owner_kind=..., ...)

`PapersField` and `VoiceField` do the same for documents and for a recording; their files join the photos in what an
action takes as `images`. `cleaned_data` holds a list of `PreparedImage`. Each good file is held for the session the
moment it is read, so whatever else is wrong with the form (or whatever the action refuses), the page shows it again
with a tick to keep it.
"""

from __future__ import annotations

import base64
import re
from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest
from django.utils import timezone
from django.utils.datastructures import MultiValueDict

from huying.files import actions, queries
from huying.files.imaging import check_size, prepare_image, thumb
from huying.files.reading import check_bytes, prepare_paper, prepare_sound, which_file
from huying.files.rules import (
    IMAGES,
    MOST_BOXES,
    MOST_IMAGES,
    MOST_PAPERS,
    PAPERS,
    PDF_ALONE,
    SOUNDS,
    WHOLE,
    Box,
    Limits,
    PaperLimits,
    PreparedFile,
    PreparedImage,
    SoundLimits,
    Wanted,
    pages_words,
    seconds_words,
    size_words,
)
from huying.kernel.actor import Actor, resident
from huying.kernel.doors import actor_of, now_of
from huying.kernel.refusals import Invalid, NotFound, Refusal
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

    @property
    def actor(self) -> Actor:
        return actor_of(self.request)

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


class FilesInput(forms.FileInput):
    """A file input, with the files held from the last try above it, each with a tick to keep it."""

    allow_multiple_selected = True
    needs_multipart_form = True
    accept = ""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        first: dict[str, Any] = {"accept": self.accept, **(attrs or {})}
        if self.allow_multiple_selected:
            first.setdefault("multiple", True)
        super().__init__(first)
        self.held: dict[str, PreparedFile] = {}

    def value_from_datadict(self, data: Any, files: Any, name: str) -> Submitted:
        tokens = data.getlist(f"{name}_held") if hasattr(data, "getlist") else data.get(f"{name}_held", [])
        sent = files.getlist(name) if isinstance(files, MultiValueDict) else files.get(name) or []
        return Submitted(files=list(sent) if isinstance(sent, list | tuple) else [sent], tokens=list(tokens))

    def value_omitted_from_data(self, data: Any, files: Any, name: str) -> bool:
        return name not in files and f"{name}_held" not in data

    def use_required_attribute(self, initial: Any) -> bool:
        return super().use_required_attribute(initial) and not self.held

    @property
    def held_files(self) -> list[dict[str, Any]]:
        """The held documents or recordings as a page shows them."""
        return [
            {
                "token": token,
                "name": prepared.name or str(prepared.kind.label),
                "says": " · ".join(
                    str(one)
                    for one in (
                        pages_words(prepared.kind, prepared.pages),
                        seconds_words(prepared.seconds),
                        size_words(prepared.size),
                    )
                    if one
                ),
            }
            for token, prepared in self.held.items()
        ]

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        context = super().get_context(name, None, attrs)
        context["held"] = self.held_files
        context["held_name"] = f"{name}_held"
        return context


class ImagesInput(FilesInput):
    """A file input for several photos, with those held from the last try above it, each with a tick to keep it."""

    template_name = "files/images_input.html"
    accept = "image/jpeg,image/png,image/webp"

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
        return context


class FilesField(forms.Field, ABC):
    """Several files, at most `most`; each fault is named by the file's number and name, good files are kept."""

    wanted: ClassVar[Wanted]
    kinds: Collection[str] = ()
    gone: ClassVar[Label]
    too_many: ClassVar[Label]
    holder: Holder | None = None
    joins = ""  # the argument of the action that takes these files besides its own

    def __init__(self, *, most: int, joins: str = "", **options: Any) -> None:
        self.most, self.joins = most, joins
        options.setdefault("required", False)
        super().__init__(**options)

    def clean(self, value: Submitted | None) -> list[PreparedFile]:
        value = value or Submitted([], [])
        faults: list[Label] = []
        tokens = list(dict.fromkeys(value.tokens))
        found = self.holder.find(tokens) if self.holder else {}
        kept = {token: found[token] for token in tokens if token in found and found[token].kind in self.kinds}
        if len(kept) < len(tokens):
            faults.append(self.gone)
        while len(kept) > self.most:
            kept.popitem()
            faults.append(self.too_many % {"most": self.most})
        ready = list(kept.values())
        for number, file in enumerate(value.files, start=1):
            if len(ready) >= self.most:
                faults.append(self.too_many % {"most": self.most})
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
        if isinstance(self.widget, FilesInput):
            self.widget.held = kept
        if faults:
            raise ValidationError([ValidationError(one) for one in dict.fromkeys(str(one) for one in faults)])
        if self.required and not ready:
            raise ValidationError(self.error_messages["required"], code="required")
        return ready

    def has_changed(self, initial: Any, data: Submitted | None) -> bool:
        return bool(data and (data.files or data.tokens))

    @abstractmethod
    def _prepared(self, file: UploadedFile[bytes], number: int) -> PreparedFile:
        """The file as it is kept; raises a Refusal that names it by `number` and name."""

    def _scanned(self, prepared: PreparedFile, which: str) -> PreparedFile:
        holder = self.holder
        actor = getattr(holder, "actor", None) or resident()
        return actions.checked(prepared, which=which, actor=actor, now=holder.now if holder else timezone.now())


class ImagesField(FilesField):
    """Several photos."""

    widget = ImagesInput
    wanted = Wanted.PHOTO
    kinds = IMAGES
    gone = _("之前选的照片有的已过期。请重新选择照片。")
    too_many = _("最多 %(most)s 张照片，多出的没有收下。请去掉几张。")
    default_error_messages = {"required": _("请至少选一张照片。")}

    def __init__(self, *, most: int = MOST_IMAGES, limits: Limits | None = None, **options: Any) -> None:
        self.limits = limits
        super().__init__(most=most, **options)

    def _prepared(self, file: UploadedFile[bytes], number: int) -> PreparedImage:
        limits = self.limits or queries.limits()
        name = file.name or ""
        # The size is looked at first, so that a huge file is never read into memory.
        check_size(file.size or 0, name=name, number=number, limits=limits)
        return prepare_image(file.read(), name=name, number=number, limits=limits)


class PapersInput(FilesInput):
    """A file input for documents, with those held from the last try above it."""

    template_name = "files/papers_input.html"
    accept = ".pdf,.docx,.xlsx,.pptx,.odt,.ods,.txt,.csv"


class PapersField(FilesField):
    """Documents. `pdf_alone`: what residents may add."""

    widget = PapersInput
    wanted = Wanted.PAPER
    gone = _("之前选的文件有的已过期。请重新选。")
    too_many = _("最多 %(most)s 个文件，多出的没有收下。请去掉几个。")
    default_error_messages = {"required": _("请至少选一个文件。")}

    def __init__(
        self, *, most: int = MOST_PAPERS, pdf_alone: bool = False, joins: str = "images", **options: Any
    ) -> None:
        self.kinds = PDF_ALONE if pdf_alone else PAPERS
        super().__init__(most=most, joins=joins, **options)
        if pdf_alone:
            self.widget.attrs["accept"] = ".pdf,application/pdf"

    def _prepared(self, file: UploadedFile[bytes], number: int) -> PreparedFile:
        which = which_file(file.name or "", number)
        check_bytes(file.size or 0, which=which, most=PaperLimits.bytes)
        prepared = prepare_paper(file.read(), name=file.name or "", number=number)
        if prepared.kind not in self.kinds:
            raise Invalid(_("%(which)s不是 PDF，没有收下。请另存为 PDF 再传。") % {"which": which})
        return self._scanned(prepared, which)


class VoiceInput(FilesInput):
    """A recording: made on the page where that works, chosen as a file elsewhere."""

    template_name = "files/voice_input.html"
    accept = "audio/*,.webm,.ogg,.m4a,.mp3"
    allow_multiple_selected = False


class VoiceField(FilesField):
    """One recording, for those who would rather speak. It is played, never analysed."""

    widget = VoiceInput
    wanted = Wanted.SOUND
    kinds = SOUNDS
    gone = _("之前的录音已过期。请再录一次。")
    too_many = _("只收一段录音。请去掉一段。")

    def __init__(self, *, joins: str = "images", **options: Any) -> None:
        super().__init__(most=1, joins=joins, **options)

    def _prepared(self, file: UploadedFile[bytes], number: int) -> PreparedFile:
        which = str(_("这段录音"))
        check_bytes(file.size or 0, which=which, most=SoundLimits.bytes)
        return self._scanned(prepare_sound(file.read()), which)


ROWS = 4  # rectangles that can be given by numbers at once, without scripts


class BoxesForm(forms.Form):
    """Rectangles over a photo: drawn (`boxes`, in thousandths), or by numbers in percent, row by row."""

    boxes = forms.CharField(required=False, max_length=2000, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        for row in range(1, ROWS + 1):
            for name, label in _SIDES:
                self.fields[f"{name}{row}"] = forms.IntegerField(
                    label=label,
                    required=False,
                    min_value=0,
                    max_value=100,
                    widget=forms.NumberInput(attrs={"inputmode": "numeric", "min": 0, "max": 100}),
                    error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), _("请写 0 到 100 的整数。")),
                )

    @property
    def rows(self) -> list[list[forms.BoundField]]:
        return [[self[f"{name}{row}"] for name, _label in _SIDES] for row in range(1, ROWS + 1)]

    def clean(self) -> dict[str, Any]:
        given: dict[str, Any] = super().clean() or {}
        found = _drawn(given.get("boxes") or "")
        for row in range(1, ROWS + 1):
            written = [given.get(f"{name}{row}") for name, _label in _SIDES]
            sides = [one * WHOLE // 100 for one in written if one is not None]
            if len(sides) == len(_SIDES):
                found.append(Box(*sides))
            elif sides:
                self.add_error(None, _("第 %(row)s 块没有写全：左、上、宽、高都要写。") % {"row": row})
        found = [fitted for one in found if (fitted := _fitted(one)) is not None]
        if not self.errors and not found:
            self.add_error(None, _("还没有画要遮的地方。请至少画一块。"))
        if len(found) > MOST_BOXES:
            self.add_error(None, _("最多遮 %(most)s 块。") % {"most": MOST_BOXES})
        given["found"] = found
        return given

    @property
    def found(self) -> list[Box]:
        return list(self.cleaned_data.get("found", [])) if self.is_bound and hasattr(self, "cleaned_data") else []

    @property
    def drawn(self) -> str:
        """All rectangles as the hidden field takes them again."""
        return ";".join(f"{one.left},{one.top},{one.width},{one.height}" for one in self.found)


_SIDES = (("left", _("左")), ("top", _("上")), ("width", _("宽")), ("height", _("高")))
_BOX = re.compile(r"(\d{1,4}),(\d{1,4}),(\d{1,4}),(\d{1,4})", re.ASCII)


def _drawn(text: str) -> list[Box]:
    matches = [_BOX.fullmatch(one) for one in text.split(";") if one]
    if any(one is None for one in matches):
        raise ValidationError(str(_("画的内容没有读懂。请再画一次。")))
    return [Box(*(int(side) for side in one.groups())) for one in matches if one is not None]


def _fitted(box: Box) -> Box | None:
    """The part of it that lies on the picture; nothing where none does."""
    left, top = min(box.left, WHOLE), min(box.top, WHOLE)
    width, height = min(box.width, WHOLE - left), min(box.height, WHOLE - top)
    return Box(left, top, width, height) if width > 0 and height > 0 else None


def joined(form: forms.BaseForm, given: dict[str, Any]) -> dict[str, Any]:
    """What an action takes: files of fields that join another argument are added to it."""
    taken = dict(given)
    for name, field in form.fields.items():
        if isinstance(field, FilesField) and field.joins:
            more = taken.pop(name, None) or []
            taken[field.joins] = [*(taken.get(field.joins) or []), *more]
    return taken


class HoldsImages(forms.BaseForm):
    """Mix in before `forms.Form`: hands the request's session to each field of files."""

    def __init__(self, *args: Any, request: HttpRequest | None = None, **options: Any) -> None:
        super().__init__(*args, **options)
        if request is not None:
            for field in self.fields.values():
                if isinstance(field, FilesField):
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
