"""Authlib on Flask, as its documentation has it: `AuthorizationServer`, `ClientCredentialsGrant`, ES256 (RFC 9068).

Stores: its clients with their secrets in the clear (`OAuth2ClientMixin`) in SQLite; a token, being a JWT, is stored
nowhere. Skips: everything durable, throttling, a record of sign-ins, last login. Served by gunicorn.
"""

import os
import time
from typing import Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.integrations.sqla_oauth2 import OAuth2ClientMixin
from authlib.oauth2.rfc6749.grants import ClientCredentialsGrant
from authlib.oauth2.rfc9068 import JWTBearerTokenGenerator
from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from joserfc.jwk import ECKey, KeySet

database = SQLAlchemy()
KEY = ECKey.generate_key("P-256", {"kid": "peer", "alg": "ES256", "use": "sig"})


class Client(database.Model, OAuth2ClientMixin):  # type: ignore[misc, name-defined]
    id = database.Column(database.Integer, primary_key=True)


class Tokens(JWTBearerTokenGenerator):  # type: ignore[misc]
    def get_jwks(self) -> KeySet:
        return KeySet([KEY])


class Grant(ClientCredentialsGrant):  # type: ignore[misc]
    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")


def query_client(client_id: str) -> Any:
    return database.session.query(Client).filter_by(client_id=client_id).first()


def save_token(_token: Any, _request: Any) -> None:
    """A JWT says by itself that it is good."""


def create_app() -> Flask:
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = f"sqlite:///{os.environ['PEER_FOLDER']}/authlib.db"
    database.init_app(app)
    server = AuthorizationServer(app, query_client=query_client, save_token=save_token)
    server.register_token_generator("default", Tokens(issuer="http://127.0.0.1", alg="ES256"))
    server.register_grant(Grant)
    with app.app_context():
        database.create_all()
        client = Client(
            client_id=os.environ["PEER_CLIENT_ID"],
            client_secret=os.environ["PEER_SECRET"],
            client_id_issued_at=int(time.time()),
        )
        client.set_client_metadata(
            {"grant_types": ["client_credentials"], "token_endpoint_auth_method": "client_secret_post"}
        )
        database.session.add(client)
        database.session.commit()

    @app.post("/token")  # type: ignore[untyped-decorator]
    def token() -> Any:
        return server.create_token_response()

    return app
