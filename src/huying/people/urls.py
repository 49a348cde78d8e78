"""Pages of the app, under /desk/people/."""

from django.urls import path

from huying.people import views

app_name = "people"
urlpatterns = [
    path("tree/", views.tree, name="tree"),
    path("grants/", views.grants, name="grants"),
    path("grants/new/", views.grant, name="grant"),
    path("grants/requests/<uuid:pk>/", views.decide, name="decide"),
    path("grants/<uuid:pk>/end/", views.revoke, name="revoke"),
    path("seers/", views.seers, name="seers"),
    path("my-post/", views.my_post, name="my_post"),
    path("my-post/<uuid:pk>/", views.acknowledge, name="acknowledge"),
    path("accounts/<uuid:account_id>/", views.held, name="held"),
    path("accounts/<uuid:pk>/let-in/", views.let_in, name="let_in"),
    path("posts/<uuid:pk>/hand-over/", views.hand_over, name="hand_over"),
    path("<slug:kind>/<uuid:pk>/<slug:verb>/", views.step, name="step"),
]
