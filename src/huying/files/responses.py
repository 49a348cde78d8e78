"""A file as an HTTP answer. Whoever calls this has already asked the owner's app whether the viewer may see it."""

from __future__ import annotations

import logging
import re
from urllib.parse import quote

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

from huying.files import storage
from huying.files.models import Attachment
from huying.files.rules import CONTENT_TYPES, IMAGES, SOUNDS, FileKind, readable_name
from huying.kernel.refusals import NotFound

logger = logging.getLogger(__name__)
_RANGE = re.compile(r"bytes=(\d{0,12})-(\d{0,12})")


def send(attachment: Attachment, *, preview: bool, request: HttpRequest | None = None) -> HttpResponse:
    """The stored bytes (whole or preview), for this viewer's own cache only; 304 where `request` has them already.

    Photos and recordings are shown, a recording also in pieces; documents are handed over to be stored, never opened
    inside our pages. Raises NotFound if the file is not on disk, was shut away, or is past its term.
    """
    if attachment.shut or (preview and attachment.kind not in IMAGES):
        raise NotFound("file")
    etag = f'"{attachment.sha256[:32]}{"-p" if preview else ""}"'
    not_modified = get_conditional_response(request, etag=etag) if request is not None else None
    response = not_modified if not_modified is not None else _whole(attachment, preview=preview, request=request)
    response["ETag"] = etag
    # Asked again each time, so that a viewer who lost the right to see it loses the picture too.
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _whole(attachment: Attachment, *, preview: bool, request: HttpRequest | None) -> HttpResponse:
    path = storage.path_of(attachment.pk, attachment.kind, preview=preview)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        logger.exception("a stored file is missing on disk: %s", attachment.pk)
        raise NotFound("file") from None
    kind = FileKind(attachment.kind)
    response = HttpResponse(data, content_type=CONTENT_TYPES[kind])
    shown = kind in SOUNDS and (request is None or "download" not in request.GET)
    if kind in IMAGES:
        response["Content-Disposition"] = f'inline; filename="{path.name}"'
    else:
        response["Content-Disposition"] = disposition("inline" if shown else "attachment", _name(attachment))
    response["Content-Security-Policy"] = "default-src 'none'; sandbox; frame-ancestors 'none'"
    if kind in SOUNDS:
        response["Accept-Ranges"] = "bytes"
        _cut(response, data, request.headers.get("Range", "") if request is not None else "")
    return response


def _cut(response: HttpResponse, data: bytes, asked: str) -> None:
    """One piece of a recording, which players ask for; anything that is no such question gets the whole."""
    found = _RANGE.fullmatch(asked.strip())
    if found is None or not (found[1] or found[2]):
        return
    if found[1]:
        first, last = int(found[1]), min(int(found[2] or len(data)), len(data) - 1)
    else:
        first, last = max(len(data) - int(found[2]), 0), len(data) - 1
    if first > last:
        response.status_code = 416
        response.content = b""
        response["Content-Range"] = f"bytes */{len(data)}"
        return
    response.status_code = 206
    response.content = data[first : last + 1]
    response["Content-Range"] = f"bytes {first}-{last}/{len(data)}"


def _name(attachment: Attachment) -> str:
    """The sender's name with the ending that the content has."""
    ending = f".{attachment.kind}"
    stem = readable_name(attachment.name)
    if stem.lower().endswith(ending):
        stem = stem[: -len(ending)]
    return f"{stem or attachment.pk}{ending}"


def disposition(how: str, name: str) -> str:
    """A Content-Disposition that no name can break out of (RFC 6266)."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
