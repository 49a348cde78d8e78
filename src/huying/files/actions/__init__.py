"""Writes of files: prepare (slow, no database), keep, hold until the form is right, cover, shut away, end, erase."""

from huying.files.actions.cover import cover_held, cover_photo
from huying.files.actions.ending import end_files, set_term
from huying.files.actions.keep import (
    NewFile,
    blank_names,
    erase_files,
    hold_image,
    keep_image,
    keep_many,
    keep_prepared,
    sweep,
)
from huying.files.actions.parts import add_chunk, begin_upload, cancel_upload
from huying.files.actions.shutting import checked, scan_again
from huying.files.imaging import prepare_image

__all__ = [
    "NewFile",
    "add_chunk",
    "begin_upload",
    "blank_names",
    "cancel_upload",
    "checked",
    "cover_held",
    "cover_photo",
    "end_files",
    "erase_files",
    "hold_image",
    "keep_image",
    "keep_many",
    "keep_prepared",
    "prepare_image",
    "scan_again",
    "set_term",
    "sweep",
]
