"""What a browser sends along: the session's cookie, and whose page it is that asks."""

import pytest

from keystead.kit.errors import KeysteadError, Kind
from keystead.kit.secret import Secret
from keystead.web.own_requests import OwnRequests

PLAIN = OwnRequests("http://keystead.test:8080/below")
SECURE = OwnRequests("https://keystead.example")
OWN = ("X-Keystead-Request", "console")


def scope(*headers: tuple[str, str]) -> dict[str, object]:
    return {"headers": [(name.lower().encode(), value.encode("latin-1")) for name, value in headers]}


def refusal(own_requests: OwnRequests, *headers: tuple[str, str]) -> Kind | None:
    try:
        own_requests.require_own(scope(*headers))
    except KeysteadError as error:
        return error.kind
    return None


def test_the_cookie_is_found_among_others_and_by_its_whole_name() -> None:
    assert PLAIN.cookie_in(scope()) is None
    assert PLAIN.cookie_in(scope(("Cookie", "keystead_session2=a; not_keystead_session=b"))) is None
    assert PLAIN.cookie_in(scope(("Cookie", "__Host-keystead_session=a"))) is None
    assert SECURE.cookie_in(scope(("Cookie", "keystead_session=a"))) is None
    assert PLAIN.cookie_in(scope(("Cookie", "x=1;keystead_session=ksb_a;y=2"))) == Secret("ksb_a")
    assert SECURE.cookie_in(scope(("Cookie", "x=1"), ("Cookie", "__Host-keystead_session=é"))) == Secret("é")


@pytest.mark.parametrize(
    "headers",
    [
        [("Cookie", "keystead_session=a; keystead_session=b")],
        [("Cookie", "keystead_session=a"), ("Cookie", "keystead_session=a")],
    ],
)
def test_two_cookies_of_the_name_may_be_another_site_s_doing(headers: list[tuple[str, str]]) -> None:
    with pytest.raises(KeysteadError) as refused:
        PLAIN.cookie_in(scope(*headers))
    assert refused.value.kind is Kind.UNAUTHENTICATED


def test_the_cookie_is_set_for_this_server_alone() -> None:
    assert PLAIN.set_cookie(Secret("ksb_a")) == [
        (b"set-cookie", b"keystead_session=ksb_a; Path=/; HttpOnly; SameSite=Strict")
    ]
    assert SECURE.set_cookie(Secret("ksb_a")) == [
        (b"set-cookie", b"__Host-keystead_session=ksb_a; Path=/; HttpOnly; SameSite=Strict; Secure")
    ]
    assert SECURE.clear_cookie() == [
        (b"set-cookie", b"__Host-keystead_session=; Path=/; HttpOnly; SameSite=Strict; Secure; Max-Age=0")
    ]


@pytest.mark.parametrize(
    "headers",
    [
        [OWN],
        [OWN, ("Origin", "http://keystead.test:8080")],
        [OWN, ("Origin", "HTTP://Keystead.Test:8080")],
        [OWN, ("Origin", "http://localhost:9"), ("Host", "localhost:9")],
        [OWN, ("Origin", "https://localhost:9"), ("Host", "localhost:9")],
        [OWN, ("Sec-Fetch-Site", "same-origin")],
        [OWN, ("Sec-Fetch-Site", "none")],
    ],
)
def test_our_own_page_may_ask(headers: list[tuple[str, str]]) -> None:
    assert refusal(PLAIN, *headers) is None


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [("X-Keystead-Request", "")],
        [("X-Keystead-Request", "Console ")],
        [OWN, ("Origin", "null"), ("Host", "localhost:9")],
        [OWN, ("Origin", "http://keystead.test")],
        [OWN, ("Origin", "https://keystead.test:8080")],
        [OWN, ("Origin", "http://localhost:8"), ("Host", "localhost:9")],
        [OWN, ("Origin", "http://")],
        [OWN, ("Sec-Fetch-Site", "same-site")],
        [OWN, ("Sec-Fetch-Site", "cross-site"), ("Origin", "http://keystead.test:8080")],
    ],
)
def test_no_other_page_may(headers: list[tuple[str, str]]) -> None:
    assert refusal(PLAIN, *headers) is Kind.FORBIDDEN
