from django.db import migrations, models

HOUR = "CASE WHEN {row}.due_at IS NULL THEN 0 ELSE floor(extract(epoch FROM {row}.due_at) / 3600)::int END"
DAY = "floor((extract(epoch FROM {row}.received_at) + 28800) / 86400)::int"
KEY = f"{{row}}.area_code, {{row}}.state, left({{row}}.type_code, 2), {HOUR}, {DAY}"
INTO = "INSERT INTO cases_tallychange (area_code, state, matter, due_hour, received_day, count)"
OLD, NEW, FRESH = (KEY.format(row=one) for one in ("OLD", "NEW", "fresh"))
KEPT = ("area_code", "state", "type_code", "due_at", "received_at", "restricted")


def functions(counts: str, watched: tuple[str, ...]) -> str:
    """The triggers of 0004, which count the rows that `counts` says."""
    old, new = (", ".join(f"{row}.{one}" for one in watched) for row in ("OLD", "NEW"))
    return f"""
CREATE OR REPLACE FUNCTION huying_tally_new() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    {INTO} SELECT {FRESH}, count(*) FROM fresh WHERE {counts.format(row="fresh")}
        GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5;
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION huying_tally_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF {counts.format(row="OLD")} THEN
        {INTO} VALUES ({OLD}, -1);
    END IF;
    IF TG_OP = 'UPDATE' AND {counts.format(row="NEW")} THEN
        {INTO} VALUES ({NEW}, 1);
    END IF;
    RETURN NULL;
END
$$;
DROP TRIGGER cases_case_tally_changed ON cases_case;
CREATE TRIGGER cases_case_tally_changed AFTER UPDATE ON cases_case FOR EACH ROW
    WHEN (({old}) IS DISTINCT FROM ({new})) EXECUTE FUNCTION huying_tally_changed();
"""


# What was counted of drills until now is taken back, or counted again.
TAKE_BACK, GIVE_BACK = (
    f"{INTO} SELECT {KEY.format(row='c')}, {sign}count(*) FROM cases_case c "
    "WHERE c.drill AND NOT c.restricted GROUP BY 1, 2, 3, 4, 5;"
    for sign in ("-", "")
)
FORWARDS = functions("NOT {row}.restricted AND NOT {row}.drill", (*KEPT, "drill")) + TAKE_BACK
BACKWARDS = functions("NOT {row}.restricted", KEPT) + GIVE_BACK


class Migration(migrations.Migration):
    """Cases of a drill stand in no count of the board; a call that was taken in a drill is no hazard of a kind."""

    dependencies = [("cases", "0019_call_trees")]

    operations = [
        migrations.AlterField(
            "emergencycase",
            "hazard",
            models.CharField(
                blank=True,
                choices=[
                    ("water", "内涝积水"), ("tree", "树木倒伏"), ("falling", "高处坠落物"), ("ground", "地面塌陷"),
                    ("electric", "漏电"), ("gas", "燃气泄漏"), ("fire", "火情与冒烟"), ("lift", "电梯困人"),
                    ("escape", "疏散通道被堵"), ("other", "其他险情"),
                ],
                default="",
                max_length=12,
            ),
        ),  # fmt: skip
        migrations.RunSQL(FORWARDS, BACKWARDS),
    ]
