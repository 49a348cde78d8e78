"""Addresses of the app: uploads in parts, and the page of terms. Files themselves lie under their owners' addresses."""

from django.urls import path

from huying.files import views

app_name = "files"
urlpatterns = [
    path("parts/", views.parts, name="parts"),
    path("parts/<str:token>/", views.part, name="part"),
    path("keeping/", views.keeping, name="keeping"),
]
