"""Pages for everybody. A tracking code stands in no address: reports are named by an id that opens nothing alone."""

from django.urls import path

from huying.portal.views import home, notices, report, status, talents, track

app_name = "portal"
urlpatterns = [
    path("", home.home, name="home"),
    path("area/", home.area_page, name="area"),
    path("nearby/", home.nearby, name="nearby"),
    path("nearby/photos/<uuid:file_id>/", home.photo, name="photo_for_all"),
    path("held/", home.held, name="held"),
    path("campaigns/", home.campaigns, name="campaigns"),
    path("numbers/", home.numbers, name="numbers"),
    path("privacy/", home.privacy, name="privacy"),
    path("access/", home.access, name="access"),
    path(".well-known/security.txt", home.security, name="security"),
    path("report/", report.what, name="report"),
    path("report/guess/", report.guess, name="guess"),
    path("report/danger/", report.danger, name="danger"),
    path("report/kind/", report.kind, name="kind"),
    path("report/where/", report.where, name="where"),
    path("report/known/", report.known, name="known"),
    path("report/likely/", report.likely, name="likely"),
    path("report/check/", report.check, name="check"),
    path("report/photos/<str:token>/cover/", report.cover, name="cover"),
    path("report/again/<uuid:report_id>/", report.again, name="again"),
    path("report/done/<uuid:report_id>/", report.done, name="done"),
    path("report/done/<uuid:report_id>/code.png", report.picture, name="code_picture"),
    path("notices/", notices.papers, name="notices"),
    path("notices/<uuid:public_id>/", notices.paper, name="notice"),
    path("notices/<uuid:public_id>/object/", notices.object_to, name="notice_object"),
    path("notices/<uuid:public_id>/files/<uuid:file_id>/", notices.paper_file, name="notice_file"),
    path("notices/<uuid:public_id>/sheet/", notices.sheet, name="notice_sheet"),
    path("objections/<uuid:objection_id>/", notices.objection, name="objection"),
    path("talents/<uuid:talent_id>/", talents.talent, name="talent"),
    path("track/", track.track, name="track"),
    path("track/forget/", track.forget, name="forget"),
    path("status/<uuid:report_id>/", status.status, name="status"),
    path("status/<uuid:report_id>/photos/<uuid:file_id>/", status.photo, name="photo"),
    path("status/<uuid:report_id>/contact/", status.contact, name="contact"),
    path("status/<uuid:report_id>/private/", status.private, name="private"),
    path("status/<uuid:report_id>/<slug:name>/", status.deed, name="deed"),
]
