"""Who lives in the sandbox: two organizations, their people, mailboxes and rights."""

from dataclasses import dataclass
from enum import StrEnum

TENANT_ID = "c0270500-5a1d-4b0c-9c0d-000000000001"  # Contoso
CLIENT_ID = "a9900000-5a1d-4b0c-9c0d-0000000000aa"
CLIENT_SECRET = "sandbox~secret+with&odd%characters"  # noqa: S105 - opens nothing
PASSWORD = "sandbox password"  # noqa: S105 - everybody's, for SMTP; opens nothing
APP_NAME = "Mail Portal"


@dataclass(frozen=True, kw_only=True)
class Tenant:
    """An organization with one verified domain."""

    id: str
    domain: str
    name: str

    def named(self, name: str) -> bool:
        """Tell whether a URL means this tenant, by id or domain."""
        return name.lower() in (self.id, self.domain)


class Kind(StrEnum):
    """What an address belongs to."""

    PERSON = "person"  # signs in and has a mailbox
    SHARED = "shared mailbox"  # has a mailbox, and sign-in is blocked
    GROUP = "group"  # has neither; mail may go out in its name


@dataclass(frozen=True, kw_only=True)
class Account:
    """One entry of an organization's directory."""

    oid: str
    tenant: Tenant
    address: str
    name: str
    kind: Kind = Kind.PERSON
    administrator: bool = False
    aliases: tuple[str, ...] = ()
    home: Tenant | None = None  # set for a guest: where the person comes from

    @property
    def has_mailbox(self) -> bool:
        """Tell whether Exchange keeps a mailbox for this account."""
        return self.kind is not Kind.GROUP and self.home is None

    @property
    def signs_in(self) -> bool:
        """Tell whether somebody can sign in as this account with a password."""
        return self.kind is Kind.PERSON

    def answers_to(self, address: str) -> bool:
        """Tell whether mail from this address is this account's own."""
        return address.lower() in (self.address, *self.aliases)


CONTOSO = Tenant(id=TENANT_ID, domain="contoso.example", name="Contoso")
FABRIKAM = Tenant(
    id="fab21ca0-5a1d-4b0c-9c0d-000000000002",
    domain="fabrikam.example",
    name="Fabrikam",
)
TENANTS = (CONTOSO, FABRIKAM)

ADMIN = Account(
    oid="0a000000-5a1d-4b0c-9c0d-000000000011",
    tenant=CONTOSO,
    address="admin@contoso.example",
    name="Ann Administrator",
    administrator=True,
    aliases=("it@contoso.example",),
)
REPORTS = Account(
    oid="0a000000-5a1d-4b0c-9c0d-000000000012",
    tenant=CONTOSO,
    address="reports@contoso.example",
    name="Contoso Reports",
)
ALEX = Account(
    oid="0a000000-5a1d-4b0c-9c0d-000000000013",
    tenant=CONTOSO,
    address="alex@contoso.example",
    name="Alex Analyst",
)
NOREPLY = Account(
    oid="0a000000-5a1d-4b0c-9c0d-000000000014",
    tenant=CONTOSO,
    address="noreply@contoso.example",
    name="Contoso",
    kind=Kind.SHARED,
)
TEAM = Account(
    oid="0a000000-5a1d-4b0c-9c0d-000000000015",
    tenant=CONTOSO,
    address="team@contoso.example",
    name="Contoso Team",
    kind=Kind.GROUP,
)
PAT = Account(
    oid="0b000000-5a1d-4b0c-9c0d-000000000021",
    tenant=FABRIKAM,
    address="pat@fabrikam.example",
    name="Pat Partner",
    administrator=True,
)
PAT_AS_GUEST = Account(
    oid="0a000000-5a1d-4b0c-9c0d-000000000016",
    tenant=CONTOSO,
    address="pat@fabrikam.example",
    name="Pat Partner",
    home=FABRIKAM,
)
ACCOUNTS = (ADMIN, REPORTS, ALEX, NOREPLY, TEAM, PAT)

# Who may send in whose name, and who may open whose mailbox: Exchange keeps the two
# apart, and neither implies the other.
SEND_AS = {
    (REPORTS.oid, NOREPLY.oid),
    (REPORTS.oid, TEAM.oid),
    (ADMIN.oid, NOREPLY.oid),
}
FULL_ACCESS = {(ADMIN.oid, NOREPLY.oid)}


def tenant(name: str) -> Tenant | None:
    """Find an organization by id or domain."""
    return next((each for each in TENANTS if each.named(name)), None)


def account(oid: str) -> Account | None:
    """Find an account by its object id, guests included."""
    everybody = (*ACCOUNTS, PAT_AS_GUEST)
    return next((each for each in everybody if each.oid == oid.lower()), None)


def addressed(tenant_id: str, address: str) -> Account | None:
    """Find who an address belongs to within one organization, aliases included."""
    return next(
        (
            each
            for each in ACCOUNTS
            if each.tenant.id == tenant_id and each.answers_to(address)
        ),
        None,
    )


def user(tenant_id: str, name: str) -> Account | None:
    """Find a user by object id or user principal name; a group is no user."""
    return next(
        (
            each
            for each in ACCOUNTS
            if each.tenant.id == tenant_id
            and each.kind is not Kind.GROUP
            and name.lower() in (each.oid, each.address)
        ),
        None,
    )
