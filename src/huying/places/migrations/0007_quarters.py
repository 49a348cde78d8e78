import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('places', '0006_components'),
    ]

    operations = [
        migrations.AddField(
            model_name='tradeplace',
            name='grid_codes',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(db_collation='C', max_length=24), blank=True, default=list, size=None),
        ),
    ]
