import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models
from django.db.models import F, Q

import huying.kernel.ids

STATES = [("waiting", "待批准"), ("approved", "已批准"), ("refused", "没有同意")]
RULES = {"exclusionkind": "exclusion_kind", "whistlekind": "whistle_kind", "whistleband": "whistle_band"}
WHICH = {"exclusionkind": "code", "whistlekind": "code", "whistleband": "digits"}
HOLDERS = {"exclusionkind": "exclusion", "whistlekind": "whistle"}
UUID = "('00000000-0000-7000-8000-' || lpad(to_hex({}), 12, '0'))::uuid"


def _numbered(rule):
    """Statements that give the rows of a table of rules ids as all other rows have, in the order of their numbers."""
    table, holder = f"cases_{rule}", f"cases_{HOLDERS.get(rule, '')}"
    told = [f"ALTER TABLE {table} ADD COLUMN uid uuid", f"UPDATE {table} SET uid = {UUID.format('id')}"]
    if rule in HOLDERS:
        told += [
            f"ALTER TABLE {holder} ADD COLUMN kind_uid uuid",
            f"UPDATE {holder} SET kind_uid = {UUID.format('kind_id')}",
            "SET CONSTRAINTS ALL IMMEDIATE",
            f"ALTER TABLE {holder} DROP COLUMN kind_id",
            f"ALTER TABLE {holder} RENAME COLUMN kind_uid TO kind_id",
            f"ALTER TABLE {holder} ADD CONSTRAINT {rule}_there CHECK (kind_id IS NOT NULL) NOT VALID",
            f"ALTER TABLE {holder} VALIDATE CONSTRAINT {rule}_there",
            f"ALTER TABLE {holder} ALTER COLUMN kind_id SET NOT NULL",
            f"ALTER TABLE {holder} DROP CONSTRAINT {rule}_there",
        ]
    told += [
        f"ALTER TABLE {table} DROP COLUMN id",
        f"ALTER TABLE {table} RENAME COLUMN uid TO id",
        f"ALTER TABLE {table} ADD CONSTRAINT {table}_pkey PRIMARY KEY (id)",
    ]
    if rule in HOLDERS:
        told += [
            f"ALTER TABLE {holder} ADD CONSTRAINT {holder}_kind_id_fk FOREIGN KEY (kind_id) REFERENCES {table} (id) "
            "DEFERRABLE INITIALLY DEFERRED NOT VALID",
            f"ALTER TABLE {holder} VALIDATE CONSTRAINT {holder}_kind_id_fk",
        ]
    return told


def _id():
    return models.UUIDField(default=huying.kernel.ids.uuid7, editable=False, primary_key=True, serialize=False)


def _columns(rule):
    hands = django.contrib.postgres.fields.ArrayField(
        base_field=models.UUIDField(), blank=True, default=list, size=None
    )
    fields = {
        "area_code": models.CharField(blank=True, db_collation="C", default="", max_length=24),
        "ended": models.BooleanField(default=False),
        "state": models.CharField(choices=STATES, default="approved", max_length=10),  # what is there holds
        "hands": hands,
        "decided_by": models.UUIDField(null=True),
        "decided_at": models.DateTimeField(null=True),
        "sent_back_words": models.CharField(blank=True, default="", max_length=200),
    }
    if rule == "whistleband":
        fields["version"] = models.PositiveSmallIntegerField(default=1)
    new = models.CharField(choices=STATES, default="waiting", max_length=10)
    return [
        *(migrations.AddField(rule, name, field) for name, field in fields.items()),
        migrations.AlterField(rule, "state", new),
    ]


def _constraints(rule):
    name, which = RULES[rule], WHICH[rule]
    kept = [
        models.UniqueConstraint(fields=("area_code", which, "version"), name=f"{name}_once"),
        models.UniqueConstraint(
            condition=~Q(state="refused"), fields=("area_code", which, "valid_from"), name=f"{name}_a_day"
        ),
        models.CheckConstraint(
            condition=~Q(state="approved")
            | Q(area_code="")
            | (Q(decided_by__isnull=False) & ~Q(hands__contains=[F("decided_by")])),
            name=f"{name}_two",
        ),
    ]
    return [
        migrations.RemoveConstraint(rule, f"{name}_once"),
        *(migrations.AddConstraint(rule, one) for one in kept),
    ]


class Migration(migrations.Migration):
    """What a street decides for itself as versions of its own, each written by one person and approved by another."""

    dependencies = [("cases", "0030_step_index")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL([one for rule in RULES for one in _numbered(rule)])],
            state_operations=[
                *(migrations.AlterField(rule, "id", _id()) for rule in RULES),
                *(
                    migrations.AlterField(
                        holder,
                        "kind",
                        models.ForeignKey(
                            db_index=False, on_delete=django.db.models.deletion.PROTECT, to=f"cases.{rule}"
                        ),
                    )
                    for rule, holder in HOLDERS.items()
                ),
            ],
        ),
        migrations.AlterField(
            "whistlekind",
            "callers",
            django.contrib.postgres.fields.ArrayField(
                base_field=models.PositiveSmallIntegerField(), default=list, size=None
            ),
        ),
        *(one for rule in RULES for one in (*_columns(rule), *_constraints(rule))),
    ]
