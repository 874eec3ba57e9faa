"""What the API of service accounts takes and answers."""

from typing import Annotated, Final

import msgspec

from keystead.kit import client_names
from keystead.service_accounts.model import (
    FIELDS,
    MAX_AUDIENCES,
    MAX_DESCRIPTION,
    MAX_LABELS,
    MAX_SECRET_NAME,
    SHORTEST_TOKEN,
)
from keystead.service_accounts.table import COLUMNS, USUAL
from keystead.web.lists import TOTAL_HEADERS, ListQuery
from keystead.web.operations import Header, Parameter
from keystead.web.wire import (
    ClientSecret,
    Moment,
    PermittedActions,
    PersonOrAccount,
    ScopeId,
    ScopeName,
    ScopeType,
    Uuid,
    told,
)

Name = Annotated[
    str,
    told(
        "Unique in the tenant, and the client ID too.",
        "ci-pipeline-prod",
        pattern=f"^{client_names.PATTERN}$",
        minLength=client_names.SHORTEST,
        maxLength=client_names.LONGEST,
    ),
]
Description = Annotated[
    str, told("What the account is for.", "Deploys to production", maxLength=MAX_DESCRIPTION)
]
Labels = Annotated[
    dict[str, str], told("Words of your own, by name.", {"team": "payments"}, maxProperties=MAX_LABELS)
]
Audiences = Annotated[
    list[str],
    told(
        "For which other APIs the account's tokens may be meant: addresses or names, which a client asks for by "
        "`resource` or `audience`. Taking one away ends every token of the account; adding one needs every permission "
        "that the account has.",
        ["https://jobs.example.com"],
        maxItems=MAX_AUDIENCES,
    ),
]
Home = Annotated[
    str,
    told(
        "Where the account lives: those who read accounts there see it.",
        "9f55255e-11ed-47c7-acef-fc4054768dbc",
    ),
]
SecretName = Annotated[str, told("What it is called in lists.", "spring rotation", maxLength=MAX_SECRET_NAME)]
ACCOUNT_ID: Final = Parameter("serviceAccountId", Uuid, "The account's id.")
APP_ID: Final = Parameter("appId", Uuid, "The account's id.")
SECRET_ID: Final = Parameter("secretId", Uuid, "The secret's id.")
LIST: Final = ListQuery(
    FIELDS,
    default_limit=None,
    sort_name="ServiceAccountSortFields",
    searches="names, client IDs, creators, role names and scope names",
)
TOTAL: Final = Parameter(
    "total",
    Annotated[str, told(enum=["exact", "capped"], default="capped")],
    "Whether X-Total-Count counts beyond 10,000 too, which takes longer.",
)
COLUMNS_OF_CSV: Final = Parameter(
    "columns",
    Annotated[
        list[Annotated[str, told(enum=list(COLUMNS))]],
        told(example=["name", "createdBy", "secretCreatedAt"], default=list(USUAL)),
    ],
    "Of CSV: the columns, in their order.",
)
LIST_HEADERS: Final = (
    *TOTAL_HEADERS,
    Header(
        "X-Truncated-At",
        int,
        "Of CSV: the file ends after that many rows, although there are more to the list.",
    ),
)


class ServiceAccountCreationRequest(msgspec.Struct, rename="camel"):
    """Without a home, the account lives in the highest scope in which you may create accounts."""

    name: Name
    description: Description | None = None
    labels: Labels | None = None
    scope_id: Home | None = None
    scope_type: ScopeType | None = None
    audiences: Audiences | None = None
    token_lifetime: Annotated[
        int | None, told("How many seconds its tokens live. Absent: as all do.", 900, minimum=SHORTEST_TOKEN)
    ] = None


class ServiceAccountPatchRequest(msgspec.Struct, rename="camel"):
    """What is absent stays as it is."""

    enabled: Annotated[
        bool | None, told("Disabling ends every token of the account; enabling brings none back.", False)
    ] = None
    description: Description | None = None
    labels: Labels | None = None
    audiences: Audiences | None = None
    token_lifetime: Annotated[
        int | None, told("How many seconds tokens live from now on; 0: as all do.", 900, minimum=0)
    ] = None


class ServiceAccountSecretCreationRequest(msgspec.Struct, rename="camel"):
    name: SecretName | None = None
    expires_at: Annotated[
        Moment | None, told("From then on it is refused; without it, it does not expire.")
    ] = None


class ServiceAccountRule(msgspec.Struct, rename="camel"):
    """A role in a scope, that the account has."""

    id: int
    role_id: Annotated[int, told(example=5)]
    role_name: Annotated[str, told(example="L1 researcher")]
    scope_id: ScopeId
    scope_type: ScopeType
    scope_name: ScopeName


class ServiceAccount(msgspec.Struct, rename="camel"):
    """An identity for a program."""

    id: Uuid
    name: Name
    client_id: Annotated[str, told("The name.", "ci-pipeline-prod")]
    enabled: bool
    created_by: PersonOrAccount
    created_at: Moment
    updated_at: Annotated[
        Moment, told("Moves with every change to the account and its rules, never with a sign-in.")
    ]
    last_login: Annotated[Moment | None, told("Null: never.")]
    tenant_id: Annotated[str, told("The tenant's number.", "1")]
    description: Description
    labels: Labels
    scope_id: Home
    scope_type: ScopeType
    scope_name: ScopeName
    access_rules: Annotated[list[ServiceAccountRule], told("The first of its rules that you may see.")]
    access_rule_count: Annotated[int, told("How many of its rules you may see.")]
    secret_created_at: Annotated[
        Moment | None, told("When the oldest secret that works was made. Null: there is none.")
    ]
    secret_expires_at: Annotated[
        Moment | None, told("When the first of the secrets that work will expire. Null: none ever does.")
    ]
    secret_count: Annotated[int, told("How many secrets work.", 1)]
    audiences: Audiences
    token_lifetime: Annotated[
        int | None, told("How many seconds its tokens live. Null: as all do.", 900, minimum=SHORTEST_TOKEN)
    ]
    permitted_actions: PermittedActions


class ServiceAccountPostResponse(msgspec.Struct, rename="camel"):
    id: Uuid
    name: Name
    client_id: Annotated[str, told(example="ci-pipeline-prod")]
    client_secret: ClientSecret


class RegenerateServiceAccountSecretResponse(msgspec.Struct, rename="camel"):
    client_secret: ClientSecret


class ServiceAccountSecretPostResponse(msgspec.Struct, rename="camel"):
    id: Uuid
    client_secret: ClientSecret


class ServiceAccountSecret(msgspec.Struct, rename="camel"):
    """A secret without itself."""

    id: Uuid
    name: SecretName
    tail: Annotated[str, told("The last characters of its checksum, to tell secrets apart.", "M2nR")]
    created_at: Moment
    created_by: PersonOrAccount
    expires_at: Annotated[Moment | None, told("Null: it does not expire.")]
    last_used_at: Annotated[Moment | None, told("Null: never used.")]


class ServiceAccountSecrets(msgspec.Struct, rename="camel"):
    secrets: list[ServiceAccountSecret]


# The older name: the same accounts in fewer words.
class ApplicationCreationRequest(msgspec.Struct):
    name: Name


class ApplicationPatchRequest(msgspec.Struct):
    enabled: Annotated[
        bool, told("Disabling ends every token of the account; enabling brings none back.", False)
    ]


class Application(msgspec.Struct, rename="camel"):
    """A service account under its older name."""

    name: Name
    created_by: PersonOrAccount
    created_at: Moment
    updated_at: Moment
    enabled: bool
    tenant_id: Annotated[str, told("The tenant's number.", "1")]
    last_login: Annotated[Moment | None, told("Null: never.")]
    id: Uuid
    client_id: Annotated[str, told("The name.", "ci-pipeline-prod")]


class ApplicationPostResponse(msgspec.Struct, rename="camel"):
    id: Uuid
    name: Name
    secret: ClientSecret
    client_id: Annotated[str, told("The name.", "ci-pipeline-prod")]


class ApplicationSecret(msgspec.Struct):
    secret: ClientSecret
