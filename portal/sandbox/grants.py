"""Which permissions exist, and who consented to which of them."""

from collections.abc import Iterable

from portal.sandbox import store
from portal.sandbox.seeds import Account

GRAPH = "https://graph.microsoft.com/"
EXCHANGE = ("https://outlook.office.com/", "https://outlook.office365.com/")
SMTP_SEND = "SMTP.Send"  # of Exchange, which is another resource
SEND_AS_APP = "SMTP.SendAsApp"  # likewise
MEANINGS = {
    "Mail.Send": "Send mail as the person signed in",
    "Mail.Send.Shared": "Send mail on behalf of others",
    "Mail.ReadWrite": "Read and write the mail of the person signed in",
    "Mail.ReadWrite.Shared": "Read and write mail the person can open",
    "User.Read": "Sign in and read the person's profile",
    SMTP_SEND: "Send mail by SMTP as the person signed in",
    "offline_access": "Keep access while nobody is signed in",
    "openid": "Know who signed in",
    "profile": "See the person's name",
    "email": "See the person's address",
}
OIDC = ("openid", "profile", "email", "offline_access")
DELEGATED = tuple(name for name in MEANINGS if name not in (*OIDC, SMTP_SEND))
ROLES = {
    "Mail.Send": "Send mail as any mailbox",
    "Mail.ReadWrite": "Read and write the mail of every mailbox",
    SEND_AS_APP: "Send mail by SMTP as any mailbox",
}
RESOURCES: dict[str, tuple[str, ...]] = {
    GRAPH: (*DELEGATED, *OIDC),
    **dict.fromkeys(EXCHANGE, (SMTP_SEND,)),
}
APP_ROLE = "Portal.Admin"  # of the registration's own; given to people
DEFAULT = ".default"  # stands for everything on the registration
EVERYBODY = "*"  # an administrator consented for the whole organization
APPLICATION = "application"  # an app role, used without anybody signed in


class UnknownScope(Exception):
    """A scope that no resource here offers."""


class UnknownResource(Exception):
    """A scope of a resource that is not in this organization."""


def read_scope(text: str) -> list[str]:
    """Return the permissions a scope parameter names, in short form and once each.

    A name without a resource is Graph's; letters' case does not matter. Raise
    UnknownScope, also for two resources in one request, or UnknownResource.
    """
    names: dict[str, None] = {}
    for word in text.split():
        resource = next((r for r in RESOURCES if word.lower().startswith(r)), "")
        if not resource and "://" in word:
            raise UnknownResource(word)
        offered = RESOURCES.get(resource, MEANINGS)
        known = {name.lower(): name for name in (*offered, DEFAULT)}
        short = word[len(resource) :].lstrip("/").lower()
        if short not in known or (not resource and short == SMTP_SEND.lower()):
            raise UnknownScope(word)
        names[known[short]] = None
    if SMTP_SEND in names and set(names) & set(DELEGATED):
        raise UnknownScope(text)
    return list(names)


def of_exchange(scope: str) -> bool:
    """Tell whether a scope names Exchange as its resource."""
    return any(word.startswith(EXCHANGE) for word in scope.lower().split())


def allow(
    client_id: str, tenant_id: str, principal: str, permissions: Iterable[str]
) -> None:
    """Record consent: for one person by oid, EVERYBODY, or as APPLICATION."""
    for permission in permissions:
        store.current().tell(
            "INSERT OR IGNORE INTO grants VALUES (?, ?, ?, ?)",
            client_id,
            tenant_id,
            principal,
            permission,
        )


def allow_default(client_id: str, tenant_id: str) -> None:
    """Record an administrator's consent to everything on the registration."""
    allow(client_id, tenant_id, EVERYBODY, MEANINGS)
    allow(client_id, tenant_id, APPLICATION, ROLES)


def allowed(client_id: str, account: Account) -> set[str]:
    """Return what the app may do for this person, by anybody's consent."""
    return _permissions(client_id, account.tenant.id, account.oid, EVERYBODY)


def roles(client_id: str, tenant_id: str) -> set[str]:
    """Return what the app may do by itself in this organization."""
    return _permissions(client_id, tenant_id, APPLICATION, APPLICATION)


def forget(client_id: str, tenant_id: str) -> None:
    """Remove every consent, as deleting the enterprise application does."""
    store.current().tell(
        "DELETE FROM grants WHERE client_id = ? AND tenant_id = ?", client_id, tenant_id
    )


def _permissions(client_id: str, tenant_id: str, one: str, other: str) -> set[str]:
    rows = store.current().ask(
        "SELECT permission FROM grants"
        " WHERE client_id = ? AND tenant_id = ? AND principal IN (?, ?)",
        client_id,
        tenant_id,
        one,
        other,
    )
    return {row["permission"] for row in rows}
