"""Accounts and organisations (written by the people helper)."""

from django.contrib.auth.models import AbstractUser


class Account(AbstractUser):
    pass
