"""The pages of ui alone, so that these tests stand on this floor."""

from django.urls import include, path

urlpatterns = [path("ui/", include("huying.ui.urls")), path("i18n/", include("django.conf.urls.i18n"))]
