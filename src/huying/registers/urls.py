"""Pages of the app."""

from django.urls import path

from huying.registers import views

app_name = "registers"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("<slug:key>/", views.rows, name="list"),
    path("<slug:key>/points.json", views.points, name="points"),
    path("<slug:key>/print/", views.printed, name="print"),
    path("<slug:key>/export.csv", views.export_csv, name="csv"),
    path("<slug:key>/export.xlsx", views.export_xlsx, name="xlsx"),
    path("<slug:key>/template.xlsx", views.template, name="template"),
    path("<slug:key>/new/", views.new, name="new"),
    path("<slug:key>/import/", views.import_file, name="import"),
    path("<slug:key>/import/<uuid:draft_id>/", views.draft, name="draft"),
    path("<slug:key>/import/<uuid:draft_id>/drop/", views.drop, name="drop"),
    path("<slug:key>/bulk/", views.bulk, name="bulk"),
    path("<slug:key>/bulk/<uuid:change_id>/", views.bulk_done, name="bulk_done"),
    path("<slug:key>/bulk/<uuid:change_id>/undo/", views.undo, name="undo"),
    path("<slug:key>/<uuid:row_id>/", views.row, name="row"),
    path("<slug:key>/<uuid:row_id>/edit/", views.edit, name="edit"),
    path("<slug:key>/<uuid:row_id>/end/", views.end, name="end"),
]
