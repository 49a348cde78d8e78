"""A photo as an HTTP answer. Whoever calls this has already asked the owner's app whether the viewer may see it."""

from __future__ import annotations

import logging

from django.http import HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response

from huying.files import storage
from huying.files.models import Attachment
from huying.files.rules import CONTENT_TYPES, FileKind
from huying.kernel.refusals import NotFound

logger = logging.getLogger(__name__)


def send(attachment: Attachment, *, preview: bool, request: HttpRequest | None = None) -> HttpResponse:
    """The stored bytes (whole or preview), for this viewer's own cache only; 304 where `request` has them already.

    Raises NotFound if the file is not on disk.
    """
    etag = f'"{attachment.sha256[:32]}{"-p" if preview else ""}"'
    not_modified = get_conditional_response(request, etag=etag) if request is not None else None
    response = not_modified if not_modified is not None else _whole(attachment, preview=preview)
    response["ETag"] = etag
    # Asked again each time, so that a viewer who lost the right to see it loses the picture too.
    response["Cache-Control"] = "private, no-cache"
    response["X-Content-Type-Options"] = "nosniff"
    return response


def _whole(attachment: Attachment, *, preview: bool) -> HttpResponse:
    path = storage.path_of(attachment.pk, attachment.kind, preview=preview)
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        logger.exception("a stored photo is missing on disk: %s", attachment.pk)
        raise NotFound("file") from None
    response = HttpResponse(data, content_type=CONTENT_TYPES[FileKind(attachment.kind)])
    response["Content-Disposition"] = f'inline; filename="{path.name}"'
    response["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
