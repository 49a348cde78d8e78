"""Files kept for an owner, uploads that wait for their form or are still on their way, what was shut away, terms."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from huying.files.rules import NAME_LENGTH, OPENING_LENGTH, FileKind, FilePurpose, Keeping, ScanState, Wanted
from huying.kernel.ids import uuid7
from huying.kernel.terms import _


class _Stored(models.Model):
    """What is known of the stored files."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=FileKind.choices)
    size = models.PositiveIntegerField()
    width = models.PositiveIntegerField()
    height = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    name = models.CharField(max_length=NAME_LENGTH, blank=True, default="")  # as the sender called a document
    pages = models.PositiveIntegerField(null=True, blank=True)
    seconds = models.PositiveIntegerField(null=True, blank=True)
    opening = models.CharField(max_length=OPENING_LENGTH, blank=True, default="")
    scan = models.CharField(max_length=10, choices=ScanState.choices, default=ScanState.ANEW)

    class Meta:
        abstract = True


class Attachment(_Stored):
    """A file of a report, an order, a check; served under its owner's address after the owner's query."""

    owner_kind = models.CharField(max_length=40)
    owner_id = models.UUIDField()
    purpose = models.CharField(max_length=10, choices=FilePurpose.choices)
    area_code = models.CharField(max_length=24, db_collation="C")
    added_at = models.DateTimeField()
    # What a document adds to the search row of its case: pieces of words, sorted, not its sentences.
    lexemes = ArrayField(models.TextField(), default=list, blank=True)
    covered_at = models.DateTimeField(null=True, blank=True)  # parts of the photo were hidden by hand
    emptied_at = models.DateTimeField(null=True, blank=True)  # its term is over: the file is gone, the row says so

    class Meta:
        verbose_name = _("附件")
        indexes = [
            models.Index(fields=["owner_id", "owner_kind", "id"], name="files_attachment_owner"),
            models.Index(fields=["added_at", "id"], name="files_attachment_kept", condition=models.Q(emptied_at=None)),
            models.Index(fields=["id"], name="files_attachment_unscanned", condition=models.Q(scan="unscanned")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(purpose__in=FilePurpose.values), name="files_attachment_purpose_known"
            ),
            models.CheckConstraint(condition=models.Q(kind__in=FileKind.values), name="files_attachment_kind_known"),
            models.CheckConstraint(condition=models.Q(scan__in=ScanState.values), name="files_attachment_scan_known"),
        ]

    def __str__(self) -> str:
        return f"{self.owner_kind} {self.owner_id} {self.purpose} {self.pk}"

    @property
    def shut(self) -> bool:
        """Whether it is served to nobody: shut away, or past its term."""
        return self.scan == ScanState.HIT or self.emptied_at is not None


class HeldUpload(_Stored):
    """A file of a form that was sent back: bound to the session, gone after a day; its files lie as a kept one's."""

    session = models.CharField(max_length=64)
    token = models.CharField(max_length=43, unique=True)
    held_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    text = models.TextField(blank=True, default="")  # until it is claimed

    class Meta:
        verbose_name = _("暂存文件")
        indexes = [models.Index(fields=["session"], name="files_held_session")]

    def __str__(self) -> str:
        return f"held {self.pk}"


class PartialUpload(models.Model):
    """An upload in parts: how far it came stands here, the parts lie on disk, so both outlive a restart."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session = models.CharField(max_length=64)
    token = models.CharField(max_length=43, unique=True)
    wanted = models.CharField(max_length=8, choices=Wanted.choices)
    name = models.CharField(max_length=NAME_LENGTH, blank=True)
    size = models.PositiveIntegerField()
    offset = models.PositiveIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True)  # of the whole, where the sender said it
    began_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    held = models.CharField(max_length=43, blank=True)  # the token of the held upload that it became

    class Meta:
        verbose_name = _("分段上传")
        indexes = [models.Index(fields=["session"], name="files_partial_session")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(offset__lte=models.F("size")), name="files_partial_offset_within"
            ),
        ]

    def __str__(self) -> str:
        return f"partial {self.pk}"


class Quarantined(models.Model):
    """A file in which the scanner found something: kept apart for a while, served to nobody."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=8, choices=FileKind.choices)
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    finding = models.CharField(max_length=60)
    found_at = models.DateTimeField(db_index=True)
    attachment_id = models.UUIDField(null=True, blank=True)  # where it was kept before the scanner knew
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("被隔离的文件")

    def __str__(self) -> str:
        return f"quarantined {self.pk}"


class KeepingTerm(models.Model):
    """How many days after the end of its case a kind of file is kept, where the house decided it for itself."""

    what = models.CharField(primary_key=True, max_length=16, choices=Keeping.choices)
    days = models.PositiveIntegerField()
    changed_at = models.DateTimeField()
    changed_by = models.UUIDField(null=True, blank=True)

    class Meta:
        verbose_name = _("保存期限")

    def __str__(self) -> str:
        return f"{self.what} {self.days}"


class Removal(models.Model):
    """One line of the ledger of removals: when, and how many of each kind. Which ones stand in the history by id."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    at = models.DateTimeField(db_index=True)
    counts = models.JSONField()

    class Meta:
        verbose_name = _("移除记录")

    def __str__(self) -> str:
        return f"removal {self.pk}"
