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

    class Meta:
        indexes = [models.Index(fields=["organisation", "account"], name="people_appointment_unit")]
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
