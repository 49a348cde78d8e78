"""Pages of the app."""

from django.urls import path

from huying.clocks import views

app_name = "clocks"
urlpatterns = [
    path("", views.this_year, name="now"),
    path("<int:year>/", views.year, name="year"),
    path("<int:year>/publish/", views.publish, name="publish"),
    path("<int:year>/hours/", views.set_hours, name="hours"),
]
