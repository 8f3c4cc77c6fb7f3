"""Mail accounts in the browser: added, proven by a test mail, changed, deleted."""

import re
from dataclasses import replace

import pytest

from portal import db
from portal.workspace import accounts
from portal.workspace.accounts import connectors
from portal.workspace.accounts.servers import Authentication, Security, Server
from tests.delivery.smtp.obeying import obeying
from tests.mail import backlog
from tests.web.branch import (
    BRANCH,
    add,
    fields,
    named,
    proven,
    save,
    send_test,
    sent_by_smtp,
    server,
)
from tests.web.browsing import Browser, words
from tests.web.posting import mark


def test_an_account_is_added_and_proven_by_a_test_mail(ann: Browser) -> None:
    with obeying() as relay:
        account = add(ann, port=str(relay.port))
        there = send_test(ann, account)
        waiting = ann.get(there)
        sent_by_smtp()
        verdict = words(ann.get(there))

    assert '<meta http-equiv="refresh" content="2">' in waiting.text
    assert "A test e-mail was sent to jane@example.com" in verdict
    assert "Subject: Trial" in relay.mails[0].decode()
    assert proven(account)


def test_a_test_mail_that_is_refused_says_why(ann: Browser) -> None:
    with obeying(replies={"AUTH": ["535 5.7.8 wrong"] * 3}) as relay:
        account = add(ann, port=str(relay.port))
        there = send_test(ann, account)
        sent_by_smtp()
        verdict = words(ann.get(there))

    assert "verify if the E-mail Server Settings are correct!" in verdict
    assert "535" in verdict
    assert BRANCH["password"] not in verdict


@pytest.mark.parametrize("at", ["", "/trial"])
@pytest.mark.parametrize(
    "changed", [{"port": "2999"}, {"host": "localhost"}, {"use_connector": "y"}]
)
def test_a_password_that_is_kept_is_told_to_nobody_else(
    ann: Browser, at: str, changed: dict[str, str]
) -> None:
    account = add(ann)
    page = f"/accounts/{account.id}"

    given = fields(password="", seen=mark(ann, account.id), **changed)
    answer = ann.post(f"{page}{at}", given, form_at=page)

    assert answer.status_code == 422
    assert "To sign in with a password, one is needed." in words(answer)
    assert server(account).password == BRANCH["password"]


@pytest.mark.parametrize(
    "changed", [{"host": "mail.attacker.example"}, {"ignore_certificate": "y"}]
)
def test_a_token_for_microsoft_goes_to_nobody_else(
    ann: Browser, changed: dict[str, str]
) -> None:
    exchange = {"host": "smtp.office365.com", "safe": "y", "authentication": "oauth"}

    answer = ann.post(
        "/accounts/trial", fields(**exchange | changed), form_at="/accounts/new"
    )

    assert answer.status_code == 422
    assert "A token for Microsoft is for Exchange Online alone" in words(answer)


def test_what_else_it_sends_as_stays(ann: Browser) -> None:
    account = add(ann)
    with db.session() as session:
        both = [BRANCH["sender"], "other@contoso.example"]
        accounts.readdress(session, account, both, "operator")

    save(ann, account, fields(password="", sender="new@contoso.example"))

    wanted = ("new@contoso.example", "other@contoso.example")
    assert named(account.name).senders == wanted


def test_of_two_admins_the_second_is_told(ann: Browser) -> None:
    account = add(ann)
    at = f"/accounts/{account.id}"
    seen = mark(ann, account.id)
    save(ann, account, fields(reply_to="first@contoso.example"))

    given = fields(reply_to="second@contoso.example", seen=seen)
    answer = ann.post(at, given, form_at=at)
    reply_to = named(account.name).letterhead.reply_to
    again = save(ann, account, given)

    assert answer.status_code == 409
    assert "Somebody changed this account meanwhile" in words(answer)
    assert reply_to == "first@contoso.example"
    assert "Changes have been saved!" in again
    assert named(account.name).letterhead.reply_to == "second@contoso.example"


def test_a_held_account_whose_server_stays_tries_one_message(ann: Browser) -> None:
    account = add(ann)
    messages = [backlog.put(account.id) for _ in range(2)]
    backlog.hold(account.id)

    save(ann, account, fields(password="", reply_to="answers@contoso.example"))

    assert backlog.taken() == messages[:1]


def test_a_fallback_is_chosen(ann: Browser) -> None:
    account = add(ann)
    default = named("default")

    save(ann, account, fields(password="", fallback=str(default.id)))
    chosen = named(account.name).fallback_id
    save(ann, account, fields(password="", fallback=""))

    assert chosen == default.id
    assert named(account.name).fallback_id is None


def test_what_is_in_force_is_shown_but_for_the_password(ann: Browser) -> None:
    account = add(
        ann, reply_to="answers@contoso.example", footer="y", footer_text="Bye"
    )

    page = ann.get(f"/accounts/{account.id}").text

    assert 'value="answers@contoso.example"' in page
    assert ">Bye</textarea>" in page
    assert BRANCH["password"] not in page
    assert re.search(r'type="password"[^>]*name="password"(?![^>]*value)', page)


def test_a_password_that_is_left_out_stays(ann: Browser) -> None:
    account = add(ann)

    said = save(ann, account, fields(password="", name="Relay"))

    assert "Changes have been saved!" in said
    assert server(named("Relay")).password == BRANCH["password"]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"name": ""}, "Please give the account a name."),
        ({"name": "default"}, "There is an account named default already."),
        ({"sender": "nobody"}, "This is not an e-mail address."),
        ({"sender": ""}, "Type an address to send as."),
        ({"host": "no host at all"}, "This is no name of a server."),
        ({"port": "0"}, "A port is a number from 1 to 65535."),
        ({"port": "smtp"}, "A port is a number from 1 to 65535."),
        ({"port": "70000"}, "A port is a number from 1 to 65535."),
        ({"username": ""}, "To sign in, a username is needed."),
        ({"username": "a\0"}, "Please leave out what cannot be shown."),
        ({"footer_text": "a\0"}, "Please leave out what cannot be shown."),
        ({"reply_to": "x"}, "This is not an e-mail address."),
        ({"host": "mail.example.com"}, "would travel in the clear"),
        ({"password": ""}, "To sign in with a password, one is needed."),
        ({"way": "application", "senders": "no domain"}, "Each is an address"),
        ({"way": "application"}, "Name at least one address or domain."),
    ],
    ids=lambda each: str(each)[:40],
)
def test_what_is_wrong_is_said_and_nothing_is_kept(
    ann: Browser, changed: dict[str, str], told: str
) -> None:
    answer = ann.post("/accounts", fields(**changed), form_at="/accounts/new")

    assert answer.status_code == 422
    assert told in words(answer)
    assert BRANCH["password"] not in answer.text
    with db.reading() as session:
        assert len(accounts.every(session)) == 1


def test_the_ways_of_the_form_mean_what_they_say(ann: Browser) -> None:
    native = add(ann, name="native", kind="native")
    ssl = add(ann, name="ssl", safe="y", security="tls", port="465")
    oauth = add(
        ann, name="oauth", safe="y", authentication="oauth", host="smtp.office365.com"
    )
    open_ = add(ann, name="open", authenticated="")

    assert server(native) == Server(host="127.0.0.1", port=25, security=Security.NONE)
    assert server(ssl).security == Security.TLS
    assert server(oauth).authentication == Authentication.OAUTH
    assert (server(oauth).security, server(oauth).password) == (Security.STARTTLS, "")
    assert server(open_).username == ""


@pytest.mark.parametrize(
    "given", [{"kind": "native"}, {"authenticated": ""}], ids=["native", "open"]
)
def test_without_a_sign_in_a_test_mail_proves_it_as_well(
    ann: Browser, given: dict[str, str]
) -> None:
    account = add(ann, **given)
    with obeying() as relay:
        # This machine's own mail system listens on a port that no test may take.
        near = replace(server(account), port=relay.port)
        with db.session() as session:
            accounts.move(session, account.id, near)
        send_test(ann, account)
        sent_by_smtp()

    assert b"From: branch@contoso.example" in relay.mails[0]
    assert relay.said("AUTH") + relay.said("STARTTLS") == []
    assert proven(account)


def test_a_network_connector_is_chosen_by_name(ann: Browser) -> None:
    with db.session() as session:
        connectors.add(session, "usual", "http://proxy.example.com:3128")
        chosen = connectors.add(session, "branch", "http://branch.example.com:3128")
    account = add(ann, use_connector="y", connector=str(chosen.id))

    page = ann.get(f"/accounts/{account.id}").text

    assert server(account).connector_id == chosen.id
    assert re.search(rf'<option value="{chosen.id}"[^>]* selected', page)


def test_an_account_by_application_permission_sends_as_several(ann: Browser) -> None:
    senders = "reports@contoso.example\narchive.contoso.example"
    account = add(ann, way="application", senders=senders)

    assert account.by_application
    assert account.senders == ("reports@contoso.example", "@archive.contoso.example")
    assert "archive.contoso.example" in words(ann.get("/accounts"))


def test_what_microsoft_said_of_our_credential_is_shown_folded(ann: Browser) -> None:
    ann.sandbox.fault("secret-expired", times=None)
    given = fields(way="application", senders=BRANCH["sender"])

    answer = ann.post("/accounts", given, form_at="/accounts/new")

    _, _, folded = answer.text.partition('<details class="raw">')
    assert answer.status_code == 422
    assert "401 · AADSTS7000222\nAADSTS7000222: The provided client secret" in folded


def test_a_return_path_typed_before_graph_was_chosen_is_left_out(ann: Browser) -> None:
    given = {"senders": BRANCH["sender"], "return_path": "bounces@contoso.example"}

    account = add(ann, way="application", **given)

    assert account.letterhead.return_path == ""


def test_nobody_but_admins_gets_in(anybody: Browser) -> None:
    for at in ("/accounts", "/accounts/new"):
        assert anybody.get(at).status_code == 303
