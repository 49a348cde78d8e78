"""Photos kept for an owner, and uploads that wait for their form to be mended."""

from __future__ import annotations

from django.db import models

from huying.files.rules import FileKind, FilePurpose
from huying.kernel.ids import uuid7
from huying.kernel.terms import _


class _Stored(models.Model):
    """What both know of the stored files."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=FileKind.choices)
    size = models.PositiveIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)

    class Meta:
        abstract = True


class Attachment(_Stored):
    """A photo of a report, an order, a check; served under its owner's address after the owner's query."""

    owner_kind = models.CharField(max_length=40)
    owner_id = models.UUIDField()
    purpose = models.CharField(max_length=10, choices=FilePurpose.choices)
    area_code = models.CharField(max_length=24, db_collation="C")
    added_at = models.DateTimeField()

    class Meta:
        verbose_name = _("照片")
        indexes = [models.Index(fields=["owner_id", "owner_kind", "id"], name="files_attachment_owner")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(purpose__in=FilePurpose.values), name="files_attachment_purpose_known"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=FileKind.values), name="files_attachment_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.owner_kind} {self.owner_id} {self.purpose} {self.pk}"


class HeldUpload(_Stored):
    """A photo of a form that was sent back: bound to the session, gone after a day; its files lie as a kept one's."""

    session = models.CharField(max_length=64)
    token = models.CharField(max_length=43, unique=True)
    held_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    claimed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("暂存照片")
        indexes = [models.Index(fields=["session"], name="files_held_session")]

    def __str__(self) -> str:
        return f"held {self.pk}"
