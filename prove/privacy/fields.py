"""Which columns hold what of persons: the one small table. A text column that stands nowhere here is a find.

What the columns say themselves is read from them: sealed bytes, hashes, choices, codes of areas and matters.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.search import SearchVectorField
from django.db import models

SEALED, WORDS, STAFF, SMALL, PLAIN = "sealed", "words", "staff", "small", "plain"

DECLARED: dict[str, dict[str, str]] = {
    WORDS: {
        # What people say of a matter. It may name somebody; it is shown to those who see the case, and nowhere else.
        "cases.Case": "title place_words answer",
        "cases.Report": "words place_words",
        "cases.Addition": "words",
        "cases.WorkOrder": "instruction result",
        "cases.Answer": "words internal sent_back_words",
        "cases.ContactAttempt": "words",
        "cases.Feedback": "words",
        "cases.SiteVisit": "words",
        "cases.Remark": "words",
        "desk.SavedFilter": "name query",
        "desk.HandOver": "words",
        "desk.Batch": "values",
        "desk.CaseExport": "query",
        "cases.Exclusion": "reason evidence objection",
        "cases.JointDecision": "minutes",
        "cases.Precedent": "facts why",
        "cases.Whistle": "reason wanted done remains end_words",
        "cases.Errand": "firm words place",
        "cases.ErrandLine": "words",
        "cases.WhistlePart": "answer_words done_words caller_words unit_words",
        "cases.Ticket": "closing reason result_words",
        "cases.TicketAsk": "reason words",
        "cases.TicketStep": "words",
        "cases.CampaignSpot": "words check_words",
        "approvals.Approval": "reason words facts",
        "notices.Objection": "words answer",
        "files.Attachment": "name opening lexemes",
        "files.HeldUpload": "name opening text",
        "files.PartialUpload": "name",
        "places.CallOut": "spot",
        "access.FactorReset": "reason",
        "people.GrantRequest": "reason words",
        "people.Nomination": "words",
    },
    STAFF: {  # of those who work here
        "people.Account": "username name",
        "access.Factor": "name",
        "clients.Client": "name hint",
        "axes.AccessAttempt": "username",
    },
    SMALL: {  # what is left in the clear of something sealed, so that its owner knows it again
        "people.Contact": "name_mask phone_tail",
        "access.CodeAddress": "tail",
        "notices.Address": "masked",
        "notices.Delivery": "masked",
        "people.Talent": "offers",
        "access.SignIn": "session_key address_prefix",
        "sessions.Session": "session_key session_data",
    },
    PLAIN: {  # places, bodies, catalogues, words for everybody, ids of other systems
        "places.*": "*",
        "insight.*": "*",  # counts, codes and ids of matters; the reason of a correction is published
        "matters.*": "*",
        "clocks.*": "*",
        "audit.*": "*",
        "cases.Tally": "state",
        "cases.TallyChange": "state",
        "contenttypes.*": "*",
        "auth.*": "*",
        "procrastinate.*": "*",
        "registers.ImportDraft": "register filename",
        "registers.BulkChange": "register column value rows",
        "people.Organisation": "name short_name phone raised_paper",
        "people.Appointment": "duties scope",
        "people.Role": "code name duties",
        "people.ConsentText": "text language",
        "people.MemberFiling": "reference",
        "people.Recognition": "title",
        "people.Nomination": "paper tally",
        "people.HubHousehold": "name",
        "people.HelpProject": "name",
        "people.Account": "language demo_role",
        "people.DataKey": "master",
        "notices.Notice": "kind title body facts object_kind once",
        "notices.Wording": "kind language title body sent_back_words",
        "notices.Delivery": "provider_id",
        "notices.Sending": "channel",
        "notices.Preference": "digest_times channels",
        "cases.Emergency": "reason",
        "notices.DigestHours": "minutes",
        "notices.PublicNotice": "title body place_words issued_by sent_back_words summary withdrawn_words",
        "access.CodeAddress": "channel",
        "access.OneTimeCode": "channel",
        "access.ForcedRole": "role_code",
        "access.Link": "issuer",
        "access.DutyUse": "duty",
        "cases.Case": "danger due_step state_before_merge catalogue_version transferred_to",
        "cases.Report": "source external_id",
        "cases.WorkOrder": "state_before clause",
        "cases.ImportRun": "source",
        "cases.Errand": "photo_ids",
        "cases.TriageModel": "measured learned_with",
        "cases.TriageLimit": "hands sent_back_words",
        "cases.CallScript": "version greeting solved satisfied anything_else thanks",
        "desk.HandOver": "facts",
        "desk.BatchLine": "why",
        "desk.CaseExport": "columns sha256",
        "cases.WhistleKind": "name callers hands sent_back_words",
        "cases.WhistleBand": "hands sent_back_words",
        "cases.Source": "name number_pattern closing columns",
        "cases.SourceStep": "name clause",
        "cases.Ticket": "seen",
        "cases.TicketStep": "name clause",
        "cases.ExclusionKind": "name needs told hands sent_back_words",
        "cases.Exclusion": "hands",
        "cases.JointDecision": "units",
        "cases.Precedent": "clause returned",
        "cases.HotIssue": "own_words",
        "cases.HotApart": "others",
        "cases.Incident": "area_codes place_words title words advice",
        "cases.IncidentWord": "words",
        "cases.Campaign": "name aim type_codes closing public_words",
        "cases.CampaignSpot": "name",
        "channels.Webhook": "url kinds",
        "clients.Client": "duties areas",
        "clients.KeptAnswer": "scope operation body",
        "approvals.Approval": "object_kind",
        "files.Attachment": "owner_kind",
        "files.Quarantined": "finding",
        "files.Removal": "counts",
        "files.HeldUpload": "session token",
        "files.PartialUpload": "session token held",
        "axes.AccessAttempt": "user_agent http_accept path_info get_data post_data ip_address",
        "axes.AccessFailureLog": "*",  # the library's own logs: switched off, and looked at to stay empty
        "axes.AccessLog": "*",
        "portal.Tries": "mark",
    },
}
ALIKE = {"places.ImportDraft.content", "registers.ImportDraft.content"}
"""Bytes that are a sheet somebody brought: kept for hours until it is taken in or dropped."""


def text_columns() -> Iterator[tuple[str, Any]]:
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            kinds = (models.CharField, models.TextField, models.JSONField, models.BinaryField, ArrayField,
                     SearchVectorField, models.GenericIPAddressField)  # fmt: skip
            if isinstance(field, kinds):
                yield f"{model._meta.label}.{field.name}", field


def kind_of(label: str, field: Any) -> str:
    """What a column holds of persons, or "" where nobody has said it."""
    inner = getattr(field, "base_field", None)
    if isinstance(field, models.BinaryField):
        return SEALED if label not in ALIKE else PLAIN
    if isinstance(field, SearchVectorField):
        return WORDS
    if field.choices or (inner is not None and inner.choices) or getattr(field, "primary_key", False):
        return PLAIN
    if "hash" in field.name or field.name in ("sha256", "digest", "password", "number"):
        return PLAIN
    if getattr(field, "db_collation", None) == "C" or getattr(inner, "db_collation", None) == "C":
        return PLAIN
    app, model, name = label.split(".")
    for kind, table in DECLARED.items():
        for row in (f"{app}.{model}", f"{app}.*"):
            if row in table and (table[row] == "*" or name in table[row].split()):
                return kind
    return ""
