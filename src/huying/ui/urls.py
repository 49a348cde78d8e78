"""Pages of ui: the gallery of components and the switch for large type."""

from django.urls import path

from huying.ui import views

app_name = "ui"
urlpatterns = [
    path("", views.gallery, name="gallery"),
    path("portal/", views.gallery_portal, name="gallery_portal"),
    path("problem/", views.gallery_problem, name="gallery_problem"),
    path("map.geojson", views.map_data, name="map_data"),
    path("type/", views.set_type, name="type"),
]
