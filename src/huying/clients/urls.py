"""Pages of the app."""

from django.urls import path

from huying.clients import views

app_name = "clients"
urlpatterns = [
    path("", views.own, name="own"),
    path("<uuid:client_id>/renew/", views.renew, name="renew"),
    path("<uuid:client_id>/revoke/", views.revoke, name="revoke"),
]
