"""What the API of accounts answers about their use: by the day, and as an overview."""

from typing import Annotated, Final

import msgspec

from keystead.usage.reports import MOST_DAYS
from keystead.web.lists import limit_parameter, search_parameter
from keystead.web.operations import Parameter
from keystead.web.wire import Moment, PersonOrAccount, Uuid, told

DEFAULT_DAYS: Final = 30
MOST_CREATORS: Final = 50
Tokens = Annotated[int, told("Tokens that were earned.", 412)]
Refused = Annotated[int, told("Attempts that were refused: with a wrong secret, or while disabled.", 3)]
DAYS: Final = Parameter(
    "days",
    Annotated[int, told(minimum=1, maximum=MOST_DAYS, default=DEFAULT_DAYS, example=DEFAULT_DAYS)],
    "How many days, today included. A day begins at midnight in UTC.",
)
CREATORS: Final = (
    search_parameter("names"),
    limit_parameter("limit", MOST_CREATORS, MOST_CREATORS),
)


class UsageDay(msgspec.Struct, rename="camel"):
    date: Annotated[str, told("In UTC.", "2026-03-12", format="date")]
    tokens: Tokens
    refused: Refused


class LastLogin(msgspec.Struct, rename="camel"):
    at: Moment
    source_ip: Annotated[str | None, told(example="192.0.2.7")]
    secret_id: Annotated[Uuid | None, told("The secret that it used.")]
    secret_tail: Annotated[str | None, told("Null: the secret is gone.", "M2nR")]


class LastRefused(msgspec.Struct, rename="camel"):
    at: Moment
    source_ip: Annotated[str | None, told(example="192.0.2.7")]


class ServiceAccountUsage(msgspec.Struct, rename="camel"):
    """What an account was used for, by the day."""

    days: Annotated[list[UsageDay], told("Every day, the oldest first.")]
    tokens: Tokens
    refused: Refused
    last_login: Annotated[LastLogin | None, told("Null: never.")]
    last_refused: Annotated[LastRefused | None, told("Null: never.")]


class ServiceAccountsUsage(msgspec.Struct, rename="camel"):
    """What the accounts that you may see were used for together, those among them that are deleted since."""

    days: Annotated[list[UsageDay], told("Every day, the oldest first.")]
    tokens: Tokens
    refused: Refused
    tokens_today: Tokens
    refused_today: Refused
    tokens_yesterday: Tokens
    refused_yesterday: Refused


class LastLogins(msgspec.Struct, rename="camel"):
    """Accounts by when they last signed in; each is counted once."""

    today: Annotated[int, told("Since midnight in UTC.", 612)]
    within7_days: Annotated[int, told("In the last 7 days, but not today.", 268)]
    within30_days: Annotated[int, told("In the last 30 days, but not in the last 7.", 140)]
    within90_days: Annotated[int, told("In the last 90 days, but not in the last 30.", 85)]
    longer_ago: Annotated[int, told(example=118)]
    never: Annotated[int, told(example=61)]


class SecretAges(msgspec.Struct, rename="camel"):
    """Accounts by the age of their oldest secret that works; each is counted once."""

    within30_days: Annotated[int, told("Made in the last 30 days.", 141)]
    within90_days: Annotated[int, told("In the last 90 days, but not in the last 30.", 236)]
    within180_days: Annotated[int, told("In the last 180 days, but not in the last 90.", 402)]
    within_year: Annotated[int, told("In the last 365 days, but not in the last 180.", 583)]
    older_than_year: Annotated[int, told("In the last 730 days, but not in the last 365.", 7)]
    older_than2_years: Annotated[int, told("Longer than 730 days ago.", 2)]


class Secrets(msgspec.Struct, rename="camel"):
    accounts_with_secret_older_than_year: Annotated[int, told("The last two of `ages` together.", 9)]
    expiring_within30_days: Annotated[int, told("Accounts of which a secret expires soon.", 23)]
    ages: SecretAges


class OldestSecret(msgspec.Struct, rename="camel"):
    service_account_id: Uuid
    name: Annotated[str, told(example="kube-metrics-push")]
    created_at: Moment


class Reach(msgspec.Struct, rename="camel"):
    """Rules of all subjects by the level of their scope."""

    tenant: Annotated[int, told(example=64)]
    cluster: Annotated[int, told(example=388)]
    department: Annotated[int, told(example=907)]
    project: Annotated[int, told(example=1_552)]


class RefusedAccount(msgspec.Struct, rename="camel"):
    service_account_id: Uuid
    name: Annotated[str, told(example="deploy-bot-legacy")]
    refused: Annotated[int, told("Since `since`.", 31)]
    last_source_ip: Annotated[str | None, told("Of the last attempt.", "192.0.2.7")]
    since: Annotated[Moment, told("Midnight in UTC.")]


class ServiceAccountsOverview(msgspec.Struct, rename="camel"):
    """The accounts and rules that you may see, in numbers that are at most a minute old."""

    as_of: Moment
    accounts: Annotated[int, told(example=1_284)]
    disabled: Annotated[int, told("Of those.", 12)]
    created_last30_days: Annotated[int, told("Of those that are there still.", 38)]
    rules: Annotated[int, told("Rules of all subjects.", 2_911)]
    last_login: LastLogins
    never_used_older_than30_days: Annotated[
        int, told("Accounts that never signed in and were made longer than 30 days ago.", 44)
    ]
    without_rules: Annotated[int, told("Accounts without a rule that you may see.", 17)]
    secrets: Secrets
    oldest_secret: Annotated[OldestSecret | None, told("Of those that work. Null: there is none.")]
    reach: Reach
    refused_today: Annotated[
        list[RefusedAccount], told("The five accounts for which most attempts were refused since midnight.")
    ]


class Creator(msgspec.Struct):
    name: PersonOrAccount
    count: Annotated[int, told("How many accounts that you may see they made.", 38)]


class Creators(msgspec.Struct):
    creators: list[Creator]
