"""Pages of the app."""

from django.urls import path

from huying.cases import campaign_views, incident_views, views, whistle_views

app_name = "cases"
urlpatterns = [
    path("whistles/", whistle_views.whistles, name="whistles"),
    path("whistles/figures/", whistle_views.figures, name="whistle_figures"),
    path("whistles/<uuid:whistle_id>/", whistle_views.whistle, name="whistle"),
    path("whistles/<uuid:whistle_id>/moves/<slug:verb>/", whistle_views.move_whistle, name="move_whistle"),
    path("<uuid:case_id>/whistle/", whistle_views.ask_whistle, name="ask_whistle"),
    path("campaigns/", campaign_views.campaigns, name="campaigns"),
    path("campaigns/new/", campaign_views.plan_campaign, name="plan_campaign"),
    path("campaigns/<uuid:campaign_id>/", campaign_views.campaign, name="campaign"),
    path("campaigns/<uuid:campaign_id>/moves/<slug:verb>/", campaign_views.move_campaign, name="move_campaign"),
    path("campaigns/<uuid:campaign_id>/closing/", campaign_views.closing, name="campaign_closing"),
    path("campaigns/<uuid:campaign_id>/closing/word/", campaign_views.closing_as_word, name="campaign_word"),
    path("campaigns/spots/<uuid:spot_id>/", campaign_views.spot, name="campaign_spot"),
    path("campaigns/spots/<uuid:spot_id>/moves/<slug:verb>/", campaign_views.move_spot, name="move_spot"),
    path("campaigns/spots/<uuid:spot_id>/files/<uuid:file_id>/", campaign_views.spot_photo, name="spot_photo"),
    path(
        "campaigns/spots/<uuid:spot_id>/files/<uuid:file_id>/preview/",
        campaign_views.spot_photo,
        {"preview": True},
        name="spot_preview",
    ),
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
