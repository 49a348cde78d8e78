"""Pages of the app."""

from django.urls import path

from huying.cases import incident_views, views, whistle_views

app_name = "cases"
urlpatterns = [
    path("whistles/", whistle_views.whistles, name="whistles"),
    path("whistles/figures/", whistle_views.figures, name="whistle_figures"),
    path("whistles/<uuid:whistle_id>/", whistle_views.whistle, name="whistle"),
    path("whistles/<uuid:whistle_id>/moves/<slug:verb>/", whistle_views.move_whistle, name="move_whistle"),
    path("<uuid:case_id>/whistle/", whistle_views.ask_whistle, name="ask_whistle"),
    path("incidents/", incident_views.incidents, name="incidents"),
    path("incidents/<uuid:incident_id>/", incident_views.incident, name="incident"),
    path("incidents/<uuid:incident_id>/calls/", incident_views.incident_calls, name="incident_calls"),
    path("incidents/<uuid:incident_id>/moves/<slug:verb>/", incident_views.move_incident, name="move_incident"),
    path("<uuid:case_id>/incident/", incident_views.declare_incident, name="declare_incident"),
    path("<uuid:case_id>/", views.case, name="case"),
    path("<uuid:case_id>/moves/<slug:verb>/", views.move, name="move"),
    path("<uuid:case_id>/contact/", views.open_contact, name="open_contact"),
    path("<uuid:case_id>/sheets/<slug:kind>/", views.sheet, name="sheet"),
    path("<uuid:case_id>/sheets/<slug:kind>/word/", views.sheet_as_word, name="sheet_as_word"),
    path("<uuid:case_id>/outlines/", views.outlines, name="outlines"),
    path("<uuid:case_id>/files/<uuid:file_id>/", views.file, name="file"),
    path("<uuid:case_id>/files/<uuid:file_id>/cover/", views.cover, name="cover"),
    path("<uuid:case_id>/files/<uuid:file_id>/preview/", views.file, {"preview": True}, name="preview"),
]
