"""Floor 10: the `huying` command."""
