"""The two pages of covering a photo, alike for every owner: draw, then look at it covered and confirm."""

from __future__ import annotations

import base64
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpRequest

from huying.files import storage
from huying.files.forms import BoxesForm
from huying.files.imaging import burnt
from huying.files.rules import Box, FileKind
from huying.kernel.refusals import NotFound, Refusal


def page_of(
    request: HttpRequest, *, file_id: UUID, kind: str, cover: Callable[[list[Box]], object]
) -> dict[str, Any] | None:
    """What `files/cover_form.html` takes; None when it was confirmed and done. Scope is the caller's."""
    form = BoxesForm(request.POST) if request.method == "POST" else BoxesForm()
    shown = ""
    if form.is_bound and form.is_valid() and "again" not in request.POST:
        if "confirm" in request.POST:
            try:
                cover(form.found)
            except Refusal as why:
                if why.status in (401, 404):
                    raise
                form.add_error(None, str(why))
            else:
                return None
        else:
            shown = _uri(burnt(_bytes(file_id, kind), FileKind(kind), form.found).data, kind)
    return {
        "form": form,
        "covered": shown,
        "picture": "" if shown else _uri(_bytes(file_id, kind), kind),
        "bad": form.is_bound and bool(form.errors),
        "rectangles": len(form.found),
        "drawn": form.drawn,
    }


def _bytes(file_id: UUID, kind: str) -> bytes:
    try:
        return storage.path_of(file_id, kind, preview=False).read_bytes()
    except FileNotFoundError:
        raise NotFound("file") from None


def _uri(data: bytes, kind: str) -> str:
    form = "jpeg" if kind == FileKind.JPEG else "webp"
    return f"data:image/{form};base64,{base64.b64encode(data).decode('ascii')}"
