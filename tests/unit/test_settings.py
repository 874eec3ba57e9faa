"""The environment says what holds; whatever is wrong in it stops the start with one sentence that names it."""

import base64
import re
import string
from ipaddress import ip_network
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keystead.kit.secret import Secret
from keystead.settings import LARGEST_SECRET_FILE, SETTINGS, Settings, SettingsError
from keystead.settings_reference import overview, reference
from keystead.settings_values import EMAIL, read_master_key

DOCS = Path(__file__).parents[2] / "docs" / "reference" / "settings.md"
KEY = bytes(range(224, 256))  # its base64 has both of the signs in which the alphabets differ


def load(**variables: str) -> Settings:
    return Settings.load({f"KEYSTEAD_{name}": value for name, value in variables.items()}, on_terminal=False)


def refusal(**variables: str) -> str:
    """The sentence that stops the start."""
    with pytest.raises(SettingsError) as refused:
        load(**variables)
    return str(refused.value)


def test_without_any_variable_everything_has_its_default() -> None:
    settings = load()
    assert settings.data_dir == Path("var")
    assert settings.database_url.reveal() == "sqlite:///var/keystead.db"
    assert settings.database_path == Path("var/keystead.db")
    assert (settings.host, settings.port) == ("127.0.0.1", 8080)
    assert settings.public_url == "http://127.0.0.1:8080"
    assert (settings.token_ttl, settings.refresh_ttl) == (3600, 12 * 3600)
    assert settings.trusted_proxies == ()
    assert settings.log_level == "info"
    assert (settings.tenant_id, settings.tenant_name) == (1, "keystead")
    assert settings.admin_email == "admin@keystead.local"
    assert settings.admin_password is None
    assert settings.master_key is None


def test_variables_of_others_are_not_looked_at() -> None:
    assert Settings.load({"PORT": "x", "HOME": "/", "MYKEYSTEAD_PORT": "x"}).port == 8080


def test_settings_are_frozen() -> None:
    with pytest.raises(AttributeError):
        load().port = 1  # type: ignore[misc]


def test_the_database_lies_in_the_data_directory_unless_it_is_said_where() -> None:
    assert load(DATA_DIR="/srv/keystead").database_path == Path("/srv/keystead/keystead.db")
    assert load(DATA_DIR="/srv", DATABASE_URL="sqlite:///here.db").database_path == Path("here.db")


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("10.1.2.3", "http://10.1.2.3:8080"),
        ("keys.example.com", "http://keys.example.com:8080"),
        ("0.0.0.0", "http://127.0.0.1:8080"),
        ("::", "http://[::1]:8080"),
        ("fd00::1", "http://[fd00::1]:8080"),
    ],
)
def test_the_public_url_is_made_of_host_and_port(host: str, url: str) -> None:
    assert load(HOST=host).public_url == url


@pytest.mark.parametrize(
    ("given_url", "kept"),
    [
        ("https://keystead.example.com", "https://keystead.example.com"),
        ("https://keystead.example.com/", "https://keystead.example.com"),
        ("https://Keystead.example.com:8443/keys/", "https://Keystead.example.com:8443/keys"),
        ("http://[::1]:8080", "http://[::1]:8080"),
    ],
)
def test_a_public_url_is_kept_as_written_but_for_a_closing_slash(given_url: str, kept: str) -> None:
    assert load(PUBLIC_URL=given_url).public_url == kept


@given(st.text(alphabet=st.characters(max_codepoint=0x17F), max_size=20))
def test_a_public_url_fits_into_a_token_that_is_read_with_the_standard_base64_alphabet(path: str) -> None:
    try:
        url = load(PUBLIC_URL=f"https://example.com/{path}").public_url
    except SettingsError:
        return
    encoded = [base64.urlsafe_b64encode(b" " * shift + url.encode()) for shift in range(3)]
    assert not any(sign in text for text in encoded for sign in b"-_")


def test_the_log_is_for_people_where_one_watches() -> None:
    assert Settings.load({}, on_terminal=True).log_format == "console"
    assert Settings.load({}, on_terminal=False).log_format == "json"
    assert Settings.load({"KEYSTEAD_LOG_FORMAT": "JSON"}, on_terminal=True).log_format == "json"


def test_proxies_are_addresses_and_networks() -> None:
    assert load(TRUSTED_PROXIES="10.0.0.0/8, 192.168.1.5,fd00::/8").trusted_proxies == (
        ip_network("10.0.0.0/8"),
        ip_network("192.168.1.5/32"),
        ip_network("fd00::/8"),
    )
    assert load(TRUSTED_PROXIES="").trusted_proxies == ()


def test_spaces_around_a_value_do_not_count() -> None:
    assert load(PORT=" 9000 ").port == 9000


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATA_DIR", ""),
        ("DATA_DIR", "a\0b"),
        ("DATA_DIR", "what?"),
        ("DATABASE_URL", ""),
        ("DATABASE_URL", "var/keystead.db"),
        ("DATABASE_URL", "sqlite://"),
        ("DATABASE_URL", "sqlite:///"),
        ("DATABASE_URL", "sqlite:///:memory:"),
        ("DATABASE_URL", "sqlite:///var/"),
        ("DATABASE_URL", "sqlite:///var/keystead.db?mode=ro"),
        ("HOST", ""),
        ("HOST", "[::1]"),
        ("HOST", "256.1.1.1"),
        ("HOST", "127.0.0.1:8080"),
        ("HOST", "häuser.example"),
        ("HOST", "-a.example"),
        ("HOST", "fe80::1%eth0"),
        ("HOST", "a" * 254),
        ("PORT", ""),
        ("PORT", "0"),
        ("PORT", "65536"),
        ("PORT", "8_080"),
        ("PORT", "+80"),
        ("PORT", "८०"),
        ("PORT", "9" * 5000),
        ("PUBLIC_URL", "keystead.example.com"),
        ("PUBLIC_URL", "ftp://keystead.example.com"),
        ("PUBLIC_URL", "https://"),
        ("PUBLIC_URL", "https://häuser.example"),
        ("PUBLIC_URL", "https://me@keystead.example.com"),
        ("PUBLIC_URL", "https://keystead.example.com?a=b"),
        ("PUBLIC_URL", "https://keystead.example.com/#top"),
        ("PUBLIC_URL", "https://keystead.example.com/~me"),
        ("PUBLIC_URL", "https://keystead.example.com:0"),
        ("PUBLIC_URL", "https://keystead.example.com:99999"),
        ("PUBLIC_URL", "https://[127.0.0.1]"),
        ("PUBLIC_URL", "https://::1"),
        ("TOKEN_TTL", "60"),
        ("TOKEN_TTL", "86401"),
        ("TOKEN_TTL", "1h"),
        ("TOKEN_TTL", "3600.0"),
        ("REFRESH_TTL", "-1"),
        ("REFRESH_TTL", "299"),
        ("TRUSTED_PROXIES", "proxy.example.com"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "10.0.0.1,"),
        ("LOG_FORMAT", "xml"),
        ("LOG_LEVEL", "loud"),
        ("TENANT_ID", "0"),
        ("TENANT_ID", "2147483648"),
        ("TENANT_NAME", ""),
        ("TENANT_NAME", "two\nlines"),
        ("TENANT_NAME", "a" * 256),
        ("ADMIN_EMAIL", "admin"),
        ("ADMIN_EMAIL", "admin@localhost"),
        ("ADMIN_EMAIL", "admin@example.com\nx@example.com"),
        ("ADMIN_PASSWORD", ""),
        ("ADMIN_PASSWORD", "\udcff"),
        ("MASTER_KEY", "short"),
        ("MASTER_KEY", "0" * 63),
        ("MASTER_KEY", base64.b64encode(KEY[:-1]).decode()),
        ("MASTER_KEY", "é" * 43),
    ],
)
def test_a_wrong_value_is_refused_with_one_sentence_that_names_the_variable(name: str, value: str) -> None:
    sentence = refusal(**{name: value})
    assert sentence.startswith(f"KEYSTEAD_{name} must be ")
    assert sentence.endswith(".")
    assert "\n" not in sentence


@given(st.sampled_from([one for setting in SETTINGS for one in setting.variables]), st.text(max_size=80))
def test_no_value_whatever_ends_in_anything_but_a_setting_or_a_sentence(variable: str, value: str) -> None:
    sentence = ""
    try:
        Settings.load({variable: value}, on_terminal=False)
    except SettingsError as refused:
        sentence = str(refused)
    assert not sentence or variable in sentence


def test_another_database_is_refused_and_its_password_is_not_repeated() -> None:
    sentence = refusal(DATABASE_URL="mysql://keystead:hunter2@db/keystead")
    assert "postgresql://keystead@db.example.com/keystead" in sentence
    assert "hunter2" not in sentence


def test_a_postgresql_address_is_a_secret_that_is_shown_without_its_password() -> None:
    settings = load(DATABASE_URL="postgresql://keystead:hunter2@db:5433/keystead", WORKERS="4")
    assert not settings.is_on_sqlite
    assert settings.workers == 4
    assert "hunter2" not in repr(settings)
    shown = overview({"KEYSTEAD_DATABASE_URL": "postgresql://keystead:hunter2@db:5433/keystead"})
    assert "postgresql://keystead:***@db:5433/keystead" in shown
    assert "hunter2" not in shown


def test_more_than_one_worker_needs_postgresql() -> None:
    assert "KEYSTEAD_WORKERS must be 1 on SQLite" in refusal(WORKERS="2")


def test_a_token_lifetime_that_clients_never_stop_renewing_is_refused_with_the_reason() -> None:
    assert "log in again when 60 seconds are left" in refusal(TOKEN_TTL="60")
    assert load(TOKEN_TTL="61").token_ttl == 61
    assert load(TOKEN_TTL="86400").token_ttl == 86400


# Unknown variables


@pytest.mark.parametrize(
    ("unknown", "meant"),
    [
        ("PROT", "PORT"),
        ("TOKENTTL", "TOKEN_TTL"),
        ("DATABASE", "DATABASE_URL"),
        ("MASTERKEY_FILE", "MASTER_KEY_FILE"),
    ],
)
def test_an_unknown_variable_is_refused_with_the_name_that_was_meant(unknown: str, meant: str) -> None:
    sentence = f"KEYSTEAD_{unknown} is not a setting of Keystead: did you mean KEYSTEAD_{meant}?"
    assert refusal(**{unknown: "1"}) == sentence


def test_an_unknown_variable_that_resembles_nothing_is_refused_with_where_to_look() -> None:
    assert refusal(XYZZY="1") == (
        "KEYSTEAD_XYZZY is not a setting of Keystead: `keystead settings` lists those that there are."
    )


def test_only_secrets_are_read_from_files() -> None:
    assert refusal(PORT_FILE="/run/port") == (
        "KEYSTEAD_PORT_FILE is not a setting, since only secrets are read from files: set KEYSTEAD_PORT itself."
    )


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "tcp://10.0.0.1:8080"),
        ("PORT_8080_TCP", "tcp://10.0.0.1:8080"),
        ("PORT_8080_TCP_ADDR", "10.0.0.1"),
        ("PORT_53_UDP_PROTO", "udp"),
        ("SERVICE_HOST", "10.0.0.1"),
        ("SERVICE_PORT", "8080"),
        ("SERVICE_PORT_HTTP", "8080"),
        ("CONSOLE_SERVICE_HOST", "10.0.0.1"),
        ("CONSOLE_PORT", "tcp://10.0.0.1:8080"),
    ],
)
def test_what_kubernetes_injects_is_refused_with_the_way_to_stop_it(name: str, value: str) -> None:
    sentence = refusal(**{name: value})
    assert sentence.startswith(f"KEYSTEAD_{name} ")
    assert "`enableServiceLinks: false`" in sentence


# Secrets


@pytest.mark.parametrize("ending", ["", "\n", "\r\n"])
def test_a_secret_may_be_in_a_file_with_or_without_a_line_feed(tmp_path: Path, ending: str) -> None:
    file = tmp_path / "password"
    file.write_bytes(f" s3cret {ending}".encode())
    assert load(ADMIN_PASSWORD_FILE=str(file)).admin_password == Secret(" s3cret ")


def test_a_secret_given_twice_is_refused() -> None:
    assert refusal(ADMIN_PASSWORD="a", ADMIN_PASSWORD_FILE="/b") == (
        "KEYSTEAD_ADMIN_PASSWORD and KEYSTEAD_ADMIN_PASSWORD_FILE are both set: keep one of them."
    )


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe", b"x" * (LARGEST_SECRET_FILE + 1)])
def test_a_secret_file_without_a_usable_secret_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "password"
    file.write_bytes(content)
    assert refusal(ADMIN_PASSWORD_FILE=str(file)).startswith("KEYSTEAD_ADMIN_PASSWORD_FILE must name a ")


@pytest.mark.parametrize("path", ["", "missing", ".", "a\0b"])
def test_a_secret_file_that_cannot_be_read_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert refusal(MASTER_KEY_FILE=path).startswith("KEYSTEAD_MASTER_KEY_FILE must name a readable file, ")


def test_a_wrong_secret_in_a_file_is_refused_by_the_name_of_the_file_variable(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("not-a-key")
    sentence = refusal(MASTER_KEY_FILE=str(file))
    assert sentence.startswith("The content of KEYSTEAD_MASTER_KEY_FILE must be ")
    assert "not-a-key" not in sentence


def test_a_master_key_is_the_same_in_every_form() -> None:
    standard, url_safe = base64.b64encode(KEY).decode(), base64.urlsafe_b64encode(KEY).decode()
    assert standard != url_safe
    for text in (
        KEY.hex(),
        KEY.hex().upper(),
        standard,
        standard.rstrip("="),
        url_safe,
        url_safe.rstrip("="),
    ):
        assert load(MASTER_KEY=text).master_key == Secret(KEY.hex())


@given(st.text(alphabet=string.ascii_letters + string.digits + "+/-_=é ", max_size=70))
def test_a_master_key_has_32_bytes_or_is_refused(text: str) -> None:
    try:
        key = read_master_key(text)
    except ValueError:
        return
    assert len(bytes.fromhex(key.reveal())) == 32


def test_no_secret_is_ever_shown() -> None:
    environ = {"KEYSTEAD_ADMIN_PASSWORD": "hunter2", "KEYSTEAD_MASTER_KEY": KEY.hex()}
    assert "hunter2" not in repr(Settings.load(environ)) + overview(environ)
    assert KEY.hex() not in repr(Settings.load(environ)) + overview(environ)


@given(st.emails())
def test_an_admin_email_fits_the_contract_or_is_refused(text: str) -> None:
    try:
        email = EMAIL.read(text)
    except ValueError:
        return
    assert re.fullmatch(r"^[a-zA-Z0-9._%+-]+@[a-zA-Z0-9.-]+\.[a-zA-Z]{2,}$", email)


# For people to read


def test_the_overview_tells_each_value_and_where_it_is_from(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text("hunter2")
    lines = overview(
        {
            "KEYSTEAD_PORT": "9000",
            "KEYSTEAD_TRUSTED_PROXIES": "10.0.0.0/8,::1",
            "KEYSTEAD_ADMIN_PASSWORD_FILE": str(file),
        }
    ).splitlines()
    told = {words[0]: words[1:] for words in (re.split(r"  +", line) for line in lines)}
    assert list(told) == [setting.variable for setting in SETTINGS]
    assert told["KEYSTEAD_PORT"] == ["9000", "environment"]
    assert told["KEYSTEAD_HOST"] == ["127.0.0.1", "default"]
    assert told["KEYSTEAD_TRUSTED_PROXIES"] == ["10.0.0.0/8,::1/128", "environment"]
    assert told["KEYSTEAD_ADMIN_PASSWORD"] == ["(hidden)", "from KEYSTEAD_ADMIN_PASSWORD_FILE"]
    assert told["KEYSTEAD_MASTER_KEY"] == ["(not set)", "default"]


def test_the_reference_in_the_docs_is_the_one_that_the_code_makes() -> None:
    assert DOCS.read_text() == reference(), "run `make docs`"


def test_the_reference_names_every_variable() -> None:
    for setting in SETTINGS:
        assert all(f"`{variable}`" in reference() for variable in setting.variables)
        assert setting.doc.endswith(".")
