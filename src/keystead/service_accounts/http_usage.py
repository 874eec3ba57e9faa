"""The API of accounts in use: by the day, as an overview, and who made them."""

from datetime import UTC, datetime
from typing import Final

from keystead.authz.tree import Level
from keystead.authz.vocabulary import SERVICE_ACCOUNT, Action
from keystead.db.connection import Row
from keystead.kit.clock import DAY, SECOND, format_utc
from keystead.kit.query_language import parse_limit
from keystead.service_accounts.actions import READ, ServiceAccounts
from keystead.service_accounts.overview import Overview, Overviews
from keystead.service_accounts.sight import view_of
from keystead.service_accounts.wire import ACCOUNT_ID
from keystead.service_accounts.wire_usage import (
    CREATORS,
    DAYS,
    DEFAULT_DAYS,
    MOST_CREATORS,
    Creator,
    Creators,
    LastLogin,
    LastLogins,
    LastRefused,
    OldestSecret,
    Reach,
    RefusedAccount,
    SecretAges,
    Secrets,
    ServiceAccountsOverview,
    ServiceAccountsUsage,
    ServiceAccountUsage,
    UsageDay,
)
from keystead.usage.counters import day_of
from keystead.usage.reports import MOST_DAYS, Usage, UsageReports
from keystead.web.params import read_page, read_search, single
from keystead.web.pipeline import Answer, Request, Route, anywhere, on_object

_PATH: Final = "/api/v1/service-accounts"
_TAG: Final = "Service accounts"


class AccountUsageHttp:
    def __init__(self, accounts: ServiceAccounts, reports: UsageReports, overviews: Overviews) -> None:
        self._accounts = accounts
        self._reports = reports
        self._overviews = overviews

    def routes(self) -> list[Route]:
        read = anywhere(Action.READ, SERVICE_ACCOUNT)
        return [
            Route(
                method="GET",
                path=_PATH + "/overview",
                operation_id="get_service_accounts_overview",
                access=read,
                handler=self.overview,
                tag=_TAG,
                summary="Service accounts in numbers",
                answers={200: ServiceAccountsOverview},
            ),
            Route(
                method="GET",
                path=_PATH + "/usage",
                operation_id="get_service_accounts_usage",
                access=read,
                handler=self.usage_of_all,
                tag=_TAG,
                summary="What service accounts were used for, by the day",
                parameters=(DAYS,),
                answers={200: ServiceAccountsUsage},
            ),
            Route(
                method="GET",
                path=_PATH + "/creators",
                operation_id="get_service_account_creators",
                access=read,
                handler=self.creators,
                tag=_TAG,
                summary="List who made service accounts",
                description="Whoever made most comes first. The numbers are at most a minute old.",
                parameters=CREATORS,
                answers={200: Creators},
            ),
            Route(
                method="GET",
                path=_PATH + "/{serviceAccountId}/usage",
                operation_id="get_service_account_usage",
                access=on_object(Action.READ, SERVICE_ACCOUNT),
                handler=self.usage_of_one,
                tag=_TAG,
                summary="What a service account was used for, by the day",
                parameters=(ACCOUNT_ID, DAYS),
                answers={200: ServiceAccountUsage},
            ),
        ]

    async def overview(self, request: Request) -> Answer:
        return Answer(200, _overview_answer(await self._overviews.of(view_of(request))))

    async def usage_of_all(self, request: Request) -> Answer:
        days = _days(request)
        # Yesterday is told also of a single day.
        usage = await self._reports.of_places(request.visibility(READ), max(days, 2))
        yesterday, today = usage.days[-2:]
        asked = Usage(usage.days[-days:])
        return Answer(
            200,
            ServiceAccountsUsage(
                _days_answer(asked),
                asked.tokens,
                asked.refused,
                today.tokens,
                today.refused,
                yesterday.tokens,
                yesterday.refused,
            ),
        )

    async def usage_of_one(self, request: Request) -> Answer:
        days = _days(request)
        row = await self._accounts.get(request.path["serviceAccountId"], request.visibility(READ))
        usage = await self._reports.of_account(row["pk"], row["created_at"], days)
        latest = await self._reports.latest(row["pk"])
        return Answer(
            200,
            ServiceAccountUsage(
                _days_answer(usage), usage.tokens, usage.refused, _last_login(latest), _last_refused(latest)
            ),
        )

    async def creators(self, request: Request) -> Answer:
        page = read_page(request.query, default_limit=MOST_CREATORS, max_limit=MOST_CREATORS)
        found = await self._overviews.creators(
            request.visibility(READ), read_search(request.query), page.limit or MOST_CREATORS
        )
        return Answer(200, Creators([Creator(one.name, one.accounts) for one in found]))


def _days(request: Request) -> int:
    text = single(request.query, "days")
    return DEFAULT_DAYS if text is None else parse_limit(text, most=MOST_DAYS, name="days")


def _days_answer(usage: Usage) -> list[UsageDay]:
    return [UsageDay(_date(one.day), one.tokens, one.refused) for one in usage.days]


def _date(day: int) -> str:
    return datetime.fromtimestamp(day * DAY // SECOND, UTC).date().isoformat()


def _last_login(row: Row | None) -> LastLogin | None:
    at = row["at"] if row else None
    if row is None or at is None:
        return None
    return LastLogin(format_utc(at), row["source_ip"] or None, row["credential_id"], row["tail"])


def _last_refused(row: Row | None) -> LastRefused | None:
    at = row["refused_at"] if row else None
    return None if row is None or at is None else LastRefused(format_utc(at), row["refused_ip"] or None)


def _overview_answer(found: Overview) -> ServiceAccountsOverview:
    numbers = found.numbers
    old = numbers["secret_older_than_year"] + numbers["secret_older_than_2_years"]
    since = format_utc(day_of(found.as_of) * DAY)
    oldest = found.oldest_secret
    return ServiceAccountsOverview(
        as_of=format_utc(found.as_of),
        accounts=numbers["accounts"],
        disabled=numbers["disabled"],
        created_last30_days=numbers["created_last_30_days"],
        rules=sum(found.reach.values()),
        last_login=LastLogins(
            numbers["login_today"],
            numbers["login_within_7_days"],
            numbers["login_within_30_days"],
            numbers["login_within_90_days"],
            numbers["login_longer_ago"],
            numbers["never_used"],
        ),
        never_used_older_than30_days=numbers["never_used_older_than_30_days"],
        without_rules=numbers["without_rules"],
        secrets=Secrets(
            old,
            numbers["expiring_within_30_days"],
            SecretAges(
                numbers["secret_within_30_days"],
                numbers["secret_within_90_days"],
                numbers["secret_within_180_days"],
                numbers["secret_within_year"],
                numbers["secret_older_than_year"],
                numbers["secret_older_than_2_years"],
            ),
        ),
        oldest_secret=OldestSecret(oldest["id"], oldest["name"], format_utc(oldest["secret_created_at"]))
        if oldest
        else None,
        reach=Reach(*(found.reach[level] for level in Level)),
        refused_today=[
            RefusedAccount(row["id"], row["name"], row["refused"], row["refused_ip"] or None, since)
            for row in found.refused_today
        ],
    )
