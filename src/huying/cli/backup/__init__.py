"""Backups: one sealed file of everything a street owns, except the keys."""
