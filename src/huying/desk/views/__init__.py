"""The desk's pages: my work, the list of cases, triage, calls taken for others, matters settled on the spot."""

from huying.desk.views.answers import answers, triage_answers
from huying.desk.views.batches import batch, batches, new_batch, undo_batch
from huying.desk.views.board import board
from huying.desk.views.callback import callback, callback_case, callback_dial, callback_phone
from huying.desk.views.cases import cases, in_box, points
from huying.desk.views.chats import chat
from huying.desk.views.checks import own_checks
from huying.desk.views.exports import export, export_file, exports, pack
from huying.desk.views.finding import guide, help_topic, search
from huying.desk.views.intake import new, nudge, receipt, self_handle, taken
from huying.desk.views.keeping import remove_filter, save_filter, shift, shifts, take_shift
from huying.desk.views.mine import mine, review
from huying.desk.views.papers import paper_file, paper_files
from huying.desk.views.supervision import supervision
from huying.desk.views.triage import triage, triage_case, triage_choices, triage_place
from huying.desk.views.triage_looks import (
    set_triage_model,
    triage_limits,
    triage_model,
    triage_models,
    triage_right,
    triage_wrong,
)

__all__ = [
    "answers",
    "batch",
    "batches",
    "board",
    "callback",
    "callback_case",
    "callback_dial",
    "callback_phone",
    "cases",
    "chat",
    "export",
    "export_file",
    "exports",
    "guide",
    "help_topic",
    "in_box",
    "mine",
    "new",
    "new_batch",
    "nudge",
    "own_checks",
    "pack",
    "paper_file",
    "paper_files",
    "points",
    "receipt",
    "remove_filter",
    "review",
    "save_filter",
    "search",
    "self_handle",
    "set_triage_model",
    "shift",
    "shifts",
    "supervision",
    "take_shift",
    "taken",
    "triage",
    "triage_answers",
    "triage_case",
    "triage_choices",
    "triage_limits",
    "triage_model",
    "triage_models",
    "triage_place",
    "triage_right",
    "triage_wrong",
    "undo_batch",
]
