"""The kernel: what every app may use and what knows no app."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "huying.kernel"
    label = "kernel"
