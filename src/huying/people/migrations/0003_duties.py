"""New duties for roles that stand as they were shipped; a role that a street has changed stays as it is."""

from django.db import migrations

BEFORE_AND_AFTER = {
    "system_admin": (
        ["admin_places", "admin_people", "admin_matters", "admin_clocks"],
        ["admin_places", "admin_people", "admin_matters", "admin_clocks", "keep_people"],
    ),
    "security_officer": (["admin_people"], ["secure"]),
    "community_secretary": (
        ["read", "intake", "file", "dispatch", "handle", "sign", "verify", "check", "report", "open_contact"],
        [
            "read", "intake", "file", "dispatch", "handle", "sign", "verify", "check", "report", "open_contact",
            "keep_people",
        ],
    ),
}  # fmt: skip


def give(apps, schema_editor):
    _change(apps, schema_editor, forward=True)


def take(apps, schema_editor):
    _change(apps, schema_editor, forward=False)


def _change(apps, schema_editor, *, forward):
    role_model = apps.get_model("people", "Role")
    for code, (before, after) in BEFORE_AND_AFTER.items():
        old, new = (before, after) if forward else (after, before)
        role = role_model.objects.using(schema_editor.connection.alias).filter(code=code).first()
        if role is not None and sorted(role.duties) == sorted(old):
            role.duties = new
            role.save(update_fields=["duties"])


class Migration(migrations.Migration):
    dependencies = [("people", "0002_registers")]

    operations = [migrations.RunPython(give, take)]
