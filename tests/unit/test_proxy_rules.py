"""The table by which a proxy's requests pass: what matches what, and that nothing is open that it does not open."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.authz.vocabulary import BY_NAME, Action, Permission
from keystead.verification.proxy_rules import (
    Match,
    ProxyRulesError,
    find_rule,
    host_name,
    path_segments,
    read_rules,
)

TABLE = """
[[rule]]
host = "jobs.example.com"
methods = ["GET", "HEAD"]
path = "/projects/{project}/jobs/**"
action = "read"
resource = "jobs"
scope = "{project}"

[[rule]]
host = "jobs.example.com"
path = "/projects/{project}/jobs/**"
action = "create"
resource = "jobs"
scope = "{project}"
audience = "https://jobs.example.com"

[[rule]]
host = "*.example.com"
path = "/status"
signed_in = true

[[rule]]
path = "/admin/*/report"
action = "update"
resource = "settings"
scope = "1"
"""
RULES = read_rules(TABLE)
JOBS = BY_NAME["jobs"]
READ, CREATE = Permission(Action.READ, JOBS), Permission(Action.CREATE, JOBS)


def find(method: str, host: str, target: str) -> Match | None:
    return find_rule(RULES, method, host, target.encode())


@pytest.mark.parametrize(
    ("method", "host", "target", "match"),
    [
        ("GET", "jobs.example.com", "/projects/p1/jobs", Match(None, READ, "p1")),
        ("GET", "jobs.example.com", "/projects/p1/jobs/", Match(None, READ, "p1")),
        ("GET", "JOBS.example.com.:8443", "/projects/p1/jobs/7/logs?tail=9&x=..", Match(None, READ, "p1")),
        ("GET", "jobs.example.com", "/projects/p%31/jobs", Match(None, READ, "p1")),
        ("POST", "jobs.example.com", "/projects/p1/jobs", Match("https://jobs.example.com", CREATE, "p1")),
        ("GET", "a.example.com", "/status", Match(None, None, None)),
        (
            "PUT",
            "whatever",
            "/admin/x/report",
            Match(None, Permission(Action.UPDATE, BY_NAME["settings"]), "1"),
        ),
    ],
)
def test_the_first_rule_that_matches_says_what_it_takes(
    method: str, host: str, target: str, match: Match
) -> None:
    assert find(method, host, target) == match


@pytest.mark.parametrize(
    ("host", "target"),
    [
        ("jobs.example.com", "/"),
        ("jobs.example.com", ""),
        ("jobs.example.com", "/projects/p1"),
        ("jobs.example.com", "/projects//jobs"),
        ("jobs.example.com", "/Projects/p1/jobs"),
        ("jobs.example.com", "/projects/p1/jobsx"),
        ("jobs.example.com.evil.org", "/projects/p1/jobs"),
        ("xjobs.example.com", "/projects/p1/jobs"),
        ("example.com", "/status"),
        ("a.example.com", "/status/"),
        ("a.example.com", "/status/x"),
        ("a.example.com", "status"),
        ("x", "/admin/report"),
        ("x", "/admin/x/y/report"),
        ("x", "/admin//report"),
        ("x", "http://x/admin/x/report"),
    ],
)
def test_what_no_rule_matches_does_not_pass(host: str, target: str) -> None:
    assert find("GET", host, target) is None


@pytest.mark.parametrize(
    "target",
    [
        "/projects/p1/jobs/../../../admin",
        "/projects/p1/jobs/./x",
        "/projects/p1/jobs/%2e%2e/x",
        "/projects/p1/jobs/%2E./x",
        "/projects/p1/jobs/..;/x",
        "/projects/p1/jobs/..;a=b/x",
        "/projects/p1/jobs/%2e%2e;x/y",
        "/projects/p1/jobs//x",
        "//projects/p1/jobs",
        "/projects/p1%2Fjobs/jobs",
        "/projects/p1/jobs/a%5cb",
        "/projects/p1/jobs/a\\b",
        "/projects/p1/jobs/%252e%252e/x",
        "/projects/p1/jobs/a%00b",
        "/projects/p1/jobs/a%0ab",
        "/projects/p1/jobs/%zz",
        "/projects/p1/jobs/%",
        "/projects/p1/jobs/%ff",
        "/projects/p1/jobs/x#y",
        "/projects/p1/jobs;v=1",
        "/projects/p1/jobs/x%3By",
        "/projects/p1/jobs/x%3f",
        "/projects/p1/jobs/x%23y",
    ],
)
def test_a_path_that_can_be_read_in_two_ways_is_none(target: str) -> None:
    assert path_segments(target.encode()) is None
    assert find("GET", "jobs.example.com", target) is None


@given(st.binary(max_size=60))
def test_whatever_a_path_is_its_parts_hold_nothing_that_leads_elsewhere(raw: bytes) -> None:
    segments = path_segments(b"/" + raw)
    for segment in segments or []:
        assert not set(segment) & set("/\\%\0;?#")
        assert segment not in (".", "..")
    if segments:
        assert all(segments[:-1])


def test_hosts_are_compared_without_port_case_and_closing_dot() -> None:
    assert host_name("Jobs.Example.COM:443") == "jobs.example.com"
    assert host_name("jobs.example.com.") == "jobs.example.com"
    assert host_name("jobs.example.com.:80") == "jobs.example.com"
    assert host_name("xn--bcher-kva.example") == "xn--bcher-kva.example"
    assert host_name("keystead_api:8000") == "keystead_api"
    assert host_name("192.0.2.1:80") == "192.0.2.1"
    assert host_name("[::1]:8080") == "[::1]"


GUARDED = """
[[rule]]
host = "admin.example.com"
path = "/**"
action = "update"
resource = "settings"
scope = "1"

[[rule]]
methods = ["GET"]
path = "/admin/**"
action = "update"
resource = "settings"
scope = "1"

[[rule]]
path = "/**"
signed_in = true
"""


@pytest.mark.parametrize(
    "host",
    [
        "", " ", ".", "admin.example.com..", "admin..example.com", ".admin.example.com", "admin.example.com:",
        "admin.example.com:x", "admin.example.com:80:80", "admin.example.com:000443", "user@admin.example.com",
        "admin.example.com/", "admin.example.com\t", " admin.example.com", "other, admin.example.com",
        "%61dmin.example.com", "admin\u00ad.example.com", "admin.example.com\x00", "[::1", "::1", "[admin.example.com]",
        "-admin.example.com",
    ],
)  # fmt: skip
def test_a_host_that_can_be_read_in_two_ways_slips_past_no_rule(host: str) -> None:
    assert host_name(host) is None
    assert find_rule(read_rules(GUARDED), "GET", host, b"/x") is None


@pytest.mark.parametrize("path", ["/admin;x/y", "/admin%3bx/y", "/admin%3f/y", "/admin%23"])
def test_what_some_programs_cut_off_a_path_slips_past_no_rule(path: str) -> None:
    assert find_rule(read_rules(GUARDED), "GET", "x", path.encode()) is None


def test_a_method_is_what_was_sent() -> None:
    rules = read_rules(GUARDED)
    assert find_rule(rules, "GET", "x", b"/admin") == Match(
        None, Permission(Action.UPDATE, BY_NAME["settings"]), "1"
    )
    for odd in ("get", "Get", "", "GET ", "GET, POST", "GET\x00", "G\u00cbT"):
        assert find_rule(rules, odd, "x", b"/admin") is None
    assert find_rule(rules, "M-SEARCH", "x", b"/admin") == Match(None, None, None)


def test_without_rules_nothing_passes() -> None:
    assert read_rules("") == []
    assert find_rule([], "GET", "x", b"/") is None


WHOLE = 'path = "/x"\naction = "read"\nresource = "jobs"\nscope = "1"\n'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[[rule]", "not TOML"),
        ("[rule]\npath = '/'", "a list of"),
        ("other = 1", "a list of"),
        ("rule = [1]", "Proxy rule 1 is not a table"),
        (f"[[rule]]\n{WHOLE}colour = 'red'", "Proxy rule 1 has colour, which is no field"),
        (f"[[rule]]\n{WHOLE}[[rule]]\n{WHOLE}host = 'a b'", "Proxy rule 2 has a host that is none"),
        (f"[[rule]]\n{WHOLE}host = '*'", "has a host that is none"),
        (f"[[rule]]\n{WHOLE}host = 1", "has a host that is not a text"),
        (f"[[rule]]\n{WHOLE}methods = 'GET'", "has methods that are none"),
        (f"[[rule]]\n{WHOLE}methods = ['get']", "has methods that are none"),
        (f"[[rule]]\n{WHOLE}methods = []", "has no methods"),
        (f"[[rule]]\n{WHOLE}signed_in = true", "keep one of the two"),
        (f"[[rule]]\n{WHOLE}signed_in = false", "needs an action"),
        ("[[rule]]\npath = '/x'", "needs an action, a resource and a scope, or signed_in = true"),
        ("[[rule]]\nsigned_in = true", "has no path"),
        ("[[rule]]\npath = 'x'\nsigned_in = true", "has no path"),
        ("[[rule]]\npath = '/a//b'\nsigned_in = true", "has no path"),
        ("[[rule]]\npath = '/a/**/b'\nsigned_in = true", "has a path with a part"),
        ("[[rule]]\npath = '/a*'\nsigned_in = true", "has a path with a part"),
        ("[[rule]]\npath = '/{A}'\nsigned_in = true", "has a path with a part"),
        ("[[rule]]\npath = '/../x'\nsigned_in = true", "has a path with a part"),
        ("[[rule]]\npath = '/%2e'\nsigned_in = true", "has a path with a part"),
        ("[[rule]]\npath = '/{a}/{a}'\nsigned_in = true", "has a variable twice"),
        (
            f"[[rule]]\n{WHOLE.replace('read', 'see')}",
            "has an action that is none of create, read, update, delete",
        ),
        (f"[[rule]]\n{WHOLE.replace('jobs', 'job')}", "has a resource that is no resource type"),
        (f"[[rule]]\n{WHOLE.replace('1', '{p}')}", "has a scope that is no variable of its path"),
    ],
)
def test_a_table_that_is_wrong_is_refused_with_a_sentence(text: str, says: str) -> None:
    with pytest.raises(ProxyRulesError) as refused:
        read_rules(text)
    assert says in refused.value.message
