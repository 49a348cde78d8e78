"""Pages of the app."""

from django.urls import URLPattern

app_name = "cases"
urlpatterns: list[URLPattern] = []
