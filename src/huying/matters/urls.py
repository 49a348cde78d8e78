"""Pages of the app."""

from django.urls import path

from huying.matters.views import catalogue as views
from huying.matters.views import knowledge, sets

app_name = "matters"
urlpatterns = [
    path("", views.catalogue, name="catalogue"),
    path("types/<str:code>/", views.matter_type, name="type"),
    path("duties/", views.duties, name="duties"),
    path("limits/", sets.limits, name="limits"),
    path("limits/write/", sets.write, name="write_set"),
    path("limits/on/", sets.switch_on, name="switch_on"),
    path("limits/<uuid:switch_id>/back/", sets.switch_back, name="switch_back"),
    path("knowledge/", knowledge.knowledge, name="knowledge"),
    path("knowledge/new/", knowledge.new_knowledge, name="new_knowledge"),
    path("knowledge/<uuid:version_id>/", knowledge.text, name="knowledge_text"),
    path("knowledge/<uuid:version_id>/<slug:verb>/", knowledge.move_text, name="knowledge_move"),
    path("draft/", views.make_draft, name="make_draft"),
    path("versions/<str:number>/", views.version, name="version"),
    path("versions/<str:number>/export.xlsx", views.export, name="export"),
    path("versions/<str:number>/import/", views.import_sheet, name="import"),
    path("versions/<str:number>/submit/", views.submit, name="submit"),
    path("versions/<str:number>/approve/", views.approve, name="approve"),
    path("versions/<str:number>/send-back/", views.send_back, name="send_back"),
    path("versions/<str:number>/drop/", views.drop, name="drop"),
]
