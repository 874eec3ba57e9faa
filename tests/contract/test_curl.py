"""The main job from beginning to end with nothing but curl, as a person at a terminal or a shell script does it."""

import json
import shutil
import subprocess
from typing import Any, NamedTuple

import pytest

from tests.contract.ground import ACCESS_RULES, PIPELINE, SERVICE_ACCOUNTS, Organisation
from tests.serving import ADMIN_EMAIL, ADMIN_PASSWORD

pytestmark = pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")

CLUSTERS, PROJECTS = "/api/v1/clusters", "/api/v1/org-unit/projects"
MINE = "/api/v1/authorization/me/access-rules"


class Answer(NamedTuple):
    status: int
    body: Any


class Curl(NamedTuple):
    """curl with one server and, perhaps, a token. The body goes in by standard input."""

    server: str
    token: str | None = None

    def __call__(
        self, method: str, path: str, body: object = None, *, form: dict[str, str] | None = None
    ) -> Answer:
        command = ["curl", "--silent", "--show-error", "--noproxy", "*", "--request", method]
        command += ["--write-out", "\n%{http_code}", self.server + path]
        given = ""
        if self.token:
            command += ["--header", f"Authorization: Bearer {self.token}"]
        if form:
            command += ["--data", "@-"]
            given = "&".join(f"{name}={value}" for name, value in form.items())
        elif body is not None:
            command += ["--header", "Content-Type: application/json", "--data", "@-"]
            given = json.dumps(body)
        done = subprocess.run(command, input=given, capture_output=True, text=True, timeout=30, check=True)
        text, _, status = done.stdout.rpartition("\n")
        return Answer(int(status), json.loads(text) if text else None)

    def bearing(self, token: str) -> "Curl":
        return Curl(self.server, token)


def test_the_whole_story(server: str, organisation: Organisation) -> None:
    curl = Curl(server)
    admin = curl.bearing(person_token(curl))

    # An account, with a role in cluster A and in two projects of cluster B.
    made = admin("POST", SERVICE_ACCOUNTS, {"name": PIPELINE})
    assert made.status == 201
    one, secret = f"{SERVICE_ACCOUNTS}/{made.body['id']}", made.body["clientSecret"]
    assert give(admin, "cluster", organisation.a).status == 201
    for project in organisation.b_projects[:2]:
        assert give(admin, "project", project).status == 201
    assert give(admin, "cluster", organisation.a).status == 409

    # It earns a token, is answered what it may, refused what it may not, and sees nothing else.
    pipeline = curl.bearing(token(curl, secret))
    assert [cluster["uuid"] for cluster in pipeline("GET", CLUSTERS).body] == [organisation.a]
    assert pipeline("GET", f"{PROJECTS}/{organisation.b_projects[0]}").status == 200
    assert pipeline("DELETE", f"{PROJECTS}/{organisation.b_projects[0]}").status == 403
    assert pipeline("POST", SERVICE_ACCOUNTS, {"name": "another"}).status == 403
    assert pipeline("GET", f"{PROJECTS}/{organisation.b_projects[2]}").status == 404
    assert pipeline("GET", f"{CLUSTERS}/{organisation.b}").status == 404
    assert admin("GET", one).body["lastLogin"] is not None

    # A new secret: the old one is refused, and what it earned is dead.
    renewed = admin("POST", f"{one}/secret").body["clientSecret"]
    assert refusal(curl, secret) == (401, "invalid_client")
    assert pipeline("GET", CLUSTERS).status == 401

    # Disabled, and enabled again.
    pipeline = curl.bearing(token(curl, renewed))
    assert admin("PATCH", one, {"enabled": False}).status == 200
    assert refusal(curl, renewed) == (401, "invalid_client")
    assert pipeline("GET", MINE).status == 401
    assert admin("PATCH", one, {"enabled": True}).status == 200
    assert pipeline("GET", MINE).status == 401
    pipeline = curl.bearing(token(curl, renewed))
    assert pipeline("GET", MINE).body["accessRules"]["totalRecords"] == 3

    # Gone, with its rules; whoever takes its name inherits nothing.
    assert admin("DELETE", one).status == 204
    assert admin("GET", one).status == 404
    assert admin("GET", f"{ACCESS_RULES}?subjectIds={PIPELINE}").body["totalRecords"] == 0
    namesake = admin("POST", SERVICE_ACCOUNTS, {"name": PIPELINE}).body
    assert pipeline("GET", MINE).status == 401
    assert refusal(curl, renewed) == (401, "invalid_client")
    heir = curl.bearing(token(curl, namesake["clientSecret"]))
    assert heir("GET", MINE).body["accessRules"]["totalRecords"] == 0
    assert heir("GET", CLUSTERS).status == 403
    assert admin("DELETE", f"{SERVICE_ACCOUNTS}/{namesake['id']}").status == 204


def give(admin: Curl, scope_type: str, scope_id: str) -> Answer:
    subject = {"subjectId": PIPELINE, "subjectType": "service-account"}
    wish = {**subject, "roleId": 5, "scopeType": scope_type, "scopeId": scope_id}
    return admin("POST", ACCESS_RULES, wish)


def person_token(curl: Curl) -> str:
    form = {"grant_type": "password", "username": ADMIN_EMAIL, "password": ADMIN_PASSWORD.replace(" ", "+")}
    return str(curl("POST", "/api/v2/token", form=form).body["access_token"])


def ask(curl: Curl, secret: str) -> Answer:
    form = {"grant_type": "client_credentials", "client_id": PIPELINE, "client_secret": secret}
    return curl("POST", "/api/v2/token", form=form)


def token(curl: Curl, secret: str) -> str:
    return str(ask(curl, secret).body["access_token"])


def refusal(curl: Curl, secret: str) -> tuple[int, str]:
    answer = ask(curl, secret)
    return answer.status, answer.body["error"]
