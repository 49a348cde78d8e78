"""Factors, one-time codes, sign-ins by device, roles that need a second step, links to another directory, reviews."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import F, Q

from huying.access.rules import Browser, Decision, EndedBy, FactorKind, Method, Purpose, ResetState, System, Way
from huying.kernel.ids import uuid7
from huying.people.models import Account, DataKey, RoleGrant, code_field


def _account(name: str) -> Any:
    return models.ForeignKey(Account, on_delete=models.PROTECT, related_name=name)


class Factor(models.Model):
    """A second factor of a person. It counts once it is confirmed; removed for good when it is taken away."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = _account("factors")
    kind = models.CharField(max_length=10, choices=FactorKind.choices)
    name = models.CharField(max_length=60, blank=True, default="")
    secret_sealed = models.BinaryField(null=True, blank=True)
    key = models.ForeignKey(DataKey, null=True, blank=True, on_delete=models.PROTECT, related_name="factors")
    last_step = models.BigIntegerField(default=0)  # of time-based codes: none is taken twice
    credential_id = models.BinaryField(null=True, blank=True, unique=True)
    credential = models.BinaryField(null=True, blank=True)  # the public half of a passkey
    sign_count = models.BigIntegerField(default=0)
    added_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    used_on = models.DateField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "kind"], name="access_factor_account")]
        constraints = [
            models.UniqueConstraint(fields=["account"], condition=Q(kind="totp"), name="access_factor_one_totp"),
            models.CheckConstraint(
                condition=Q(kind="totp", secret_sealed__isnull=False, key__isnull=False)
                | Q(kind="passkey", credential_id__isnull=False, credential__isnull=False),
                name="access_factor_whole",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.account_id}"


class RecoveryCode(models.Model):
    """One of the codes for the day the phone is lost: only its keyed hash is kept."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = _account("recovery_codes")
    hash = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "hash"], name="access_recovery_once")]

    def __str__(self) -> str:
        return str(self.account_id)


class CodeAddress(models.Model):
    """Where one-time codes for a person go: sealed, with the last digits for the person to know it again."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = _account("code_addresses")
    channel = models.CharField(max_length=20)
    address_sealed = models.BinaryField()
    key = models.ForeignKey(DataKey, on_delete=models.PROTECT, related_name="code_addresses")
    tail = models.CharField(max_length=4, blank=True, default="")
    added_at = models.DateTimeField()
    confirmed_at = models.DateTimeField(null=True, blank=True)
    used_on = models.DateField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "channel"], name="access_code_address_one")]

    def __str__(self) -> str:
        return f"{self.channel} {self.account_id}"


class OneTimeCode(models.Model):
    """A code that was sent: its keyed hash, for one purpose, for minutes."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = _account("one_time_codes")
    channel = models.CharField(max_length=20)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    hash = models.CharField(max_length=64)
    sent_at = models.DateTimeField()
    tries = models.PositiveSmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["account", "-sent_at"], name="access_code_account")]

    def __str__(self) -> str:
        return f"{self.channel} {self.account_id}"


class Tries(models.Model):
    """Wrong second steps of a person in a row."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, primary_key=True, related_name="tries")
    failures = models.PositiveIntegerField(default=0)
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.account_id} {self.failures}"


class SignIn(models.Model):
    """One sign-in on one device: words of the device, coarse times, a short address for thirty days."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = _account("sign_ins")
    session_key = models.CharField(max_length=40, blank=True, default="")  # empty once it has ended
    method = models.CharField(max_length=10, choices=Method.choices)
    second = models.CharField(max_length=10, choices=Way.choices, blank=True, default="")
    browser = models.CharField(max_length=10, choices=Browser.choices)
    system = models.CharField(max_length=10, choices=System.choices)
    address_prefix = models.CharField(max_length=40, blank=True, default="")
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()  # the hour
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.CharField(max_length=12, choices=EndedBy.choices, blank=True, default="")

    class Meta:
        indexes = [
            models.Index(fields=["account", "-began_at"], name="access_sign_in_account"),
            models.Index(fields=["-began_at", "-id"], name="access_sign_in_newest"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["session_key"], condition=~Q(session_key=""), name="access_sign_in_session"
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True) | Q(session_key=""), name="access_sign_in_ended_has_no_session"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.method}"

    @property
    def device(self) -> str:
        return f"{self.get_browser_display()} · {self.get_system_display()}"


class ForcedRole(models.Model):
    """A role whose holders must take a second step."""

    role_code = models.CharField(primary_key=True, max_length=40)
    set_by = models.UUIDField(null=True, blank=True)
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return self.role_code


class Link(models.Model):
    """Who in another directory is this account: a keyed hash of the directory's name for the person."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = _account("links")
    issuer = models.CharField(max_length=200)
    subject_hash = models.CharField(max_length=64)
    set_by = models.UUIDField(null=True, blank=True)
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["issuer", "subject_hash"], name="access_link_one_person"),
            models.UniqueConstraint(fields=["issuer", "account"], name="access_link_one_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.issuer} {self.account_id}"


class FactorReset(models.Model):
    """Somebody lost what they sign in with. For keepers and watchers of the system two persons are needed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = _account("factor_resets")
    area_code = code_field()
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=10, choices=ResetState.choices, default=ResetState.ASKED)
    asked_by = models.UUIDField()
    asked_at = models.DateTimeField()
    decided_by = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["account"], condition=Q(state="asked"), name="access_reset_one_open"),
            models.CheckConstraint(
                condition=Q(decided_by__isnull=True) | ~Q(decided_by=F("asked_by")), name="access_reset_by_another"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.state}"


class DutyUse(models.Model):
    """The last day on which a person opened a page that needs a duty."""

    account = _account("duty_uses")
    duty = models.CharField(max_length=32)
    day = models.DateField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "duty"], name="access_duty_use_once")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.duty}"


class Review(models.Model):
    """Who holds which grant in an area, gone through by the security officer."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    area_code = code_field()
    opened_by = models.UUIDField(null=True, blank=True)
    opened_at = models.DateTimeField()
    due_on = models.DateField()
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["area_code", "-opened_at"], name="access_review_area")]
        constraints = [
            models.UniqueConstraint(
                fields=["area_code"], condition=Q(closed_at__isnull=True), name="access_review_one_open"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.area_code} {self.due_on}"


class ReviewItem(models.Model):
    """One grant of a review: when it was last used as the review began, and what was said of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="items")
    grant = models.ForeignKey(RoleGrant, on_delete=models.PROTECT, related_name="review_items")
    last_used_on = models.DateField(null=True, blank=True)
    decision = models.CharField(max_length=6, choices=Decision.choices, blank=True, default="")
    decided_by = models.UUIDField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "grant"], name="access_review_item_once"),
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True) | ~Q(decision="") & Q(decided_at__isnull=False),
                name="access_review_item_decided",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.review_id} {self.grant_id}"
