"""Pages of the app."""

from django.urls import path

from huying.registers import views

app_name = "registers"
urlpatterns = [
    path("", views.overview, name="overview"),
]
