"""Pages of the app."""

from django.urls import path

from huying.cases import errand_views, ticket_views, views, whistle_views
from huying.cases.views import calltrees, emergencies

app_name = "cases"
urlpatterns = [
    path("emergencies/", emergencies.emergencies, name="emergencies"),
    path("emergencies/declare/", emergencies.declare, name="declare_emergency"),
    path("emergencies/<uuid:emergency_id>/", emergencies.emergency, name="emergency"),
    path("emergencies/<uuid:emergency_id>/report/", emergencies.report, name="emergency_report"),
    path("emergencies/<uuid:emergency_id>/end/", emergencies.end, name="end_emergency"),
    path("emergencies/<uuid:emergency_id>/hazard/", emergencies.hazard, name="report_hazard"),
    path("emergencies/<uuid:emergency_id>/shift/", emergencies.shift, name="shift"),
    path("shifts/<uuid:shift_id>/drop/", emergencies.drop_shift, name="drop_shift"),
    path("call-trees/<uuid:run_id>/answer/", calltrees.answer_call, name="answer_call"),
    path("whistles/", whistle_views.whistles, name="whistles"),
    path("whistles/figures/", whistle_views.figures, name="whistle_figures"),
    path("whistles/<uuid:whistle_id>/", whistle_views.whistle, name="whistle"),
    path("whistles/<uuid:whistle_id>/moves/<slug:verb>/", whistle_views.move_whistle, name="move_whistle"),
    path("errands/<uuid:errand_id>/", errand_views.errand, name="errand"),
    path("errands/<uuid:errand_id>/moves/<slug:verb>/", errand_views.move_errand, name="move_errand"),
    path("<uuid:case_id>/errand/", errand_views.send_errand, name="send_errand"),
    path("tickets/", ticket_views.tickets, name="tickets"),
    path("tickets/import/", ticket_views.bring, name="bring_tickets"),
    path("tickets/import/<uuid:draft_id>/", ticket_views.brought, name="brought_tickets"),
    path("tickets/export.<slug:form>", ticket_views.export, name="export_tickets"),
    path("tickets/<uuid:ticket_id>/", ticket_views.ticket, name="ticket"),
    path("tickets/<uuid:ticket_id>/moves/<slug:verb>/", ticket_views.move_ticket, name="move_ticket"),
    path("tickets/<uuid:ticket_id>/paper/", ticket_views.paper, name="ticket_paper"),
    path("tickets/<uuid:ticket_id>/paper/word/", ticket_views.paper_as_word, name="ticket_paper_as_word"),
    path("<uuid:case_id>/upward/", ticket_views.go_up, name="go_up"),
    path("<uuid:case_id>/whistle/", whistle_views.ask_whistle, name="ask_whistle"),
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
