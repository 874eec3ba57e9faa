"""The floor: what a grant costs at the very least in Python. Bare ASGI; nothing but the five things it must do.

Parses the form, reads SQLite by key, takes SHA-256 of the secret, compares, signs ES256. No throttle, no record, no
log, no revocation, no errors. Run by `bench.token`; not a server to use.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import sqlite3
import sys
import time
from typing import Any
from urllib.parse import parse_qsl

import uvicorn
import uvloop
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

_SHA256 = ec.ECDSA(SHA256())


def _segment(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Floor:
    def __init__(self, client_id: str, secret: str, path: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._header = _segment(json.dumps({"typ": "at+jwt", "alg": "ES256", "kid": "floor"}).encode())
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("CREATE TABLE client (id TEXT PRIMARY KEY, digest BLOB NOT NULL)")
        digest = hashlib.sha256(secret.encode()).digest()
        self._database.execute("INSERT INTO client VALUES (?, ?)", (client_id, digest))

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Any) -> None:
        form = dict(parse_qsl((await receive())["body"].decode()))
        row = self._database.execute(
            "SELECT digest FROM client WHERE id = ?", (form["client_id"],)
        ).fetchone()
        if not hmac.compare_digest(row[0], hashlib.sha256(form["client_secret"].encode()).digest()):
            raise PermissionError
        now = int(time.time())
        claims = {
            "iss": "http://127.0.0.1",
            "aud": "http://127.0.0.1",
            "sub": form["client_id"],
            "client_id": form["client_id"],
            "iat": now,
            "exp": now + 3600,
        }
        signing_input = f"{self._header}.{_segment(json.dumps(claims).encode())}"
        r, s = decode_dss_signature(self._key.sign(signing_input.encode(), _SHA256))
        token = f"{signing_input}.{_segment(r.to_bytes(32, 'big') + s.to_bytes(32, 'big'))}"
        body = json.dumps({"access_token": token, "token_type": "Bearer", "expires_in": 3600}).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})


async def main(port: int, client_id: str, secret: str, path: str) -> None:
    config = uvicorn.Config(
        Floor(client_id, secret, path),
        port=port,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    await uvicorn.Server(config).serve()


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]))
    asyncio.set_event_loop(None)
