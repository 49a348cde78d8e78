"""A request that is far too big is turned away by its stated length, before a byte of it is stored."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import RequestDataTooBig
from django.core.files.uploadhandler import FileUploadHandler

from huying.files.queries import limits
from huying.files.rules import MOST_IMAGES, MOST_PAPERS, PaperLimits, SoundLimits

_SPARE = 8 * 1024 * 1024  # for the fields, the frames between files, and a sheet that is imported


class LengthGate(FileUploadHandler):
    """First of FILE_UPLOAD_HANDLERS; it takes no file itself."""

    def handle_raw_input(
        self, input_data: Any, META: Any, content_length: int, boundary: Any, encoding: str | None = None
    ) -> None:
        papers = MOST_PAPERS * PaperLimits.bytes + SoundLimits.bytes
        if content_length > MOST_IMAGES * limits().bytes + papers + _SPARE:
            raise RequestDataTooBig("the request is longer than all files of a form together")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes:
        return raw_data

    def file_complete(self, file_size: int) -> None:
        return None
