"""Pages of the desk."""

from django.urls import path

from huying.desk import views

app_name = "desk"
urlpatterns = [
    path("", views.mine, name="mine"),
    path("review/", views.review, name="review"),
    path("call-back/", views.callback, name="callback"),
    path("call-back/<uuid:case_id>/", views.callback_case, name="callback_case"),
    path("call-back/<uuid:case_id>/phone/", views.callback_phone, name="callback_phone"),
    path("search/", views.search, name="search"),
    path("help/", views.guide, name="help"),
    path("help/<slug:slug>/", views.help_topic, name="help_topic"),
    path("board/", views.board, name="board"),
    path("list/", views.cases, name="cases"),
    path("list/points.json", views.points, name="points"),
    path("list/box.json", views.in_box, name="box"),
    path("list/filters/", views.save_filter, name="save_filter"),
    path("list/filters/<uuid:filter_id>/remove/", views.remove_filter, name="remove_filter"),
    path("batches/", views.batches, name="batches"),
    path("batches/new/", views.new_batch, name="new_batch"),
    path("batches/<uuid:batch_id>/", views.batch, name="batch"),
    path("batches/<uuid:batch_id>/undo/", views.undo_batch, name="undo_batch"),
    path("exports/", views.exports, name="exports"),
    path("exports/case/<uuid:case_id>/", views.pack, name="pack"),
    path("exports/<uuid:export_id>/", views.export, name="export"),
    path("exports/<uuid:export_id>/file/", views.export_file, name="export_file"),
    path("checks/", views.own_checks, name="checks"),
    path("supervision/", views.supervision, name="supervision"),
    path("shifts/", views.shifts, name="shifts"),
    path("shifts/<uuid:hand_over_id>/", views.shift, name="shift"),
    path("shifts/<uuid:hand_over_id>/take/", views.take_shift, name="take_shift"),
    path("triage/", views.triage, name="triage"),
    path("triage/<uuid:case_id>/", views.triage_case, name="triage_case"),
    path("triage/<uuid:case_id>/choices/", views.triage_choices, name="triage_choices"),
    path("triage/<uuid:case_id>/answers/", views.triage_answers, name="triage_answers"),
    path("chat/", views.chat, name="chat"),
    path("new/answers/", views.answers, name="answers"),
    path("papers/<uuid:public_id>/", views.paper_files, name="paper_files"),
    path("papers/<uuid:public_id>/<uuid:file_id>/", views.paper_file, name="paper_file"),
    path("new/", views.new, name="new"),
    path("new/<uuid:report_id>/", views.receipt, name="receipt"),
    path("self/", views.self_handle, name="self"),
    path("taken/", views.taken, name="taken"),
    path("taken/<uuid:report_id>/nudge/", views.nudge, name="nudge"),
]
