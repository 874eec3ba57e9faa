"""Any ASGI application behind the middleware: everything but /health needs a good token. See fastapi_jobs.py."""

import json
from typing import Any

from keystead_guard import Guard
from keystead_guard.asgi import GuardMiddleware

guard = Guard.from_env()


async def whoami(scope: Any, _receive: Any, send: Any) -> None:
    if scope["type"] != "http":
        return
    caller = scope.get("keystead")
    content = {"subject": caller.subject, "client_id": caller.client_id} if caller else {"healthy": True}
    headers = [(b"content-type", b"application/json")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(content).encode()})


app = GuardMiddleware(whoami, guard, exempt=["/health"])
