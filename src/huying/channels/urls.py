"""Pages of the app."""

from django.urls import path

from huying.channels import views

app_name = "channels"
urlpatterns = [path("", views.live, name="live")]
