"""The duty to keep the registers of places, for roles that stand as they were shipped."""

import django.contrib.postgres.fields
from django.db import migrations, models

SHIPPED = {
    "system_admin": ["admin_places", "admin_people", "admin_matters", "admin_clocks", "keep_people"],
    "community_secretary": [
        "read", "intake", "file", "dispatch", "handle", "sign", "verify", "check", "report", "open_contact",
        "keep_people",
    ],
    "grid_head": ["read", "verify", "check", "report", "handle"],
    "centre_head": [
        "read", "intake", "file", "dispatch", "review", "call_back", "report", "decide", "supervise", "confidential",
        "open_contact", "export", "admin_matters",
    ],
}  # fmt: skip
NEW = "keep_places"


def give(apps, schema_editor):
    for role in _roles(apps, schema_editor):
        if sorted(role.duties) == sorted(SHIPPED[role.code]):
            role.duties = [*role.duties, NEW]
            role.save(update_fields=["duties"])


def take(apps, schema_editor):
    for role in _roles(apps, schema_editor):
        if NEW in role.duties:
            role.duties = [one for one in role.duties if one != NEW]
            role.save(update_fields=["duties"])


def _roles(apps, schema_editor):
    role_model = apps.get_model("people", "Role")
    return role_model.objects.using(schema_editor.connection.alias).filter(code__in=SHIPPED)


class Migration(migrations.Migration):
    dependencies = [("people", "0003_duties")]

    operations = [
        migrations.AlterField(
            model_name="role",
            name="duties",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("intake", "受理"),
                        ("file", "立案"),
                        ("dispatch", "派单"),
                        ("handle", "办理"),
                        ("sign", "签发"),
                        ("review", "审核"),
                        ("verify", "核实"),
                        ("check", "核查"),
                        ("call_back", "回访"),
                        ("report", "上报与代报"),
                        ("decide", "审批"),
                        ("lead", "分管领导"),
                        ("supervise", "督办"),
                        ("confidential", "保密案件"),
                        ("open_contact", "查看联系方式"),
                        ("read", "查看"),
                        ("export", "导出"),
                        ("admin_places", "管理区域"),
                        ("admin_people", "管理人员"),
                        ("admin_matters", "管理事项清单"),
                        ("approve_matters", "批准事项清单"),
                        ("admin_clocks", "管理日历"),
                        ("audit", "审计"),
                        ("secure", "授权复核"),
                        ("keep_people", "登记组织与岗位"),
                        ("keep_places", "维护场所台账"),
                        ("organise", "组织议事调解"),
                    ],
                    max_length=32,
                ),
                size=None,
            ),
        ),
        migrations.RunPython(give, take),
    ]
