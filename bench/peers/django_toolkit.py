"""django-oauth-toolkit on Django, as its documentation has it: its URLs, `DEBUG` off, tokens that are opaque strings.

Stores: every token, a row each, in SQLite; the client's secret hashed by Django's default hasher (PBKDF2), as it is set
by default, or in the clear (`hash_client_secret=False`). Skips: a signature, throttling, a record of sign-ins, last
login. The session and authentication middlewares of Django's template are left out, since no person takes part.
Served by gunicorn.
"""

import os
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.urls import include, path

if not settings.configured:
    settings.configure(
        SECRET_KEY="of no consequence here",
        DEBUG=False,
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "oauth2_provider"],
        MIDDLEWARE=[
            "django.middleware.security.SecurityMiddleware",
            "django.middleware.common.CommonMiddleware",
        ],
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": f"{os.environ['PEER_FOLDER']}/django.db",
                "CONN_MAX_AGE": None,
                # As Django's documentation has it for production.
                "OPTIONS": {"transaction_mode": "IMMEDIATE", "init_command": "PRAGMA journal_mode=WAL"},
            }
        },
    )
    django.setup()

urlpatterns = [path("o/", include("oauth2_provider.urls", namespace="oauth2_provider"))]


def create_app() -> Any:
    from oauth2_provider.models import Application

    call_command("migrate", verbosity=0)
    Application.objects.create(
        client_id=os.environ["PEER_CLIENT_ID"],
        client_secret=os.environ["PEER_SECRET"],
        hash_client_secret=os.environ["PEER_HASHED"] == "1",
        client_type=Application.CLIENT_CONFIDENTIAL,
        authorization_grant_type=Application.GRANT_CLIENT_CREDENTIALS,
    )
    return get_wsgi_application()
