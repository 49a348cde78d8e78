"""Pages of the app."""

from django.urls import path

from huying.opendata import views

app_name = "opendata"
urlpatterns = [
    path("", views.exports, name="exports"),
    path("<uuid:export_id>.zip", views.download, name="download"),
]
