"""Tables that the references write to: made by bench in its own copy of a world, before it serves."""

TABLES = (
    "CREATE TABLE IF NOT EXISTS bench_first (id uuid PRIMARY KEY, words text NOT NULL, at timestamptz NOT NULL)",
    """CREATE TABLE IF NOT EXISTS bench_second (
        id uuid PRIMARY KEY, first_id uuid NOT NULL REFERENCES bench_first, facts jsonb NOT NULL
    )""",
)
