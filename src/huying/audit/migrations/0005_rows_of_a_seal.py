import django.contrib.postgres.constraints
from django.db import migrations, models

import huying.audit.models
from huying.audit import append_only

TABLE = "audit_sealed"
# Nothing is sealed meanwhile. What readers are kept from is short: the old table goes last.
TOGETHER = f"""
DO $$ BEGIN PERFORM pg_advisory_xact_lock(4829301); END $$;
CREATE TABLE {TABLE}_anew (
    seal bigint NOT NULL CONSTRAINT {TABLE}_anew_pkey PRIMARY KEY,
    ids int8multirange NOT NULL,
    hashes bytea NOT NULL,
    CONSTRAINT {TABLE}_once EXCLUDE USING gist (ids WITH &&)
);
ALTER TABLE {TABLE}_anew ALTER COLUMN hashes SET STORAGE EXTERNAL;
INSERT INTO {TABLE}_anew (seal, ids, hashes)
    SELECT seal, range_agg(int8range(history_id, history_id, '[]')), string_agg(row_hash, ''::bytea ORDER BY history_id)
    FROM {TABLE} GROUP BY seal;
DROP TABLE {TABLE};
ALTER TABLE {TABLE}_anew RENAME TO {TABLE};
ALTER INDEX {TABLE}_anew_pkey RENAME TO {TABLE}_pkey;
{append_only.triggers(TABLE)}
"""
APART = f"""
DO $$ BEGIN PERFORM pg_advisory_xact_lock(4829301); END $$;
CREATE TABLE {TABLE}_anew (
    history_id bigint NOT NULL CONSTRAINT {TABLE}_anew_pkey PRIMARY KEY, seal bigint NOT NULL, row_hash bytea NOT NULL
);
INSERT INTO {TABLE}_anew (history_id, seal, row_hash)
    SELECT one.id, s.seal, substring(s.hashes FROM (one.place::int - 1) * 32 + 1 FOR 32)
    FROM {TABLE} s, LATERAL (
        SELECT id, row_number() OVER (ORDER BY id) AS place
        FROM unnest(s.ids) AS run, generate_series(lower(run), upper(run) - 1) AS id
    ) AS one;
DROP TABLE {TABLE};
ALTER TABLE {TABLE}_anew RENAME TO {TABLE};
ALTER INDEX {TABLE}_anew_pkey RENAME TO {TABLE}_pkey;
CREATE INDEX {TABLE}_seal_5a3ea3b2 ON {TABLE} (seal);
{append_only.triggers(TABLE)}
"""


class Migration(migrations.Migration):
    """One row for each seal, with the numbers of its history rows as runs and their hashes one behind the other.

    A row for each history row took four times as much. Seals and hashes stay what they are: the digest of a seal is
    that of its `hashes`.
    """

    dependencies = [("audit", "0004_lighter_indexes")]

    operations = [
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.DeleteModel("Sealed"),
                migrations.CreateModel(
                    name="Sealed",
                    fields=[
                        ("seal", models.BigIntegerField(primary_key=True, serialize=False)),
                        ("ids", huying.audit.models.Runs()),
                        ("hashes", models.BinaryField()),
                    ],
                    options={
                        "verbose_name": "已封存的记录",
                        "constraints": [
                            django.contrib.postgres.constraints.ExclusionConstraint(
                                expressions=[("ids", "&&")], name="audit_sealed_once"
                            )
                        ],
                    },
                ),
            ],
            database_operations=[migrations.RunSQL(TOGETHER, APART)],
        )
    ]
