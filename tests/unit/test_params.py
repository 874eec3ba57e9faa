"""Query strings: what the wire carries becomes text, or a sentence that names the parameter."""

import contextlib
from urllib.parse import quote, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runai.api_client import ApiClient
from runai.models import AccessRulesSortFilterFields

from keystead.kit.errors import KeysteadError, Kind
from keystead.kit.query import Field, FieldKind, Fields, Filter, Operator, Page, Query, Sort
from keystead.web.params import parse_query_string, read_page, read_query, single

FIELDS = Fields(
    {"name": Field(FieldKind.TEXT), "createdBy": Field(FieldKind.TEXT), "enabled": Field(FieldKind.BOOLEAN)},
    default_sort="name",
)
PLAIN = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


def query(raw: str, default_limit: int | None = 50) -> Query:
    return read_query(parse_query_string(raw.encode()), FIELDS, default_limit=default_limit, max_limit=500)


def refusal(raw: bytes) -> KeysteadError:
    with pytest.raises(KeysteadError) as caught:
        read_query(parse_query_string(raw), FIELDS, default_limit=50, max_limit=500)
    assert caught.value.kind is Kind.BAD_INPUT
    return caught.value


# Decoding


@given(st.lists(st.tuples(PLAIN.filter(bool), PLAIN)))
def test_what_a_client_encodes_is_read_back(parameters: list[tuple[str, str]]) -> None:
    assert parse_query_string(urlencode(parameters).encode()) == parameters
    assert parse_query_string(urlencode(parameters, quote_via=quote).encode()) == parameters


def test_a_name_may_come_without_a_value_and_items_may_be_empty() -> None:
    assert parse_query_string(b"&a&b=&&c==1&") == [("a", ""), ("b", ""), ("c", "=1")]
    assert parse_query_string(b"") == []


def test_signs_that_some_clients_leave_bare_are_read() -> None:
    assert parse_query_string("filterBy=createdBy==a@b.c,name=@é".encode()) == [
        ("filterBy", "createdBy==a@b.c,name=@é")
    ]


@pytest.mark.parametrize(
    "value", [b"%", b"%2", b"%zz", b"a%%20", b"%u0041", b"%FF", b"%C3", b"%ED%A0%80", b"\xff"]
)
def test_what_is_no_text_is_refused_by_its_parameter_and_not_repeated(value: bytes) -> None:
    error = refusal(b"name=x&token=s3cr3t-" + value)
    assert error.field == "token"
    assert "s3cr3t" not in error.message


def test_a_name_that_is_no_text_is_refused() -> None:
    assert refusal(b"%FF=x").field == "parameter name"


def test_nul_is_refused_wherever_it_stands() -> None:
    assert refusal(b"search=a%00b").message == "search: must not contain a NUL character."
    assert refusal(b"unread=%00").field == "unread"
    assert refusal(b"a%00=1").field == "parameter name"


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    with contextlib.suppress(KeysteadError):
        assert all("\0" not in name + value for name, value in parse_query_string(raw))


# Reading a list's query


def test_the_real_clients_own_encoding_is_read() -> None:
    written = ApiClient.parameters_to_url_query(
        None,
        [
            ("sortBy", AccessRulesSortFilterFields.CREATEDBY),
            ("sortOrder", "desc"),
            ("filterBy", ["name=@a,b", "createdBy!=x@y.z", "enabled==true"]),
            ("limit", 5),
            ("offset", None),
            ("search", "test project"),
        ],
        None,
    )
    expected = Query(
        (
            Filter("name", Operator.CONTAINS, "a,b"),
            Filter("createdBy", Operator.DIFFERS, "x@y.z"),
            Filter("enabled", Operator.EQUALS, True, FieldKind.BOOLEAN),
        ),
        Sort("createdBy", descending=True),
        Page(5),
        "test project",
    )
    assert query(written) == expected
    bare = written.replace("%40", "@").replace("%2C", ",")  # as its asynchronous half sends them
    assert query(bare) == expected


def test_the_real_clients_empty_list_is_no_filter() -> None:
    written = ApiClient.parameters_to_url_query(None, [("filterBy", [])], None)
    assert query(written).filters == ()


def test_nothing_asked_is_the_first_page_in_the_lists_own_order() -> None:
    assert query("") == Query((), Sort("name"), Page(50, 0), None)


def test_without_a_default_limit_everything_is_asked() -> None:
    assert query("", default_limit=None).page == Page(None, 0)


def test_every_part_is_read() -> None:
    asked = query(
        "filterBy=name%3D%40prod%2Cenabled%3D%3Dtrue&filterBy=createdBy!=bob&sortBy=createdBy&sortOrder=desc"
        "&limit=10&offset=20&search=ci+pipe"
    )
    assert asked == Query(
        (
            Filter("name", Operator.CONTAINS, "prod"),
            Filter("enabled", Operator.EQUALS, True, FieldKind.BOOLEAN),
            Filter("createdBy", Operator.DIFFERS, "bob"),
        ),
        Sort("createdBy", descending=True),
        Page(10, 20),
        "ci pipe",
    )


def test_parameters_that_nobody_knows_are_ignored() -> None:
    assert query("verbosity=full&Limit=0&filter=x&verbosity=brief") == query("")


@pytest.mark.parametrize("name", ["limit", "offset", "sortBy", "sortOrder", "search"])
def test_a_parameter_that_is_given_twice_is_refused(name: str) -> None:
    error = refusal(f"{name}=1&{name}=1".encode())
    assert error.message == f"{name}: is given 2 times; give it once."


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (b"limit=501", "limit"),
        (b"offset=-1", "offset"),
        (b"sortBy=colour", "sortBy"),
        (b"sortOrder=up", "sortOrder"),
        (b"filterBy=colour==red", "filterBy"),
    ],
)
def test_an_error_names_its_parameter(raw: bytes, field: str) -> None:
    error = refusal(raw)
    assert error.field == field
    assert error.message.startswith(f"{field}: ")


def test_a_limit_may_have_another_name_and_begin_at_zero() -> None:
    parameters = parse_query_string(b"numberOfSamples=0&limit=7")
    page = read_page(
        parameters, default_limit=20, max_limit=1000, least_limit=0, limit_name="numberOfSamples"
    )
    assert page == Page(0, 0)


def test_a_single_parameter_may_be_absent() -> None:
    assert single([("a", "1")], "b") is None
    assert single([("a", "1")], "a") == "1"
