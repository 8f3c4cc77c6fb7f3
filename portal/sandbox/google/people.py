"""Who uses Google Workspace here: one organization, its people, its OAuth client."""

from portal.sandbox.seeds import Account, Tenant

CLIENT_ID = "260300000000-sandbox.apps.googleusercontent.com"
CLIENT_SECRET = "GOCSPX-sandbox"  # noqa: S105 - opens nothing
MAIL = "https://mail.google.com/"
# As they are asked for, and as an answer spells them.
SCOPES = {
    MAIL: MAIL,
    "openid": "openid",
    "email": "https://www.googleapis.com/auth/userinfo.email",
    "profile": "https://www.googleapis.com/auth/userinfo.profile",
}
NORTHWIND = Tenant(
    id="6009e000-5a1d-4b0c-9c0d-000000000003",
    domain="northwind.example",
    name="Northwind (Google)",
)
DANA = Account(
    oid="100000000000000000031",
    tenant=NORTHWIND,
    address="dana@northwind.example",
    name="Dana Director",
    aliases=("orders@northwind.example",),  # in Gmail, under "Send mail as"
)
ERIN = Account(
    oid="100000000000000000032",
    tenant=NORTHWIND,
    address="erin@northwind.example",
    name="Erin Engineer",
)
PEOPLE = (DANA, ERIN)


def person(oid: str) -> Account | None:
    """Find somebody by what Google calls `sub`."""
    return next((each for each in PEOPLE if each.oid == oid), None)


def addressed(address: str) -> Account | None:
    """Find whose own address this is; an alias is nobody's to sign in with."""
    return next((each for each in PEOPLE if each.address == address.lower()), None)
