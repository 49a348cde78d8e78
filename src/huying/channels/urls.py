"""Pages of the app."""

from django.urls import URLPattern

app_name = "channels"
urlpatterns: list[URLPattern] = []
