"""Django's settings: the embedded demo when no servers are named, an installation when they are."""

import os
from datetime import timedelta
from pathlib import Path

from celery.schedules import crontab
from csp.constants import NONE, SELF

from portal import environment
from portal.embedded import places

BASE_DIR = Path(__file__).resolve().parent.parent
STATE_DIR = places.directory()
TESTING = "PYTEST_VERSION" in os.environ

# Servers -------------------------------------------------------------------------------------------------------------
EMBEDDED = not environment.names_servers()
if EMBEDDED:
    DATABASE_URL, REDIS_URL = places.database_url(), places.redis_url()
    EMAIL_BACKEND = "portal.embedded.mail_backend.Backend"
    SECRET_KEY = places.secret_key()
    ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]"]
else:
    DATABASE_URL, REDIS_URL, EMAIL_URL = map(environment.url, environment.SERVERS)
    globals().update(environment.email(EMAIL_URL))
    SECRET_KEY = environment.secret_key()
    ALLOWED_HOSTS = environment.allowed_hosts()

DATABASES = {"default": environment.database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}}
EMAIL_TIMEOUT = 20  # seconds: a mail server that hangs must not hold the outbox
HOST = ALLOWED_HOSTS[0].lstrip(".")
DEFAULT_FROM_EMAIL = SERVER_EMAIL = os.environ.get("DEFAULT_FROM_EMAIL") or f"Midwatch <midwatch@{HOST}>"
BIND = os.environ.get("BIND") or "127.0.0.1:8000"
# Where the links in e-mails lead.
MIDWATCH_BASE_URL = (
    os.environ.get("MIDWATCH_BASE_URL") or (f"http://{BIND}" if EMBEDDED else f"https://{HOST}")
).rstrip("/")

# What runs -----------------------------------------------------------------------------------------------------------
DEBUG = False
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
INSTALLED_APPS = [
    "portal",  # first: its collectstatic stands before Django's
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "axes",
    "csp",
    "django_fsm",
    "django_htmx",
    "rest_framework",
    "rest_framework.authtoken",
    "simple_history",
    "pathways",
    "cases",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context_processors.page_frame",
                "portal.watch_banner.watch",
            ]
        },
    }
]

# Where and when ------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en-gb"
TIME_ZONE = "Europe/London"
USE_TZ = True

# Sign-in -------------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "portal.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in ("UserAttributeSimilarityValidator", "MinimumLengthValidator", "CommonPasswordValidator")
]
if TESTING:
    PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # a good one takes a third of a second
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/sign-in/"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_RESET_ON_SUCCESS = True
# The pair, not the name alone: a stranger's wrong guesses must not lock a caseworker out on shift.
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "portal/locked_out.html"
AXES_VERBOSE = False

# Security ------------------------------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],  # the design system's style sheet carries its icons as data
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000  # a version of some hundred stages is one form in the admin
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_AGE = 12 * 60 * 60  # seconds: one shift
SESSION_COOKIE_HTTPONLY = True
CSRF_COOKIE_HTTPONLY = True
# The embedded demo speaks plain HTTP on a loopback address; an installation stands behind a proxy that speaks TLS.
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = not EMBEDDED
SECURE_REDIRECT_EXEMPT = [r"^health/"]  # asked from inside, where there is no TLS
SECURE_HSTS_SECONDS = 0 if EMBEDDED else 365 * 24 * 60 * 60
# Not for subdomains, and not preloaded: the trust's other hosts are not ours to bind.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]
if not EMBEDDED:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")  # the proxy must set it and drop a caller's own

# Static files --------------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = places.directory("static")  # made here: Django and whitenoise warn about a place that is missing
ASSETS_DIR = places.directory("assets")  # what portal.assets builds out of the design system's package
STATICFILES_DIRS = [ASSETS_DIR]  # portal/static is found as that of an application
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if TESTING
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}

# History -------------------------------------------------------------------------------------------------------------
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True  # a reason is a sentence: 100 characters would cut it
SIMPLE_HISTORY_REVERT_DISABLED = True  # the admin's revert writes past the state machine
SIMPLE_HISTORY_DATE_INDEX = False

# Background work -----------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = environment.broker(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# The library's own values leave the task of a killed worker silent for an hour.
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 900,
    "unacked_restore_interval": 10,
    "unacked_restore_throttle": 1,
}
CELERY_TIMEZONE = TIME_ZONE
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
# Seconds; below the visibility timeout, so that no task is given out twice while it runs. No soft limit: it would be
# raised in the middle of a row, which would be set aside as a bad one. A worker that is killed loses nothing.
CELERY_TASK_TIME_LIMIT = 660
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULE_FILENAME = str(STATE_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    # An unused wake-up is dropped after a minute: after an outage one sweep does the work of all that were missed.
    "sweep": {"task": "cases.tasks.sweep", "schedule": 60.0, "options": {"expires": 60}},
    "tell later": {"task": "cases.tasks.tell_later", "schedule": crontab(minute="*/10"), "options": {"expires": 600}},
    "check timers": {"task": "cases.tasks.check_timers", "schedule": crontab(hour=3, minute=30)},
    "check durations": {"task": "cases.tasks.check_durations", "schedule": crontab(hour=3, minute=45)},
    "radar": {"task": "cases.tasks.look_at_the_radar", "schedule": crontab(hour=4, minute=30)},
    "old sweeps": {"task": "cases.tasks.forget_old_sweeps", "schedule": crontab(hour=2, minute=15)},
    "old imports": {"task": "cases.tasks.forget_old_imports", "schedule": crontab(hour=2, minute=30)},
    "set-up": {"task": "cases.tasks.look_at_the_setup", "schedule": crontab(minute=5)},
}

# Programming interface -----------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [  # the token first: who sends nothing is answered 401
        "rest_framework.authentication.TokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["cases.api.bodies.JSONObject"],
    "EXCEPTION_HANDLER": "cases.api.refusals.answer",
    "TEST_REQUEST_DEFAULT_FORMAT": "json",
}

# Logs ----------------------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"lines": {"()": "portal.log_lines.Lines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
    "root": {"handlers": ["stderr"], "level": "INFO"},
    # Django's own handlers would print a second time, and mail whole requests to the administrators.
    "loggers": {"django": {"handlers": [], "propagate": True}, "axes": {"level": "WARNING"}},
}
