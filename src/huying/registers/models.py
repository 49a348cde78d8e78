"""What the engine itself keeps: files between dry run and yes, and bulk changes that can be taken back."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex
from django.db import models

from huying.kernel.ids import uuid7
from huying.kernel.terms import _


class Grams(models.Func):
    """`registers_grams(words)`: the two-character pieces of a text, as a tsvector that an index can hold."""

    function = "registers_grams"
    arity = 1
    output_field = models.TextField()


class Folded(models.Func):
    """`registers_fold(words)`: full width as half width, lower case."""

    function = "registers_fold"
    arity = 1
    output_field = models.TextField()


class SearchIndex(GinIndex):
    """Holds the two-character search of one column at a hundred thousand rows: `SearchIndex("name", name="…")`.

    The migration of the app that uses it depends on `("registers", "0001_initial")`, which brings the functions.
    """

    def __init__(self, *expressions: object, name: str, **options: object) -> None:
        made = [Grams(models.F(one)) if isinstance(one, str) else one for one in expressions]
        super().__init__(*made, name=name, **options)  # type: ignore[arg-type]

    def holds(self, column: str) -> bool:
        return any(isinstance(one, Grams) and _column_of(one) == column for one in self.expressions)


def _column_of(grams: Grams) -> str:
    source = grams.get_source_expressions()[0]
    return str(getattr(source, "name", ""))


class ImportDraft(models.Model):
    """A file that was checked and waits to be applied by the person who brought it; kept for a day, sealed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    register = models.CharField(max_length=40)
    filename = models.CharField(max_length=120)
    content = models.BinaryField()
    made_by = models.UUIDField()
    made_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("待导入的表格")

    def __str__(self) -> str:
        return self.filename


class BulkChange(models.Model):
    """One column set for many rows at once: what each held before, so that it can be taken back."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    register = models.CharField(max_length=40)
    column = models.CharField(max_length=60)
    value = models.JSONField(null=True)
    rows = models.JSONField(default=list)  # [row id, value before]
    made_by = models.UUIDField(null=True)
    made_at = models.DateTimeField(db_index=True)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name = _("批量改动")

    def __str__(self) -> str:
        return f"{self.register} {self.column}"
