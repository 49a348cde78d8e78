"""Pages of the app."""

from django.urls import path

from huying.notices import views

app_name = "notices"
urlpatterns = [
    path("", views.mine, name="mine"),
    path("bell/", views.bell, name="bell"),
    path("read/", views.read_all, name="read_all"),
    path("<uuid:notice_id>/open/", views.open_notice, name="open"),
    path("settings/", views.preferences, name="preferences"),
    path("settings/address/", views.keep_address, name="keep_address"),
    path("settings/confirm/", views.confirm_address, name="confirm_address"),
    path("settings/drop/", views.drop_address, name="drop_address"),
    path("admin/", views.admin, name="admin"),
    path("digests/", views.digest_hours, name="digest_hours"),
    path("dead/", views.dead, name="dead"),
    path("dead/<uuid:delivery_id>/replay/", views.replay, name="replay"),
    path("words/<slug:kind>/<slug:channel>/<slug:language>/", views.words, name="words"),
    path("versions/<uuid:wording_id>/", views.wording, name="wording"),
    path("versions/<uuid:wording_id>/<slug:verb>/", views.wording_move, name="wording_move"),
    path("public/", views.publics, name="publics"),
    path("public/new/", views.new_public, name="new_public"),
    path("public/<uuid:public_id>/", views.public, name="public"),
    path("public/<uuid:public_id>/edit/", views.edit_public, name="edit_public"),
    path("public/<uuid:public_id>/moves/<slug:verb>/", views.public_move, name="public_move"),
    path("public/<uuid:public_id>/objections/<uuid:objection_id>/answer/", views.answer, name="answer"),
]
