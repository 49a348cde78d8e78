"""Pages of the app."""

from django.urls import URLPattern

app_name = "people"
urlpatterns: list[URLPattern] = []
