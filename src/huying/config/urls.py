"""Where every page is mounted."""

from django.urls import include, path

from huying.clients.views import token
from huying.config import api

urlpatterns = [
    path("", include("huying.portal.urls")),
    path("", include("huying.access.urls")),
    path("desk/", include("huying.desk.urls")),
    path("desk/cases/", include("huying.cases.urls")),
    path("desk/assess/", include("huying.insight.urls")),
    path("desk/matters/", include("huying.matters.urls")),
    path("desk/places/", include("huying.places.urls")),
    path("desk/exports/", include("huying.opendata.urls")),
    path("desk/registers/", include("huying.registers.urls")),
    path("desk/people/", include("huying.people.urls")),
    path("desk/calendar/", include("huying.clocks.urls")),
    path("desk/clients/", include("huying.clients.urls")),
    path("desk/notices/", include("huying.notices.urls")),
    path("files/", include("huying.files.urls")),
    path("ui/", include("huying.ui.urls")),
    path("live/", include("huying.channels.urls")),
    path("api/v1/", include((api.urls, "api"))),
    path("oauth/token", token, name="oauth_token"),
    path("i18n/", include("django.conf.urls.i18n")),
]

handler400 = "huying.kernel.problems.bad_request"
handler403 = "huying.kernel.problems.permission_denied"
handler404 = "huying.kernel.problems.page_not_found"
handler500 = "huying.kernel.problems.server_error"
