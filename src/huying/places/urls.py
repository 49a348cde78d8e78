"""Pages of the app."""

from django.urls import path

from huying.places import views

app_name = "places"
urlpatterns = [
    path("", views.tree, name="tree"),
    path("import/", views.import_file, name="import"),
    path("import/<uuid:draft_id>/", views.draft, name="draft"),
    path("import/<uuid:draft_id>/drop/", views.drop, name="drop"),
    path("polygons.json", views.polygons, name="polygons"),
    path("outlines.json", views.outlines, name="outlines"),
    path("<str:code>/", views.area, name="area"),
]
