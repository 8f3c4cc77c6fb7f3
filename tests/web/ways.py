"""The pages of mail accounts in every state: listed, new, wrong, tested, deleted."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from portal.errors import Answer
from portal.explanations import tell
from portal.explanations.sign_in import REVOKED
from portal.mail.outbox.overdue import Aside
from portal.web.accounts.form import AccountForm, Kept, filled
from portal.web.accounts.form.server import HOSTS
from portal.web.accounts.listing import Row
from portal.web.accounts.signing import Signing
from portal.workspace.accounts import (
    Way,
)
from portal.workspace.accounts.servers import Authentication, Provider
from portal.workspace.consent.changes import Stage
from tests.web.accounts import BRANCH, GRAPH, ROWS, SERVER
from tests.web.endings import DOUBTED, NOBODY, NOT_SENT, TEST, VERDICT
from tests.web.standings import ADMIN, ASKED, BY_REPORTS, PORTAL, proposed

BILLING = replace(
    ROWS[0],
    account=replace(GRAPH, id=UUID(int=6), name="Billing", is_default=False),
)
# One whose user signs in: not yet, well, and refused by now.
OFFICE = replace(
    BRANCH,
    id=UUID(int=5),
    name="Office",
    way=Way.SMTP_CONSENT,
    sender="office@contoso.example",
    senders=("office@contoso.example",),
)
UNSIGNED = Row(
    account=OFFICE,
    senders="office@contoso.example",
    state="Not connected",
    told=None,
    username="office@contoso.example",
    server=replace(
        SERVER,
        host="smtp.office365.com",
        authentication=Authentication.CONSENT,
        username="office@contoso.example",
    ),
)
SIGNED = replace(UNSIGNED, state="Connected", connected_as=BY_REPORTS.username)
CUT = replace(
    SIGNED, state="Reconnect needed", told=tell(REVOKED.sentence, REVOKED.name)
)
BY_OFFICE = replace(BY_REPORTS, scopes=frozenset({"SMTP.Send", "openid"}))
SIGNING = Signing(
    mailbox="office@contoso.example",
    issuer="Microsoft",
    connection=None,
    change=None,
    done=False,
    approval_link=f"{PORTAL}/approve/tZ4kYw9eR5uJd3GhC7oBmQ",
    connection_link=f"{PORTAL}/connect/c4Tf0mQ8r2sVb6Xn1LzKpA",
    news="",
)
SUBMITTED = replace(ASKED, sender="office@contoso.example", submits=Provider.MICROSOFT)
# One whose user signs in at Google: nobody approves for everybody there.
SALES = replace(
    OFFICE,
    id=UUID(int=7),
    name="Sales",
    sender="sales@northwind.example",
    senders=("sales@northwind.example",),
    provider=Provider.GOOGLE,
)
AT_GOOGLE = replace(
    UNSIGNED,
    account=SALES,
    senders="sales@northwind.example",
    username="sales@northwind.example",
    server=replace(
        SERVER,
        host="smtp.gmail.com",
        authentication=Authentication.CONSENT,
        username="sales@northwind.example",
        password="",
        provider=Provider.GOOGLE,
        client_id="260300000000-example.apps.googleusercontent.com",
        client_secret="geheim",
    ),
)
BY_SALES = replace(
    BY_REPORTS,
    username="sales@northwind.example",
    email="sales@northwind.example",
    scopes=frozenset({"https://mail.google.com/", "openid", "email"}),
)
WITH_GOOGLE: dict[str, Any] = {
    "mailbox": "sales@northwind.example",
    "issuer": "Google",
    "approval_link": "",
}
TO_GOOGLE = replace(
    SUBMITTED, sender="sales@northwind.example", submits=Provider.GOOGLE
)
STRANGER = replace(proposed("office@contoso.example"), submits=Provider.MICROSOFT)
REGISTERED = SimpleNamespace(tenant="contoso.onmicrosoft.com", client_id="an-app")
AROUND: dict[str, Any] = {
    "signed_in": ADMIN,
    "needing": 0,
    "default": GRAPH,
    "registered": REGISTERED,
    "answer": Answer(),
    "redirect_uri": f"{PORTAL}/callback",
    "google_redirect_uri": f"{PORTAL}/callback/google",
    "recommended": HOSTS,
    "providers": [(each.value, each.called) for each in Provider],
    "connectors": [("", "The default one (Branch office tunnel)")],
    "settings": "/settings",
    "aside": None,
}


def wrong() -> AccountForm:
    """Return a form after a try in which everything was wrong."""
    form = AccountForm(data={"way": "smtp"})
    for name in ("name", "host", "port", "username", "sender", "senders"):
        form[name].errors = ["This is not an e-mail address."]
    form.form_errors.append("There is an account named default already.")
    return form


def of(row: Row, **more: object) -> dict[str, Any]:
    kept = Kept(account=row.account, server=row.server)
    return {**AROUND, "row": row, "form": filled(kept), **more}


FRONT = "front@contoso.example"
RENAMED = replace(
    BY_OFFICE, username=FRONT, email=FRONT, renamed_from="office@contoso.example"
)
SIGNINGS: tuple[tuple[str, Row, dict[str, Any]], ...] = (
    ("none", UNSIGNED, {}),
    ("asked", UNSIGNED, {"change": SUBMITTED}),
    ("waiting", UNSIGNED, {"change": replace(SUBMITTED, stage=Stage.WAITING)}),
    ("proposed", UNSIGNED, {"change": STRANGER}),
    ("done", SIGNED, {"connection": BY_OFFICE, "done": True}),
    ("cut", CUT, {"connection": replace(BY_OFFICE, trouble="Please sign in again.")}),
    ("renamed", SIGNED, {"connection": RENAMED}),
    ("google", AT_GOOGLE, WITH_GOOGLE),
    ("google-asked", AT_GOOGLE, WITH_GOOGLE | {"change": TO_GOOGLE}),
    (
        "google-done",
        replace(AT_GOOGLE, state="Connected", connected_as=BY_SALES.username),
        WITH_GOOGLE | {"connection": BY_SALES, "done": True},
    ),
)
ACCOUNT_PAGES: dict[str, tuple[str, dict[str, Any]]] = {
    "accounts": ("accounts/index.html", {**AROUND, "rows": ROWS}),
    "account-new": ("accounts/account.html", {**AROUND, "form": AccountForm()}),
    "account-new-wrong": ("accounts/account.html", {**AROUND, "form": wrong()}),
    "account-new-application": (
        "accounts/account.html",
        {**AROUND, "form": AccountForm(data={"way": "application"})},
    ),
    "account-new-native": (
        "accounts/account.html",
        {**AROUND, "form": AccountForm(data={"kind": "native"})},
    ),
    "account-new-google": (
        "accounts/account.html",
        {
            **AROUND,
            "form": AccountForm(
                data={
                    "authentication": Authentication.CONSENT,
                    "provider": Provider.GOOGLE,
                    "host": HOSTS[Provider.GOOGLE],
                }
            ),
        },
    ),
    "account-new-delegated": (
        "accounts/account.html",
        {**AROUND, "form": AccountForm(data={"way": "consent"})},
    ),
    "account-graph": ("accounts/account.html", of(ROWS[0])),
    "account-delegated": (
        "accounts/account.html",
        of(BILLING, settings=f"/accounts/{BILLING.account.id}/settings"),
    ),
    "account-smtp": ("accounts/account.html", of(ROWS[1])),
    "account-overdue": (
        "accounts/account.html",
        of(ROWS[1], aside=Aside(count=12, restored=9)),
    ),
    "account-application": ("accounts/account.html", of(ROWS[2])),
    **{
        f"account-consent-{name}": (
            "accounts/account.html",
            of(row, signing=replace(SIGNING, **more)),
        )
        for name, row, more in SIGNINGS
    },
    "account-deletion": ("accounts/deletion.html", of(ROWS[1])),
    "account-test": (
        "accounts/test_mail.html",
        {**AROUND, "row": ROWS[1], "test": TEST},
    ),
    "account-test-nobody": (
        "accounts/test_mail.html",
        {**AROUND, "row": ROWS[1], "test": TEST, "nobody": NOBODY},
    ),
    **{
        f"account-test-{name}": (
            "accounts/verdict.html",
            {**AROUND, "row": ROWS[1], "verdict": verdict, "trial": trial},
        )
        for name, verdict, trial in (
            ("waiting", SimpleNamespace(**{**vars(VERDICT), "kind": "waiting"}), False),
            ("sent", VERDICT, False),
            ("failed", NOT_SENT, False),
            ("unconfirmed", DOUBTED, False),
            ("trial", NOT_SENT, True),
        )
    },
}
