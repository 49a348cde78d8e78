"""The WSGI door."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huying.config.settings")
pages = get_wsgi_application()

# isort: split
# After the apps are loaded, which it needs.
from huying.config.flood import Gate, Sources  # noqa: E402

application = Gate(pages, Sources(settings.RATE), settings.PROXIES)
