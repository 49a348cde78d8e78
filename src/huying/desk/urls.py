"""Pages of the app."""

from django.urls import URLPattern

app_name = "desk"
urlpatterns: list[URLPattern] = []
