"""The wire forms of a token request. Tests name the section of RFC 6749 that rules them."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.kit.errors import KeysteadError, Kind, conflict
from keystead.kit.secret import Secret
from keystead.tokens.dialects import (
    AppTokenDialect,
    ContractDialect,
    Dialect,
    OAuthDialect,
    TokenRequest,
)
from keystead.tokens.forms import OAuthError, WireAnswer
from keystead.tokens.issuer import Issued
from keystead.web.asgi import AsgiScope

OAUTH, CONTRACT, APP_TOKEN = OAuthDialect(), ContractDialect(), AppTokenDialect()
FORM = "application/x-www-form-urlencoded"
TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=100)
EVERY_DIALECT = pytest.mark.parametrize("dialect", [OAUTH, CONTRACT, APP_TOKEN])
CREDENTIALS = {"grant_type": "client_credentials", "client_id": "ci", "client_secret": "s3cr3t"}


def scope(content_type: str = FORM, authorization: str | bytes | None = None) -> AsgiScope:
    headers = [(b"content-type", content_type.encode())]
    if authorization is not None:
        value = authorization.encode() if isinstance(authorization, str) else authorization
        headers.append((b"authorization", value))
    return {"headers": headers}


def basic(client_id: str, secret: str) -> str:
    return "Basic " + b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


def read_form(fields: Mapping[str, str] | str, authorization: str | bytes | None = None) -> TokenRequest:
    body = fields if isinstance(fields, str) else urlencode(fields)
    return OAUTH.read(scope(authorization=authorization), body.encode())


def read_json(dialect: Dialect, fields: object) -> TokenRequest:
    return dialect.read(scope("application/json"), json.dumps(fields).encode())


def refusal_of_form(fields: Mapping[str, str] | str, authorization: str | bytes | None = None) -> OAuthError:
    with pytest.raises(OAuthError) as caught:
        read_form(fields, authorization)
    return caught.value


def refusal_of_json(dialect: Dialect, fields: object) -> OAuthError:
    with pytest.raises(OAuthError) as caught:
        read_json(dialect, fields)
    return caught.value


def secret(text: str | None) -> Secret | None:
    return None if text is None else Secret(text)


def content(answer: WireAnswer) -> Any:
    return json.loads(answer.body)


# Section 4: the form


def test_section_4_4_2_a_client_asks_with_its_credentials() -> None:
    request = read_form(CREDENTIALS)
    assert request == TokenRequest("client_credentials", "ci", Secret("s3cr3t"))


def test_section_4_3_2_a_person_asks_with_a_password() -> None:
    request = read_form(
        {"grant_type": "password", "username": "a@x.org", "password": "p", "scope": "openid x"}
    )
    assert request == TokenRequest(
        "password", username="a@x.org", password=Secret("p"), scope="openid x", wants_id_token=True
    )


def test_section_6_a_session_asks_with_its_refresh_token() -> None:
    request = read_form({"grant_type": "refresh_token", "refresh_token": "r"})
    assert request == TokenRequest("refresh_token", refresh_token=Secret("r"))


def test_section_3_2_unknown_parameters_are_ignored() -> None:
    """As old scripts send them: `response_type=id_token`."""
    assert read_form({**CREDENTIALS, "response_type": "id_token", "x": "y"}) == read_form(CREDENTIALS)


def test_section_3_2_a_parameter_without_a_value_counts_as_absent() -> None:
    request = read_form("grant_type=client_credentials&client_id=ci&client_secret=&scope")
    assert (request.client_secret, request.scope) == (None, "")


@pytest.mark.parametrize("name", ["grant_type", "client_id", "client_secret", "x"])
def test_section_3_2_a_parameter_that_is_given_twice_is_refused_by_name(name: str) -> None:
    fields = {"grant_type": "client_credentials", "client_id": "ci", "client_secret": "s", "x": "y"}
    error = refusal_of_form(f"{urlencode(fields)}&{name}=other")
    assert (error.code, error.message) == ("invalid_request", f"{name} is given more than once.")


@given(client_id=TEXT, client_secret=TEXT)
def test_whatever_a_form_carries_is_read_back(client_id: str, client_secret: str) -> None:
    request = read_form({**CREDENTIALS, "client_id": client_id, "client_secret": client_secret})
    assert (request.client_id, request.client_secret) == (client_id, Secret(client_secret))


@pytest.mark.parametrize(
    "content_type", ["", "application/json", "multipart/form-data; boundary=x", "text/plain"]
)
def test_section_4_4_2_a_body_that_is_no_form_is_refused(content_type: str) -> None:
    with pytest.raises(OAuthError) as caught:
        OAUTH.read(scope(content_type), urlencode(CREDENTIALS).encode())
    assert caught.value.code == "invalid_request"
    assert FORM in caught.value.message


@pytest.mark.parametrize("content_type", [f"{FORM}; charset=UTF-8", FORM.upper(), f" {FORM} ;x"])
def test_the_type_of_a_form_may_be_spelled_as_headers_are(content_type: str) -> None:
    assert OAUTH.read(scope(content_type), urlencode(CREDENTIALS).encode()) == read_form(CREDENTIALS)


@pytest.mark.parametrize("value", ["%", "%2", "%zz", "%ff", "%00", "x" * 4_097])
@pytest.mark.parametrize("name", ["client_secret", "x"])
def test_a_field_that_cannot_be_text_is_refused_by_name_and_not_repeated(name: str, value: str) -> None:
    error = refusal_of_form(f"grant_type=client_credentials&{name}=s3cr3t{value}")
    assert error.code == "invalid_request"
    assert error.message.startswith(name)
    assert "s3cr3t" not in error.message


@pytest.mark.parametrize("body", ["", "&&&", "client_id=a", "grant_type=", "=client_credentials"])
def test_section_5_2_a_request_without_its_grant_type_is_invalid(body: str) -> None:
    error = refusal_of_form(body)
    assert error.code == "invalid_request"
    assert error.message.startswith("grant_type is required")


# Section 2.3.1: HTTP Basic


@given(client_id=TEXT, client_secret=TEXT)
def test_section_2_3_1_both_parts_of_basic_are_form_encoded(client_id: str, client_secret: str) -> None:
    request = read_form({"grant_type": "client_credentials"}, basic(client_id, client_secret))
    assert (request.client_id, request.client_secret) == (client_id, Secret(client_secret))


def test_section_2_3_1_percent_and_plus_are_decoded() -> None:
    raw = "Basic " + b64encode(b"a%3Ab+c:d%2Be%25").decode()
    request = read_form({"grant_type": "client_credentials"}, raw)
    assert (request.client_id, request.client_secret) == ("a:b c", Secret("d+e%"))


def test_section_2_3_1_a_secret_of_ours_is_the_same_encoded_and_bare() -> None:
    """`curl -u id:secret` does not encode."""
    bare = "Basic " + b64encode(b"ci-pipeline_prod:ksk_0Az").decode()
    assert bare == basic("ci-pipeline_prod", "ksk_0Az")


@pytest.mark.parametrize("scheme", ["Basic", "basic", "BASIC"])
def test_the_name_of_a_scheme_has_no_case(scheme: str) -> None:
    authorization = basic("ci", "s").replace("Basic", scheme)
    assert read_form({"grant_type": "client_credentials"}, authorization).client_id == "ci"


@pytest.mark.parametrize(
    "fields", [{"client_secret": "s"}, {"client_id": "other"}, {"client_id": "ci", "client_secret": "s"}]
)
def test_section_2_3_a_client_that_authenticates_in_two_ways_is_refused(fields: dict[str, str]) -> None:
    error = refusal_of_form({"grant_type": "client_credentials", **fields}, basic("ci", "s"))
    assert error.code == "invalid_request"
    assert "two ways" in error.message


def test_section_2_3_a_client_may_repeat_its_id_beside_basic() -> None:
    request = read_form({"grant_type": "client_credentials", "client_id": "ci"}, basic("ci", "s"))
    assert (request.client_id, request.client_secret) == ("ci", Secret("s"))


@pytest.mark.parametrize(
    "credentials",
    [b"", b"x", b"====", b64encode(b"no colon"), b64encode(b"a:b") + b"!", b"\xff\xff", "é".encode()],
)
def test_an_authorization_that_is_no_basic_credentials_is_refused(credentials: bytes) -> None:
    error = refusal_of_form({"grant_type": "client_credentials"}, b"Basic " + credentials)
    assert error.code == "invalid_request"
    assert "Authorization" in error.message


@pytest.mark.parametrize("part", [b"%", b"%zz", b"%ff", b"\xff", b"%00"])
@pytest.mark.parametrize("place", ["client_id", "client_secret"])
def test_a_part_of_basic_that_cannot_be_text_is_refused_by_name(place: str, part: bytes) -> None:
    pair = b":".join([part, b"s"] if place == "client_id" else [b"ci", part])
    error = refusal_of_form({"grant_type": "client_credentials"}, b"Basic " + b64encode(pair))
    assert (error.code, place in error.message) == ("invalid_request", True)


def test_an_authorization_that_is_given_twice_is_refused() -> None:
    headers = [(b"content-type", FORM.encode()), *[(b"authorization", basic("ci", "s").encode())] * 2]
    with pytest.raises(OAuthError, match="more than once"):
        OAUTH.read({"headers": headers}, b"grant_type=client_credentials")


@given(st.binary(max_size=60), st.binary(max_size=60))
def test_whatever_comes_as_form_and_header_is_read_or_refused(body: bytes, authorization: bytes) -> None:
    for content_type in (FORM, "application/json"):
        for header in (authorization, b"Basic " + authorization, b"Basic " + b64encode(authorization)):
            for dialect in (OAUTH, CONTRACT, APP_TOKEN):
                try:
                    dialect.read(scope(content_type, header), body)
                except OAuthError as error:
                    answer = dialect.write_error(error)
                else:
                    continue
                assert 400 <= answer.status < 500


# The contract's JSON


@given(st.data())
def test_names_of_the_contract_are_read_in_any_casing(data: st.DataObject) -> None:
    def cased(name: str) -> str:
        turned = data.draw(st.lists(st.booleans(), min_size=len(name), max_size=len(name)))
        return "".join(c.upper() if up else c.lower() for c, up in zip(name, turned, strict=True))

    fields = {cased("grantType"): "client_credentials", cased("clientId"): "ci", cased("clientSecret"): "s"}
    assert read_json(CONTRACT, fields) == TokenRequest("client_credentials", "ci", Secret("s"))


@pytest.mark.parametrize(
    "names", [("clientID", "clientSecret"), ("AppId", "AppSecret"), ("appID", "appSecret")]
)
@pytest.mark.parametrize("grant", ["app_token", "client_credentials"])
def test_old_and_new_names_mean_the_same(names: tuple[str, str], grant: str) -> None:
    fields = {"grantType": grant, names[0]: "ci", names[1]: "s"}
    assert read_json(CONTRACT, fields) == TokenRequest("client_credentials", "ci", Secret("s"))


def test_people_are_read_from_the_contracts_json() -> None:
    fields = {"grantType": "password", "username": "a", "password": "p", "clientID": "cli"}
    assert read_json(CONTRACT, fields) == TokenRequest(
        "password", "cli", username="a", password=Secret("p"), wants_id_token=True
    )
    assert read_json(CONTRACT, {"grantType": "refresh_token", "refreshToken": "r"}) == TokenRequest(
        "refresh_token", refresh_token=Secret("r"), wants_id_token=True
    )


def test_a_client_that_encodes_its_body_twice_is_read() -> None:
    fields = {"grantType": "app_token", "AppId": "ci", "AppSecret": "s"}
    assert read_json(CONTRACT, json.dumps(fields)) == read_json(CONTRACT, fields)


WRONG_JSON: list[tuple[object, str]] = [
    ({"grantType": "app_token", "clientId": "a", "ClientID": "b"}, "ClientID"),
    ({"grantType": "app_token", "clientId": "a", "appId": "b"}, "appid"),
    ({"grantType": "app_token", "clientSecret": "a", "appSecret": "b"}, "appsecret"),
    ({"grantType": 1}, "grantType"),
    ({"grantType": True}, "grantType"),
    ({"grantType": []}, "grantType"),
    ({"grantType": {}}, "grantType"),
    ({"grantType": None}, "grantType"),
    ({"grantType": ""}, "grantType"),
    ({"grantType": "app_token", "clientSecret": 1}, "clientSecret"),
    ({"grantType": "app_token", "clientSecret": []}, "clientSecret"),
    ({"grantType": "app_token", "clientSecret": "a\0"}, "clientSecret"),
    ({"grantType": "app_token", "x": "y" * 4_097}, "x "),
    (None, "body"),
    ([], "body"),
    (1, "body"),
    ("", "body"),
    ("x", "body"),
    ("[]", "body"),
]


@pytest.mark.parametrize(("fields", "named"), WRONG_JSON)
def test_json_that_is_wrong_is_refused_by_its_field(fields: object, named: str) -> None:
    error = refusal_of_json(CONTRACT, fields)
    assert error.code == "invalid_request"
    assert named in error.message


def test_the_same_value_under_two_casings_is_no_contradiction() -> None:
    fields = {"grantType": "app_token", "clientId": "a", "ClientID": "a", "appId": "a", "clientSecret": "s"}
    assert read_json(CONTRACT, fields).client_id == "a"


@pytest.mark.parametrize("fields", [{"id": "ci"}, {"name": "ci"}, {"id": "a-uuid", "name": "ci"}])
def test_the_deprecated_form_knows_the_client_by_name_or_id(fields: dict[str, str]) -> None:
    request = read_json(APP_TOKEN, {**fields, "secret": "s"})
    assert request == TokenRequest("client_credentials", "ci", Secret("s"), wants_id_token=True)


# Section 5.1: answers


@EVERY_DIALECT
def test_section_5_1_an_answer_with_a_token_is_kept_by_nobody(dialect: Dialect) -> None:
    answer = dialect.write(Issued("a.b.c", 3600))
    headers = dict(answer.headers)
    assert answer.status == 200
    assert headers[b"cache-control"] == b"no-store"
    assert headers[b"pragma"] == b"no-cache"
    assert headers[b"content-type"] == b"application/json"


def test_section_5_1_each_form_has_its_own_names() -> None:
    issued = Issued("a.b.c", 3600, "i.d.t", Secret("r"))
    assert content(OAUTH.write(issued)) == {
        "access_token": "a.b.c",
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "r",
        "id_token": "i.d.t",
    }
    assert content(CONTRACT.write(issued)) == {
        "accessToken": "a.b.c",
        "expiresIn": 3600,
        "refreshToken": "r",
        "idToken": "i.d.t",
    }
    assert content(APP_TOKEN.write(issued)) == {"access_token": "a.b.c", "id_token": "i.d.t"}


def test_section_5_1_what_a_grant_does_not_have_is_left_out() -> None:
    assert content(OAUTH.write(Issued("a.b.c", 3600))).keys() == {"access_token", "token_type", "expires_in"}
    assert content(CONTRACT.write(Issued("a.b.c", 3600))).keys() == {"accessToken", "expiresIn"}


# Section 5.2: errors


@pytest.mark.parametrize(
    "code", ["invalid_request", "invalid_grant", "unsupported_grant_type", "invalid_scope"]
)
def test_section_5_2_an_error_is_a_400_with_its_code(code: str) -> None:
    answer = OAUTH.write_error(OAuthError(code, "Why."))
    assert (answer.status, content(answer)) == (400, {"error": code, "error_description": "Why."})
    assert b"www-authenticate" not in dict(answer.headers)


def test_section_5_2_a_client_that_is_not_known_is_a_401_that_names_the_scheme() -> None:
    answer = OAUTH.write_error(OAuthError("invalid_client", "Why."))
    assert (answer.status, content(answer)["error"]) == (401, "invalid_client")
    assert dict(answer.headers)[b"www-authenticate"].startswith(b"Basic ")


@given(st.text())
def test_section_5_2_a_description_has_no_character_that_it_may_not_have(text: str) -> None:
    description = content(OAUTH.write_error(OAuthError("invalid_request", text)))["error_description"]
    assert all(" " <= c <= "~" and c not in '"\\' for c in description)


@pytest.mark.parametrize("dialect", [CONTRACT, APP_TOKEN])
def test_the_contracts_paths_have_no_401(dialect: Dialect) -> None:
    answer = dialect.write_error(OAuthError("invalid_client", "Why."))
    assert (answer.status, content(answer)) == (
        400,
        {"code": 400, "message": "Why.", "details": "invalid_client"},
    )
    assert b"www-authenticate" not in dict(answer.headers)


@EVERY_DIALECT
def test_errors_of_other_rooms_keep_their_status_and_when_to_come_back(dialect: Dialect) -> None:
    throttled = dialect.write_error(KeysteadError(Kind.THROTTLED, "Wait.", retry_after=3))
    assert throttled.status == 429
    assert dict(throttled.headers)[b"retry-after"] == b"3"
    assert dialect.write_error(KeysteadError(Kind.TOO_LARGE, "Large.")).status == 413
    assert dialect.write_error(conflict("Taken.")).status == 409


def test_an_overloaded_server_says_so_in_oauths_words() -> None:
    for kind in (Kind.THROTTLED, Kind.UNAVAILABLE):
        assert content(OAUTH.write_error(KeysteadError(kind, "Wait.")))["error"] == "temporarily_unavailable"


@EVERY_DIALECT
def test_an_error_is_kept_by_nobody(dialect: Dialect) -> None:
    assert (
        dict(dialect.write_error(OAuthError("invalid_grant", "Why.")).headers)[b"cache-control"]
        == b"no-store"
    )


def test_a_form_that_is_percent_encoded_in_full_is_read() -> None:
    encoded = {
        name: "".join(f"%{byte:02X}" for byte in value.encode()) for name, value in CREDENTIALS.items()
    }
    body = "&".join(f"{name}={value}" for name, value in encoded.items())
    assert read_form(body) == read_form(CREDENTIALS)
