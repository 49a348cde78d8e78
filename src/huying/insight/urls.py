"""Pages of the app."""

from django.urls import path

from huying.insight import views

app_name = "insight"
urlpatterns = [
    path("", views.assess, name="assess"),
    path("cases/", views.behind, name="behind"),
    path("ahead/", views.ahead, name="ahead"),
    path("freeze/", views.freeze, name="freeze"),
    path("correct/", views.correct, name="correct"),
    path("<uuid:statement_id>/publish/", views.publish, name="publish"),
    path("terms/", views.terms, name="terms"),
    path("terms/<uuid:scoring_id>/decide/", views.decide, name="decide"),
]
