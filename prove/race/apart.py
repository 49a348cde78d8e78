"""Which actions contests race, read from their code, and which are left apart, each with its reason.

An action that is neither is undeclared: a find of the full form and of the smoke form alike.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterable
from types import CodeType, FunctionType
from typing import Any

import huying

OWN = "one person's own sign-in, settings or reading: nobody else acts on it"
JOB = "run by the worker or the command line alone, under a lock of the queue"
PART = "a part of another act, never called by a door"
SHEET = "a sheet taken in: each row by the acts that are raced, under the same locks"
FORM = "one step of a paper of one maker; the locks and the flow are those of the acts raced beside it"
UNDER = "under its case's row lock, which the acts of the case are raced for"
ROW = "under the lock of its own row, which the sweep skips; whoever comes second is told so"
ALONE = "under the row lock of its campaign or of one place, whose state and key are read under it"
NEW = "only adds a row of its own"
STREET = "under the locks of all versions of its street, in one order: the second sees what the first chose"
HOT = "under the lock of its street's issues, which the night takes too; everything is read again under it"
LAST = "one locked row of a unit or a person: what was said last holds"
_NAMES: dict[str, str] = {
    OWN: (
        "confirm_code_address drop_code_address keep_code_address add_passkey confirm_totp "
        "make_recovery_codes remove_factor start_totp begin end_others end_sign_in sign_out change_password "
        "let_in note_sign_in note_sign_out confirm_address drop_address keep_address set_preference "
        "mark_all_read mark_read set_reporters_choice added removed open_contact open_talent open_reporter "
        "fetch "
    ),
    JOB: (
        "copy_dues end_keeping end_files scan_again bring_due_into_force effect_due_plans end_talents "
        "reseal_contacts rotate_data_key wrap_data_keys_anew make_export load_shipped_roles load_default "
        "set_term keep_archive erase_files erase_contact export_area import_open replay import_reports "
        "blank_words blank_kept revoke_all end_holds end_terms sweep take_limits propose_months remind_reviews "
        "close_exclusion close_exclusions let_first_lead let_first_receivers_lead put_back_left "
        "learn_everywhere learn_street "
    ),
    PART: (
        "append file register received register_file keep_images merge_step unmerge_step dispatch hand_out "
        "new_nomination new_talent carry_out touch_public legal_moves checked foreseen tried keep_image keep_prepared "
        "keep_contact keep_contacts contact_rows ready withdraw_consent next_round facts_of use_phone "
        "note_suggested "
    ),
    SHEET: (
        "import_sheets import_areas import_polygons apply_draft check_draft keep_draft bulk_change "
        "preview_bulk undo_bulk import_rows settle keep_old_net take_rows map_columns plan_rows "
    ),
    FORM: (
        "add_type change_limits change_public close_public draft_public approve_version send_back_version "
        "approve_wording draft_wording drop_wording send_back_wording submit_wording withdraw "
        "withdraw_grant_request nominate appoint_nominated record_election refuse_nomination "
        "withdraw_nomination hand_over raise_rank accept_help acknowledge_recognition deliver_help "
        "leave_reserve list_reserve withdraw_talent enter_talent begin_emergency end_emergency merge_nets "
        "set_duties set_standard publish_year set_hours set_digest_hours write_set decide_rule "
        "cover_photo add_chunk ask_reset decide_reset "
        "force_role unforce_role link_account unlink_account unlock decide_item open_review renew_secret "
        "write_knowledge submit_knowledge send_back_knowledge publish_knowledge review_knowledge retire_knowledge "
        "drop_knowledge replay_delivery erase_my_contact correct_month publish_month "
    ),
    UNDER: (
        "ask_whistle decide_whistle answer_whistle arrive_whistle finish_part object_to_whistle decide_objection "
        "end_whistle cancel_whistle rate_unit rate_caller climb "
        "send_errand move_errand "
        "ask_upper answer_ask fill_closing send_answer do_step record_result note_number reply_from_above send_up "
        "ask_exclusion decide_exclusion object_to_exclusion ask_confidential decide_confidential "
        "record_council ask_dial "
        "declare_incident say_of_incident end_incident join_calls look_at_joining "
    ),
    ALONE: (
        "add_spots share_spots begin_campaign close_campaign publish_campaign hide_campaign start_spot finish_spot "
        "pass_spot fail_spot recur_spot open_case "
    ),
    ROW: "answer_call ",
    STREET: "set_model ",
    HOT: "name_issue take_out put_back join_issues part_issues ",
    LAST: "set_away switch_sharing ",
    NEW: (
        "keep_shift drop_shift report_hazard take_drill_call "
        "plan_campaign "
        "find_and_handle ask_export ask_pack note_export create_organisation make_client make_webhook draw_plan "
        "send_report object_to_public receive save_filter leave_shift "
    ),
}
APART: dict[str, str] = {name: reason for reason, names in _NAMES.items() for name in names.split()}


def names_in(code: CodeType) -> set[str]:
    """Every name that a function's code speaks of, the functions inside it included."""
    found = set(code.co_names)
    for one in code.co_consts:
        if isinstance(one, CodeType):
            found |= names_in(one)
    return found


def actions() -> dict[str, str]:
    """Every action with an actor and a time that is no act of a case: its module by its name."""
    found = {}
    for module in pkgutil.walk_packages(huying.__path__, "huying."):
        if not re.search(r"\.actions(\.|$)", module.name):
            continue
        for name, one in inspect.getmembers(importlib.import_module(module.name), inspect.isfunction):
            if name.startswith("_") or inspect.unwrap(one).__module__ != module.name:
                continue
            takes = inspect.signature(one).parameters
            if "actor" in takes and "now" in takes:
                found[name] = module.name
    return found


def undeclared(contests: Iterable[Any]) -> list[tuple[str, dict[str, Any]]]:
    raced: set[str] = set()
    for one in contests:
        assert isinstance(one, FunctionType)
        raced |= names_in(one.__code__)
    return [
        ("undeclared action: neither raced nor left apart", {"action": f"{module}.{name}"})
        for name, module in sorted(actions().items())
        if name not in raced and name not in APART
    ]
