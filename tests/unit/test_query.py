"""What callers may write in `filterBy`, `sortBy`, `limit` and their like, and what it means."""

import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.kit.clock import SECOND, parse_utc
from keystead.kit.errors import KeysteadError, Kind
from keystead.kit.query import Field, FieldKind, Fields, Filter, Operator, Sort, Span, text_matches
from keystead.kit.query_language import (
    MAX_FILTERS,
    MAX_TEXT,
    MAX_VALUES,
    parse_filters,
    parse_limit,
    parse_offset,
    parse_search,
    parse_sort,
)
from keystead.kit.text import fold
from keystead.service_accounts.model import FIELDS as ACCOUNT_FIELDS

FIELDS = Fields(
    {
        "name": Field(FieldKind.TEXT),
        "subject": Field(FieldKind.TEXT),
        "subject_type": Field(
            FieldKind.CHOICE, choices=("user", "service-account"), aliases={"app": "service-account"}
        ),
        "roleId": Field(FieldKind.NUMBER),
        "createdAt": Field(FieldKind.DATE),
        "lastLogin": Field(FieldKind.DATE, can_lack=True),
        "enabled": Field(FieldKind.BOOLEAN),
        "isLocal": Field(FieldKind.BOOLEAN, sortable=False),
        "type": Field(FieldKind.TEXT, filterable=False),
    },
    default_sort="createdAt",
)
TEXT_FIELDS = ("name", "subject")
FILTERABLE = "name, subject, subject_type, roleId, createdAt, lastLogin, enabled, isLocal"


def filters(*texts: str) -> list[tuple[str, str, object]]:
    return [(found.field, found.operator.value, found.value) for found in parse_filters(texts, FIELDS)]


def refusal(*texts: str) -> str:
    with pytest.raises(KeysteadError) as caught:
        parse_filters(texts, FIELDS)
    assert caught.value.kind is Kind.BAD_INPUT
    assert caught.value.field == "filterBy"
    return caught.value.message


# Where filters begin


@pytest.mark.parametrize("operator", Operator)
def test_text_takes_every_operator(operator: Operator) -> None:
    value = ("prod",) if operator.takes_several else "prod"
    assert filters(f"name{operator.value}prod") == [("name", operator.value, value)]


def test_filters_are_joined_by_commas_or_given_again() -> None:
    expected = [("name", "=@", "prod"), ("enabled", "==", True)]
    assert filters("name=@prod,enabled==true") == expected
    assert filters("name=@prod", "enabled==true") == expected
    assert filters("name=@prod, enabled==true") == expected


@pytest.mark.parametrize(
    "value", ["a,b", "a,,b", ",", "a,nosuch==b", "a,name", "a,Name==b", "=x", "==", "a==b"]
)
def test_a_comma_begins_a_filter_only_before_a_known_field_with_an_operator(value: str) -> None:
    assert filters(f"name=={value},roleId>=3") == [("name", "==", value), ("roleId", ">=", 3)]


def test_a_name_that_begins_another_is_told_from_it() -> None:
    assert filters("subject_type==user,subject==x") == [
        ("subject_type", "==", "user"),
        ("subject", "==", "x"),
    ]


def test_an_empty_parameter_holds_no_filter() -> None:
    assert filters("", "") == []
    assert filters(",name==x") == [("name", "==", "x")]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(TEXT_FIELDS),
            st.sampled_from([operator for operator in Operator if not operator.takes_several]),
            st.text(
                st.characters(exclude_categories=["Cs"], exclude_characters=",\0"), min_size=1, max_size=20
            ),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_what_was_joined_comes_apart_again(wanted: list[tuple[str, Operator, str]]) -> None:
    joined = ",".join(f"{field}{operator.value}{value}" for field, operator, value in wanted)
    assert parse_filters([joined], FIELDS) == tuple(Filter(*each) for each in wanted)


@given(st.text(st.sampled_from("name,=@!<>$^ typeroleId0")))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        assert filters(text) or not text
    except KeysteadError:
        assert refusal(text)


# Several values


@given(st.lists(st.text(st.sampled_from("a|\\,= "), min_size=1, max_size=6), min_size=1, max_size=5))
def test_values_that_were_joined_come_apart_again(values: list[str]) -> None:
    joined = "|".join(value.replace("\\", "\\\\").replace("|", "\\|") for value in values)
    assert filters(f"name=|{joined}") == [("name", "=|", tuple(dict.fromkeys(values)))]


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (r"C:\prod", (r"C:\prod",)),
        ("a\\", ("a\\",)),
        (r"a\|b|c", ("a|b", "c")),
        (r"a\\|b", ("a\\", "b")),
        ("b|a|b", ("b", "a")),
    ],
)
def test_a_backslash_escapes_what_would_separate_and_itself_alone(text: str, values: tuple[str, ...]) -> None:
    assert filters(f"name!|{text}") == [("name", "!|", values)]


def test_numbers_and_choices_take_several_values_of_their_kind() -> None:
    assert filters("roleId=|5| 7 ") == [("roleId", "=|", (5, 7))]
    assert filters("subject_type!|app|user") == [("subject_type", "!|", ("service-account", "user"))]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("name=|", "needs values behind the operator, with | between."),
        ("name=|a||b", "needs values behind the operator, with | between."),
        ("roleId=|5|x", "roleId cannot be"),
        ("createdAt=|2026-01-31", "=| does not suit createdAt"),
        ("enabled=|true", "=| does not suit enabled"),
        ("name=|" + "|".join(map(str, range(MAX_VALUES + 1))), f"at most {MAX_VALUES} are possible."),
        ("name=|a|" + "x" * (MAX_TEXT + 1), f"at most {MAX_TEXT} are possible."),
    ],
)
def test_several_values_are_refused_when_one_is_wrong(text: str, problem: str) -> None:
    assert problem in refusal(text)


def test_a_field_may_take_fewer_operators_than_its_kind() -> None:
    fields = Fields(
        {"at": Field(FieldKind.TEXT), "scope": Field(FieldKind.TEXT, only=(Operator.EQUALS,))},
        default_sort="at",
    )
    assert parse_filters(["scope==a"], fields) == (Filter("scope", Operator.EQUALS, "a"),)
    with pytest.raises(KeysteadError, match=r"=@ does not suit scope; use one of ==\."):
        parse_filters(["scope=@a"], fields)


# Values by kind


@pytest.mark.parametrize("text", ["never", " NEVER "])
def test_a_date_that_rows_may_lack_can_be_asked_for(text: str) -> None:
    assert filters(f"lastLogin=={text}") == [("lastLogin", "==", None)]
    assert filters(f"lastLogin!={text}") == [("lastLogin", "!=", None)]
    assert "lastLogin" in refusal("lastLogin==soon")
    assert ", or never." in refusal("lastLogin==soon")
    assert "<= does not suit never; use == or !=." in refusal(f"lastLogin<={text}")
    assert "createdAt cannot be" in refusal(f"createdAt=={text}")


@pytest.mark.parametrize("text", ["true", "True", "TRUE", " true "])
def test_a_boolean_is_true_or_false_in_any_case(text: str) -> None:
    assert filters(f"enabled=={text}") == [("enabled", "==", True)]
    assert filters("enabled!=FALSE") == [("enabled", "!=", False)]


@pytest.mark.parametrize("number", [0, -1, 2**63 - 1, -(2**63)])
def test_a_number_is_a_whole_one_of_64_bits(number: int) -> None:
    assert filters(f"roleId<={number}") == [("roleId", "<=", number)]


@pytest.mark.parametrize("text", ["user", "USER", "SubjectType.USER"])
def test_a_choice_is_found_as_clients_spell_it(text: str) -> None:
    assert filters(f"subject_type=={text}") == [("subject_type", "==", "user")]


def test_an_alias_stands_for_its_choice() -> None:
    assert filters("subject_type==app") == filters("subject_type==SERVICEACCOUNT")


def test_a_date_alone_is_its_whole_day() -> None:
    start = parse_utc("", "2026-01-31")
    assert filters("createdAt==2026-01-31") == [("createdAt", "==", Span(start, start + 86_400 * SECOND))]


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-31T12:00:00.123",
        "2026-01-31T12:00:00.123Z",
        "2026-01-31T14:00:00.123+02:00",
        "2026-01-31T14:00:00.123 02:00",
        "2026-01-31T12:00:00.123999Z",
    ],
)
def test_a_time_is_its_millisecond_as_answers_show_it(text: str) -> None:
    start = parse_utc("", "2026-01-31T12:00:00.123Z")
    assert filters(f"createdAt>={text}") == [("createdAt", ">=", Span(start, start + 1000))]


# Refusals


@pytest.mark.parametrize("text", ["colour==red", "Name==x", "namex==x", "==x", "nosuch==a,name==b", "[]"])
def test_an_unknown_field_is_refused_with_the_known_ones(text: str) -> None:
    assert refusal(text).endswith(f"does not begin with a field that can be filtered: one of {FILTERABLE}.")


def test_a_field_that_only_sorts_is_refused() -> None:
    assert refusal("type==x") == f"filterBy: cannot filter by type; use one of {FILTERABLE}."


@pytest.mark.parametrize("text", ["name", "name=x", "name>x", "name ==x", "name~x"])
def test_a_missing_operator_is_refused_with_those_that_suit(text: str) -> None:
    assert refusal(text) == (
        f'filterBy: "{text}" needs an operator behind name: one of ==, !=, <=, >=, =@, !@, =^, =$, =|, !|.'
    )


@pytest.mark.parametrize("operator", ["<=", ">=", "=@", "!@", "=^", "=$"])
def test_an_operator_that_does_not_suit_is_refused(operator: str) -> None:
    assert (
        refusal(f"enabled{operator}true") == f"filterBy: {operator} does not suit enabled; use one of ==, !=."
    )


@pytest.mark.parametrize("text", ["name==", "name==,enabled==true", "enabled=="])
def test_an_empty_value_is_refused(text: str) -> None:
    assert "needs a value behind the operator" in refusal(text)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("enabled==yes", 'enabled cannot be "yes"; it is true or false.'),
        ("roleId==x", 'roleId cannot be "x"; it is a whole number.'),
        ("roleId==1.5", 'roleId cannot be "1.5"; it is a whole number.'),
        ("roleId==1_0", 'roleId cannot be "1_0"; it is a whole number.'),
        ("roleId==٣", 'roleId cannot be "٣"; it is a whole number.'),
        (f"roleId=={2**63}", f'roleId cannot be "{2**63}"; it is a whole number.'),
        ("subject_type==pet", 'subject_type cannot be "pet"; it is one of user, service-account.'),
        (
            "createdAt>=yesterday",
            'createdAt cannot be "yesterday"; it is a date such as 2026-01-31 or 2026-01-31T12:00:00Z.',
        ),
        (
            "createdAt>=2026-02-30",
            'createdAt cannot be "2026-02-30"; it is a date such as 2026-01-31 or 2026-01-31T12:00:00Z.',
        ),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_what_would_be_right(text: str, sentence: str) -> None:
    assert refusal(text) == f"filterBy: {sentence}"


def test_a_number_of_any_length_is_answered() -> None:
    assert "roleId cannot be" in refusal("roleId==" + "9" * 10_000)


def test_nul_and_endless_text_are_refused() -> None:
    assert "NUL" in refusal("name==a\0b")
    assert len(refusal("name==" + "x" * (MAX_TEXT + 1))) < 200
    assert filters("name==" + "x" * MAX_TEXT)


def test_too_many_filters_are_refused() -> None:
    assert len(filters(",".join(["name==a"] * MAX_FILTERS))) == MAX_FILTERS
    assert str(MAX_FILTERS) in refusal(",".join(["name==a"] * (MAX_FILTERS + 1)))


# Sort, page, search


@pytest.mark.parametrize(
    "text", ["createdAt", "AccessRulesSortFilterFields.CREATEDAT", "CREATEDAT", "created_at"]
)
def test_a_sort_field_is_found_as_clients_spell_it(text: str) -> None:
    assert parse_sort(text, None, FIELDS) == Sort("createdAt", descending=False)


@pytest.mark.parametrize("text", ["desc", "DESC", "SortOrder.DESC"])
def test_an_order_is_found_as_clients_spell_it(text: str) -> None:
    assert parse_sort("name", text, FIELDS) == Sort("name", descending=True)


def test_without_a_field_the_list_sorts_by_its_own() -> None:
    assert parse_sort(None, None, FIELDS) == Sort("createdAt", descending=False)
    assert parse_sort(None, "desc", FIELDS) == Sort("createdAt", descending=True)


@pytest.mark.parametrize("text", ["", "nosuch", "isLocal", "."])
def test_an_unknown_sort_field_is_refused_with_the_known_ones(text: str) -> None:
    with pytest.raises(KeysteadError) as caught:
        parse_sort(text, None, FIELDS)
    sortable = "name, subject, subject_type, roleId, createdAt, lastLogin, enabled, type"
    assert caught.value.message == f'sortBy: cannot sort by "{text}"; use one of {sortable}.'


@pytest.mark.parametrize("text", ["", "up", "ascending"])
def test_an_unknown_order_is_refused(text: str) -> None:
    with pytest.raises(KeysteadError, match=r"sortOrder: .* use asc or desc"):
        parse_sort("name", text, FIELDS)


def test_a_limit_lies_within_its_bounds() -> None:
    assert [parse_limit(text, most=500) for text in ("1", "500")] == [1, 500]
    assert parse_limit("0", least=0, most=1000, name="numberOfSamples") == 0


@pytest.mark.parametrize(
    "text", ["0", "501", "-1", "", "ten", "1.0", " 5", "5 ", "٥", "1_0", "0x5", "9" * 5_000]
)
def test_any_other_limit_is_refused(text: str) -> None:
    with pytest.raises(KeysteadError) as caught:
        parse_limit(text, most=500)
    assert caught.value.message == "limit: must be a whole number from 1 to 500."


def test_an_offset_reaches_as_far_as_a_database_counts() -> None:
    assert parse_offset("0") == 0
    assert parse_offset(str(2**63 - 1)) == 2**63 - 1


@pytest.mark.parametrize("text", ["-1", str(2**63), "", "x"])
def test_any_other_offset_is_refused(text: str) -> None:
    with pytest.raises(KeysteadError, match="offset: must be a whole number from 0 to 9223372036854775807"):
        parse_offset(text)


def test_search_is_trimmed_and_blank_search_is_none() -> None:
    assert parse_search(" ci pipeline ") == "ci pipeline"
    assert parse_search("  ") is None
    assert parse_search(None) is None


def test_endless_search_is_refused() -> None:
    with pytest.raises(KeysteadError, match=rf"search: .* at most {MAX_TEXT}"):
        parse_search("x" * (MAX_TEXT + 1))


# Fields and folding


def test_fields_that_clients_cannot_tell_apart_are_refused_at_the_start() -> None:
    with pytest.raises(ValueError, match="differ only"):
        Fields(
            {"createdAt": Field(FieldKind.DATE), "created_at": Field(FieldKind.DATE)},
            default_sort="createdAt",
        )


def test_a_list_needs_a_field_of_its_own_to_sort_by() -> None:
    with pytest.raises(ValueError, match="nosuch"):
        Fields({"name": Field(FieldKind.TEXT)}, default_sort="nosuch")


def test_the_negative_operators_pass_what_has_no_value() -> None:
    passing = [operator for operator in Operator if text_matches(operator, None, "x")]
    assert passing == [Operator.DIFFERS, Operator.LACKS, Operator.NONE_OF]


@pytest.mark.parametrize(
    ("text", "folded"), [("CI-Prod", "ci-prod"), ("STRASSE", "strasse"), ("Straße", "strasse")]
)
def test_folding_forgets_case(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_is_done_once_and_for_every_equal_spelling(text: str) -> None:
    folded = fold(text)
    assert fold(folded) == folded
    assert fold(unicodedata.normalize("NFD", text)) == folded
    assert fold(unicodedata.normalize("NFC", text)) == folded


# The reference for callers


def test_the_reference_tells_the_operators_and_its_examples_are_read() -> None:
    reference = (Path(__file__).parents[2] / "docs/reference/lists.md").read_text()
    told = re.findall(r"^\| `(\W{2,3})` \|", reference, re.MULTILINE)
    assert [sign.replace("\\|", "|") for sign in told] == [operator.value for operator in Operator]
    block = re.search(r"```text\n(.*?)```", reference, re.DOTALL)
    assert block
    for example in block[1].splitlines():
        texts = [parameter.removeprefix("filterBy=") for parameter in example.split("&")]
        assert parse_filters(texts, ACCOUNT_FIELDS)
    assert f"At most {MAX_FILTERS} filters, {MAX_VALUES} values in one, and {MAX_TEXT:,}" in reference
