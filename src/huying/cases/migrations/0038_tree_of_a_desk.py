from django.db import migrations, models


class Migration(migrations.Migration):
    """Each desk that gets a case has a tree of its own: those that began are of the desk that has the case now.

    The index is made while others write, so it stands outside a transaction; begun again, it starts anew.
    """

    atomic = False
    dependencies = [("cases", "0037_desk_trees")]

    operations = [
        migrations.RunSQL(
            "UPDATE cases_treerun r SET desk_code = c.desk_code FROM cases_case c "
            "WHERE c.id = r.case_id AND r.order_id IS NULL AND r.desk_code = ''",
            migrations.RunSQL.noop,
        ),
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL("DROP INDEX CONCURRENTLY IF EXISTS tree_run_of_desk", migrations.RunSQL.noop),
                migrations.RunSQL(
                    "CREATE UNIQUE INDEX CONCURRENTLY tree_run_of_desk ON cases_treerun (case_id, desk_code) "
                    "WHERE order_id IS NULL",
                    migrations.RunSQL.noop,
                ),
            ],
            state_operations=[
                migrations.RemoveConstraint("treerun", "tree_run_of_desk"),
                migrations.AddConstraint(
                    "treerun",
                    models.UniqueConstraint(
                        condition=models.Q(order=None), fields=("case", "desk_code"), name="tree_run_of_desk"
                    ),
                ),
            ],
        ),
    ]
