from django.db import migrations

# As `actions.tallying` counts anew; nothing is folded in yet. Keys below zero are not those of a trigger's rows, and the
# same however often this was begun.
COUNT = """
INSERT INTO cases_tallychange (id, area_code, state, matter, due_hour, received_day, count)
SELECT -row_number() OVER (ORDER BY area_code, state, matter, due_hour, received_day),
    area_code, state, matter, due_hour, received_day, sum(count)
FROM (
    SELECT area_code, state, left(type_code, 2) AS matter,
        CASE WHEN due_at IS NULL THEN 0 ELSE floor(extract(epoch FROM due_at) / 3600)::int END AS due_hour,
        floor((extract(epoch FROM received_at) + 28800) / 86400)::int AS received_day, 1 AS count
    FROM cases_case WHERE NOT restricted AND (ended_at IS NULL OR received_at > now() - interval '40 days')
    UNION ALL
    SELECT area_code, state, matter, due_hour, received_day, -count FROM cases_tallychange
) counted
GROUP BY area_code, state, matter, due_hour, received_day HAVING sum(count) <> 0
"""

# What was folded in since is not subtracted above: going forward again would count it twice.
FORGET = "DELETE FROM cases_tally; DELETE FROM cases_tallychange"


class Migration(migrations.Migration):
    """The cases that were there before. Nobody waits: they are read as of one moment, and acts write beside it."""

    dependencies = [("cases", "0004_tallies")]

    operations = [migrations.RunSQL(COUNT, FORGET)]
