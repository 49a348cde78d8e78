"""Pages of the app."""

from django.urls import path

from huying.cases import views
from huying.cases.views import emergencies

app_name = "cases"
urlpatterns = [
    path("emergencies/", emergencies.emergencies, name="emergencies"),
    path("emergencies/declare/", emergencies.declare, name="declare_emergency"),
    path("emergencies/<uuid:emergency_id>/", emergencies.emergency, name="emergency"),
    path("emergencies/<uuid:emergency_id>/end/", emergencies.end, name="end_emergency"),
    path("emergencies/<uuid:emergency_id>/hazard/", emergencies.hazard, name="report_hazard"),
    path("emergencies/<uuid:emergency_id>/shift/", emergencies.shift, name="shift"),
    path("shifts/<uuid:shift_id>/drop/", emergencies.drop_shift, name="drop_shift"),
    path("<uuid:case_id>/", views.case, name="case"),
    path("<uuid:case_id>/moves/<slug:verb>/", views.move, name="move"),
    path("<uuid:case_id>/contact/", views.open_contact, name="open_contact"),
    path("<uuid:case_id>/outlines/", views.outlines, name="outlines"),
    path("<uuid:case_id>/files/<uuid:file_id>/", views.file, name="file"),
    path("<uuid:case_id>/files/<uuid:file_id>/cover/", views.cover, name="cover"),
    path("<uuid:case_id>/files/<uuid:file_id>/preview/", views.file, {"preview": True}, name="preview"),
]
