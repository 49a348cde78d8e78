"""Cameras and doors that stood among the facilities move to the register of devices, so that each is counted once."""

from django.db import migrations

KINDS = {"camera": "camera", "access_door": "card_door"}


def move(apps, schema_editor):
    facility, device = apps.get_model("places", "Facility"), apps.get_model("places", "Device")
    alias = schema_editor.connection.alias
    for row in facility.objects.using(alias).filter(kind__in=KINDS).iterator(chunk_size=500):
        device.objects.using(alias).create(
            id=row.id, area_code=row.area_code, name=row.name, lng=row.lng, lat=row.lat, geometry=row.geometry,
            until=row.until, kind=KINDS[row.kind], estate_id=row.estate_id, condition=row.condition, keeper=row.keeper,
        )  # fmt: skip
        row.delete()


def back(apps, schema_editor):
    facility, device = apps.get_model("places", "Facility"), apps.get_model("places", "Device")
    alias = schema_editor.connection.alias
    kinds = {new: old for old, new in KINDS.items()}
    for row in device.objects.using(alias).filter(kind__in=kinds).iterator(chunk_size=500):
        facility.objects.using(alias).create(
            id=row.id, area_code=row.area_code, name=row.name, lng=row.lng, lat=row.lat, geometry=row.geometry,
            until=row.until, kind=kinds[row.kind], estate_id=row.estate_id, condition=row.condition, keeper=row.keeper,
        )  # fmt: skip
        row.delete()


class Migration(migrations.Migration):
    dependencies = [("places", "0003_registers")]

    operations = [migrations.RunPython(move, back)]
