"""A branch is not ranked: the column says which form a party organisation has."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("people", "0004_keep_places")]

    operations = [migrations.RenameField("organisation", "rank", "party_form")]
