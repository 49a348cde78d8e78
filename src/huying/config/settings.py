"""Settings: from the environment or one file, checked at start, named when bad."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from huying.config import env, logs

ENV = env.read()
BASE = Path(__file__).resolve().parent.parent
DATA = ENV.data

SECRET_KEY = ENV.secret_key
DEBUG = False
ALLOWED_HOSTS = list(ENV.hosts)
CSRF_TRUSTED_ORIGINS = list(ENV.origins)

INSTALLED_APPS = [
    "huying.config.apps.ConfigConfig",
    "huying.cli",
    "huying.portal",
    "huying.desk",
    "huying.opendata.apps.OpenDataConfig",
    "huying.channels",
    "huying.insight",
    "huying.cases",
    "huying.matters",
    "huying.approvals",
    "huying.clients",
    "huying.access",
    "huying.files",
    "huying.notices",
    "huying.people",
    "huying.clocks",
    "huying.places",
    "huying.registers",
    "huying.audit",
    "huying.ui",
    "huying.kernel.apps.KernelConfig",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "axes",
    "csp",
    "django_htmx",
    "template_partials",
    "procrastinate.contrib.django",
]

MIDDLEWARE = [
    "huying.config.probes.Probes",
    "huying.config.metrics.Measured",
    "huying.config.addresses.CallerAddress",
    "django.middleware.security.SecurityMiddleware",
    # Before the static files, which shall carry the same policy.
    "csp.middleware.CSPMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "huying.config.headers.Headers",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "huying.config.packing.PackedPages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "huying.config.token.TokenOnce",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "huying.config.room.Room",
    "huying.kernel.problems.ProblemMiddleware",
    "huying.people.middleware.ActorMiddleware",
    "huying.access.middleware.AccessMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "huying.config.urls"
WSGI_APPLICATION = "huying.config.wsgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "huying.ui.context.page",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "huying.ui.templatetags.ui"],
        },
    }
]

DATABASES: dict[str, Any] = {"default": ENV.database()}
KEEP_STATEMENTS = ENV.keep_statements
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.Account"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
    {"NAME": "huying.people.passwords.HouseWords"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/desk/"
SESSION_ENGINE = "huying.config.sessions"
SESSION_COOKIE_AGE = ENV.session_minutes * 60
SESSION_LONGEST = ENV.session_hours * 3600
SESSION_SAVE_EVERY_REQUEST = False
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = ENV.https
CSRF_COOKIE_SECURE = ENV.https
CSRF_COOKIE_HTTPONLY = True  # forms carry the token themselves
LANGUAGE_COOKIE_SECURE = ENV.https
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
if ENV.https:
    # Browsers take names with this beginning from this very host only, by https and for the whole site.
    SESSION_COOKIE_NAME = "__Host-sessionid"
    CSRF_COOKIE_NAME = "__Host-csrftoken"
    LANGUAGE_COOKIE_NAME = "__Host-language"
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
PROXIES = ENV.proxies
RATE = ENV.rate
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SILENCED_SYSTEM_CHECKS: list[str] = []

AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # hours
# Of an address only the neighbourhood is kept, and the lock counts by it.
AXES_CLIENT_IP_CALLABLE = "huying.access.lockout.neighbourhood"
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_HANDLER = "axes.handlers.database.AxesDatabaseHandler"
AXES_VERBOSE = False
# Who signed in when stands in our own history, without address and device; the library would keep both for ever.
AXES_DISABLE_ACCESS_LOG = True

# Each app's `jobs.py` is imported when the process starts, so that every process knows every job.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("zh-hant", "繁體中文"), ("en", "English")]
LOCALE_PATHS = [str(BASE / "locale")]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

STATIC_URL = "/static/"
STATIC_ROOT = str(DATA / "static")
# `huying serve` collects hashed and compressed copies before its web processes start; others use the sources.
COLLECTED = Path(STATIC_ROOT, "staticfiles.json").exists()
WHITENOISE_USE_FINDERS = not COLLECTED
WHITENOISE_AUTOREFRESH = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "huying.config.staticfiles.HashedFiles"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 500
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "huying.files.uploads.LengthGate",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
CSRF_FAILURE_VIEW = "huying.kernel.problems.csrf_failure"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:", *ENV.tile_hosts],
        "connect-src": ["'self'", *ENV.tile_hosts],
        "worker-src": ["'self'", "blob:"],
        "media-src": ["'self'", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'self'"],
        "frame-ancestors": ["'none'"],
        "form-action": ["'self'"],
    }
}

LOGGING: dict[str, Any] = logs.configuration("json" if ENV.log_format == "json" else "text", ENV.log_level)

SITE_NAME = _("呼应")
DEMO = ENV.demo
CONFIRM_MINUTES = ENV.confirm_minutes
CODES = ENV.codes
OIDC = {
    "issuer": ENV.oidc_issuer,
    "client_id": ENV.oidc_client_id,
    "client_secret": ENV.oidc_client_secret,
    "name": ENV.oidc_name,
}
BIND = ENV.bind
LIVE = ENV.live
METRICS_TOKEN = ENV.metrics_token
SECURITY_CONTACT = ENV.security_contact
MASTER_KEY_FILE = ENV.master_key_file
API_PUBLIC_REPORTS = ENV.api_public_reports
WEBHOOK_PRIVATE = ENV.webhook_private
CONTACT_MONTHS = ENV.contact_months
FILES_SCAN = ENV.scan
# How each channel leaves the house; see `notices.adapters`.
NOTICES = {"sms": ENV.notice_sms, "wecom": ENV.notice_wecom, "email": ENV.notice_email, "voice": ENV.notice_voice}
VOICE_SECRET = ENV.voice_secret
# Calls that hide both numbers; see `notices.dialling`.
DIAL = {"url": ENV.dial, "secret": ENV.dial_secret}
SMS_SIGNATURE = ENV.sms_signature
MAP = {"tiles": ENV.tiles, "credit": ENV.tiles_credit, "system": ENV.tiles_system}
