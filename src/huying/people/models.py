"""Accounts, organisations, posts with term, roles and grants, recusal; reporters' contact data, sealed."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from huying.kernel.ids import uuid7
from huying.people.rules import Duty, OpeningPurpose, Post, RecusalReason, UnitKind
from huying.people.rules.registers import (
    Arrangement,
    CareerStep,
    DrawnFrom,
    ElectionForm,
    HeadDuty,
    HelpKind,
    HelpState,
    HubKind,
    KeepKind,
    LinkKind,
    NominationKind,
    NominationState,
    PartyRank,
    RequestState,
    ReserveState,
    Skill,
)
from huying.places.models import Building
from huying.places.rules import Tier


def code_field(**options: Any) -> Any:
    """A column of area or matter codes: compared byte by byte, so that a prefix is an index range."""
    return models.CharField(max_length=24, db_collation="C", **options)


class AccountManager(BaseUserManager["Account"]):
    pass


class Account(AbstractBaseUser):
    """One person of the staff. What the person may do lies in grants, never here."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    username = models.CharField(_("账号"), max_length=60, unique=True)
    name = models.CharField(_("姓名"), max_length=60)
    area_code = code_field()  # whose administrators keep this account
    is_active = models.BooleanField(default=True)
    must_change_password = models.BooleanField(default=False)
    language = models.CharField(max_length=10, blank=True, default="")
    demo_role = models.CharField(max_length=40, blank=True, default="")  # one click on the demo's sign-in page
    created_at = models.DateTimeField()

    objects: ClassVar[AccountManager] = AccountManager()

    USERNAME_FIELD = "username"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        indexes = [models.Index(fields=["area_code", "username"], name="people_account_area")]

    def __str__(self) -> str:
        return self.username

    @property
    def label(self) -> str:
        """How histories name this person: kind and number, never the name."""
        return f"account-{str(self.pk)[-8:]}"


class Organisation(models.Model):
    """A body that takes part: a section, a station, a committee, a firm."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=24, choices=UnitKind.choices)
    name = models.CharField(max_length=60)
    short_name = models.CharField(max_length=20)
    area_code = code_field()
    tier = models.CharField(max_length=16, choices=Tier.choices)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    phone = models.CharField(max_length=30, blank=True, default="")  # of the office, not of a person
    active = models.BooleanField(default=True)
    # Of party organisations
    party_form = models.CharField(max_length=12, choices=PartyRank.choices, blank=True, default="")
    raised_on = models.DateField(null=True, blank=True)
    raised_from = models.CharField(max_length=12, choices=PartyRank.choices, blank=True, default="")
    raised_paper = models.CharField(max_length=60, blank=True, default="")  # number of the decision
    arrangement = models.CharField(max_length=8, choices=Arrangement.choices, blank=True, default="")
    firms_covered = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["area_code", "name"], condition=Q(active=True), name="people_organisation_one_name"
            ),
        ]

    def __str__(self) -> str:
        return self.short_name


class Appointment(models.Model):
    """A person holds a post in an organisation for a term, for an area."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="appointments")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="appointments")
    post = models.CharField(max_length=32, choices=Post.choices)
    area_code = code_field()
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    # Of heads: what they look after, and where in words of places
    duties = ArrayField(models.CharField(max_length=12, choices=HeadDuty.choices), default=list, blank=True)
    scope = models.CharField(max_length=200, blank=True, default="")
    drawn_from = models.CharField(max_length=12, choices=DrawnFrom.choices, blank=True, default="")
    career = models.CharField(max_length=8, choices=CareerStep.choices, blank=True, default="")
    concurrent = models.BooleanField(default=False)  # held beside a main post
    from_unit = models.ForeignKey(  # whose member sits in another's body
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="sent"
    )
    succeeds = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="successors")

    class Meta:
        indexes = [
            models.Index(fields=["organisation", "account"], name="people_appointment_unit"),
            models.Index(fields=["area_code", "post"], name="people_appointment_area"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="people_appointment_term"
            ),
            models.UniqueConstraint(
                fields=["account", "organisation", "post", "area_code"],
                condition=Q(until__isnull=True),
                name="people_appointment_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_post_display()} {self.area_code}"


class Role(models.Model):
    """A bundle of duties under a name of the trade."""

    code = models.CharField(primary_key=True, max_length=40)
    name = models.CharField(max_length=60)
    duties = ArrayField(models.CharField(max_length=32, choices=Duty.choices))
    for_unit = models.BooleanField(default=False)
    active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.name


class RoleGrant(models.Model):
    """A role given to a person over an area, or for one unit there, for a term."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="role_grants")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="grants")
    area_code = code_field()
    unit = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="role_grants")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    granted_by = models.UUIDField(null=True, blank=True)  # null: the system
    confirmed_by = models.UUIDField(null=True, blank=True)  # the second person, where one was needed
    appointment = models.ForeignKey(Appointment, null=True, blank=True, on_delete=models.PROTECT, related_name="grants")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gte=F("since")), name="people_grant_term"
            ),
            models.UniqueConstraint(
                fields=["account", "role", "area_code", "unit"],
                condition=Q(until__isnull=True),
                nulls_distinct=False,
                name="people_grant_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role_id} {self.area_code}"


class GrantRequest(models.Model):
    """A sensitive role that one person asks for and another decides about: no grant before that."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="grant_requests")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="requests")
    area_code = code_field()
    unit = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    appointment = models.ForeignKey(Appointment, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.ASKED)
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    words = models.CharField(max_length=200, blank=True, default="")
    grant = models.OneToOneField(RoleGrant, null=True, blank=True, on_delete=models.PROTECT, related_name="request")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["granted", "refused"])
                | Q(decided_by__isnull=False) & ~Q(decided_by=F("asked_by")),
                name="people_request_decided_by_another",
            ),
            models.CheckConstraint(condition=~Q(asked_by=F("account")), name="people_request_not_for_oneself"),
            models.CheckConstraint(
                condition=~Q(state="granted") | ~Q(decided_by=F("account")), name="people_request_not_by_the_granted"
            ),
            models.UniqueConstraint(
                fields=["account", "role", "area_code", "unit"], condition=Q(state="asked"), nulls_distinct=False,
                name="people_request_one_open",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.role_id} {self.area_code} {self.state}"


class Responsibility(models.Model):
    """A unit answers for matters that begin with a code, in places that begin with a code."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="responsibilities")
    area_code = code_field()
    matter_code = code_field(blank=True, default="")  # "" means every matter
    order = models.PositiveSmallIntegerField(default=0)

    class Meta:
        indexes = [models.Index(fields=["area_code", "matter_code"], name="people_responsibility_lookup")]
        constraints = [
            models.UniqueConstraint(fields=["unit", "area_code", "matter_code"], name="people_responsibility_once"),
        ]

    def __str__(self) -> str:
        return f"{self.matter_code or '*'} {self.area_code}"


class Recusal(models.Model):
    """A unit or a person keeps away from one object; queries subtract it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    object_id = models.UUIDField()
    unit = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="recusals")
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="recusals")
    reason_code = models.CharField(max_length=20, choices=RecusalReason.choices)
    set_by = models.UUIDField(null=True, blank=True)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(unit__isnull=True, account__isnull=False) | Q(unit__isnull=False, account__isnull=True),
                name="people_recusal_unit_or_person",
            ),
            models.UniqueConstraint(
                fields=["object_id", "unit", "account"], nulls_distinct=False, name="people_recusal_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.object_id} {self.reason_code}"


class DataKey(models.Model):
    """A data key, wrapped by the master key that lies outside the database. The newest not retired one seals."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    master = models.CharField(max_length=40)
    wrapped = models.BinaryField()
    made_at = models.DateTimeField()
    retired_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                models.Value(1), condition=Q(retired_at__isnull=True), name="people_datakey_one_current"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class Contact(models.Model):
    """How to reach a reporter: sealed values, and the masked forms that lists show. No lookup by value exists."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name_sealed = models.BinaryField(null=True, blank=True)
    phone_sealed = models.BinaryField(null=True, blank=True)
    address_sealed = models.BinaryField(null=True, blank=True)
    key = models.ForeignKey(DataKey, null=True, blank=True, on_delete=models.PROTECT, related_name="contacts")
    name_mask = models.CharField(max_length=8, blank=True, default="")
    phone_tail = models.CharField(max_length=4, blank=True, default="")
    kept_at = models.DateTimeField()
    erased_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(erased_at__isnull=True)
                | Q(
                    name_sealed__isnull=True,
                    phone_sealed__isnull=True,
                    address_sealed__isnull=True,
                    key__isnull=True,
                    name_mask="",
                    phone_tail="",
                ),
                name="people_contact_erased_is_empty",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)


class ContactOpening(models.Model):
    """Somebody saw a reporter's contact data, and why. The reporter can read these rows."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="openings")
    purpose = models.CharField(max_length=16, choices=OpeningPurpose.choices)
    area_code = code_field()
    opened_by = models.UUIDField(null=True, blank=True)
    unit = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["contact", "-at"], name="people_opening_contact")]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.purpose}"


class ConsentText(models.Model):
    """The words a reporter agreed to, in one version and language; kept for ever, never edited."""

    version = models.PositiveSmallIntegerField()
    language = models.CharField(max_length=10)
    text = models.TextField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["version", "language"], name="people_consent_text_once")]

    def __str__(self) -> str:
        return f"v{self.version} {self.language}"


class Consent(models.Model):
    """A reporter agreed that contact data is kept; withdrawn at any time, and the data goes with it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="consents")
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="consents")
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contact"], condition=Q(withdrawn_at__isnull=True), name="people_consent_one_given"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contact_id} {self.text_id}"


class Away(models.Model):
    """Until which day a person is away: nothing new is given to them. No reason, no past: it goes with the day."""

    account = models.OneToOneField(Account, primary_key=True, on_delete=models.PROTECT, related_name="away")
    until = models.DateField()  # the last day

    def __str__(self) -> str:
        return f"away {self.account_id}"


# Registers: what a street sets up beside accounts and units


class InTerm(models.Model):
    """Days from which and until which something holds; `until` is the first day on which it no longer does."""

    since = models.DateField()
    until = models.DateField(null=True, blank=True)

    class Meta:
        abstract = True


class UnitLink(InTerm):
    """An organisation looks after an area, or belongs to, works with or guides another one."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="links")
    kind = models.CharField(max_length=12, choices=LinkKind.choices)
    area_code = code_field()  # the area looked after; else the unit's own
    other = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="linked_from")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="people_link_term"),
            models.CheckConstraint(
                condition=Q(kind="covers", other=None) | (~Q(kind="covers") & Q(other__isnull=False)),
                name="people_link_area_or_unit",
            ),
            models.CheckConstraint(condition=~Q(other=F("unit")), name="people_link_not_to_itself"),
            models.UniqueConstraint(
                fields=["unit", "kind", "area_code", "other"], condition=Q(until=None), nulls_distinct=False,
                name="people_link_once",
            ),
        ]  # fmt: skip

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.area_code}"


class MemberFiling(InTerm):
    """A party organisation filed how many of its members agreed to be counted. No member is named anywhere."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="filings")
    area_code = code_field()
    reference = models.CharField(max_length=40)
    counted = models.PositiveIntegerField()
    consented = models.BooleanField()  # every counted member agreed to be counted

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["unit", "reference"], name="people_filing_once"),
            models.CheckConstraint(condition=Q(consented=True), name="people_filing_consented"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="people_filing_term"),
        ]

    def __str__(self) -> str:
        return self.reference


class Recognition(models.Model):
    """One of the four ways of keeping a head: a rule applied, an allowance, a ceremony, a visit of thanks."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="recognitions")
    area_code = code_field()
    kind = models.CharField(max_length=12, choices=KeepKind.choices)
    title = models.CharField(max_length=60)
    on = models.DateField()
    amount_fen = models.PositiveIntegerField(null=True, blank=True)
    recorded_by = models.UUIDField(null=True, blank=True)
    acknowledged_at = models.DateTimeField(null=True, blank=True)  # by the person

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(amount_fen=None) | Q(kind="pay"), name="people_recognition_amount_is_pay"
            ),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def yuan(self) -> str:
        """The allowance as people write it."""
        return f"{(self.amount_fen or 0) // 100}.{(self.amount_fen or 0) % 100:02d}"


class Reserve(InTerm):
    """Somebody who is being prepared for a post: put forward by one, listed by another."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="reserves")
    area_code = code_field()
    post = models.CharField(max_length=32, choices=Post.choices)
    state = models.CharField(max_length=10, choices=ReserveState.choices, default=ReserveState.PROPOSED)
    agreed = models.BooleanField()  # the person wants to be on the list
    lead_goose = models.BooleanField(default=False)  # 头雁工程
    trained_hours = models.PositiveSmallIntegerField(default=0)
    proposed_by = models.UUIDField(null=True, blank=True)
    decided_by = models.UUIDField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(agreed=True), name="people_reserve_agreed"),
            models.CheckConstraint(
                condition=Q(decided_by=None) | Q(proposed_by=None) | ~Q(decided_by=F("proposed_by")),
                name="people_reserve_by_another",
            ),
            models.UniqueConstraint(
                fields=["account", "post", "area_code"], condition=Q(until=None), name="people_reserve_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_post_display()} {self.area_code}"


class Nomination(models.Model):
    """Somebody is put forward for a post in another body: nominated, lawfully elected, appointed by another person."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=10, choices=NominationKind.choices, default=NominationKind.CROSS)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="nominations")
    from_unit = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="sends")
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="nominations")
    post = models.CharField(max_length=32, choices=Post.choices)
    area_code = code_field()
    until = models.DateField()  # end of the term of office
    state = models.CharField(max_length=12, choices=NominationState.choices, default=NominationState.NOMINATED)
    nominated_by = models.UUIDField(null=True, blank=True)
    nominated_at = models.DateTimeField()
    form = models.CharField(max_length=16, choices=ElectionForm.choices, blank=True, default="")
    held_on = models.DateField(null=True, blank=True)
    paper = models.CharField(max_length=60, blank=True, default="")  # number of the minutes or the filing
    tally = models.JSONField(default=dict, blank=True)  # numbers of the minutes
    elected_by = models.UUIDField(null=True, blank=True)  # who took down the result
    decided_by = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    words = models.CharField(max_length=200, blank=True, default="")
    appointment = models.OneToOneField(
        Appointment, null=True, blank=True, on_delete=models.PROTECT, related_name="nomination"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(state__in=["appointed", "refused"])
                | Q(decided_by=None)
                | (~Q(decided_by=F("nominated_by")) & ~Q(decided_by=F("account"))),
                name="people_nomination_two_persons",
            ),
            models.UniqueConstraint(
                fields=["account", "organisation", "post"],
                condition=Q(state__in=["nominated", "elected"]),
                name="people_nomination_one_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_post_display()} {self.area_code}"


class Talent(InTerm):
    """A resident with a skill who agreed to be asked for deliberation or mediation, until a day or the word back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    contact = models.OneToOneField(Contact, on_delete=models.PROTECT, related_name="talent")
    area_code = code_field()
    skill = models.CharField(max_length=16, choices=Skill.choices)
    offers = models.CharField(max_length=200, blank=True, default="")  # what for, when; nothing about the person
    code_hash = models.CharField(max_length=64, unique=True)  # of the code with which the person takes the word back
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=False) & Q(until__gt=F("since")), name="people_talent_has_an_end"
            ),
        ]

    def __str__(self) -> str:
        return self.get_skill_display()


class HubHousehold(InTerm):
    """A member's household to which neighbours turn: a door, and the homes linked to it as places and counts."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=HubKind.choices, default=HubKind.HUB)
    name = models.CharField(max_length=60)  # the plate on the door, not a person's name
    area_code = code_field()
    building = models.ForeignKey(Building, null=True, blank=True, on_delete=models.PROTECT, related_name="hubs")
    unit = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="hubs")
    linked_codes = ArrayField(code_field(), default=list, blank=True)  # grids and buildings
    linked_households = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area_code", "name"], condition=Q(until=None), name="people_hub_one_name"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="people_hub_term"),
        ]

    def __str__(self) -> str:
        return self.name


class HelpProject(InTerm):
    """Help that the street buys in: from whom, what for, for how much, and whether it was delivered."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    name = models.CharField(max_length=60)
    area_code = code_field()
    kind = models.CharField(max_length=12, choices=HelpKind.choices)
    provider = models.ForeignKey(Organisation, on_delete=models.PROTECT, related_name="help_projects")
    station = models.ForeignKey(
        Organisation, null=True, blank=True, on_delete=models.PROTECT, related_name="station_projects"
    )
    lead = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="leads_projects")
    amount_fen = models.PositiveBigIntegerField(default=0)
    sessions_due = models.PositiveSmallIntegerField(default=0)
    sessions_done = models.PositiveSmallIntegerField(default=0)
    state = models.CharField(max_length=10, choices=HelpState.choices, default=HelpState.RUNNING)
    kept_by = models.UUIDField(null=True, blank=True)
    accepted_by = models.UUIDField(null=True, blank=True)
    accepted_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area_code", "name", "since"], name="people_help_once"),
            models.CheckConstraint(condition=Q(until=None) | Q(until__gt=F("since")), name="people_help_term"),
            models.CheckConstraint(
                condition=Q(accepted_by=None) | Q(kept_by=None) | ~Q(accepted_by=F("kept_by")),
                name="people_help_accepted_by_another",
            ),
        ]

    def __str__(self) -> str:
        return self.name
