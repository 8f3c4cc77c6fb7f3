"""python-o365, which people use today, sends through the sandbox."""

from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import requests
from O365 import Account, MSGraphProtocol  # type: ignore[import-untyped]
from O365.connection import Connection  # type: ignore[import-untyped]
from O365.utils.token import MemoryTokenBackend  # type: ignore[import-untyped]

from portal.sandbox.seeds import CLIENT_ID, CLIENT_SECRET, TENANT_ID
from tests.sandbox.clients.conftest import Secured
from tests.sandbox.clients.microsoft import DEFAULT, application
from tests.sandbox.serving import CALLBACK
from tests.sandbox.walking import ADMIN, approval_url

pytestmark = pytest.mark.filterwarnings("ignore:response_mode")


def account(secured: Secured, **more: Any) -> Account:
    """Return an account of python-o365 that was pointed at the sandbox.

    The addresses of Microsoft are written into it, hence the private names.
    """

    class Protocol(MSGraphProtocol):  # type: ignore[misc]
        _protocol_url = f"{secured.sandbox.url}/"

    class Trusting(Connection):  # type: ignore[misc]
        def get_session(self, *args: Any, **kwargs: Any) -> requests.Session:
            session: requests.Session = super().get_session(*args, **kwargs)
            session.trust_env = False
            session.verify = str(secured.authority)
            return session

        def get_naive_session(self) -> requests.Session:
            session: requests.Session = super().get_naive_session()
            session.trust_env = False
            session.verify = str(secured.authority)
            return session

    class Pointed(Account):  # type: ignore[misc]
        connection_constructor = Trusting

    made = Pointed(
        (CLIENT_ID, CLIENT_SECRET),
        protocol=Protocol(),
        tenant_id=TENANT_ID,
        token_backend=MemoryTokenBackend(),
        **more,
    )
    client = application(secured, CLIENT_SECRET)
    client.token_cache = made.con.token_backend
    made.con._msal_client = client
    return made


def test_a_person_sends_a_mail_with_a_file(secured: Secured) -> None:
    secured.sandbox.clear()
    someone = account(secured)
    scopes = ["https://graph.microsoft.com/Mail.Send"]
    url, flow = someone.con.get_authorization_url(scopes, CALLBACK)
    back = secured.sandbox.sign_in(None, url)
    assert someone.con.request_token(back, flow=flow)
    message = someone.mailbox().new_message()
    message.to.add("jane@example.com")
    message.subject = "From python-o365"
    message.body = "<p>hello</p>"
    message.attachments.add([(BytesIO(b"bytes"), "bytes.txt")])

    assert message.send()

    mail = secured.sandbox.mails("From python-o365")[0]
    assert (mail["from"], mail["to"]) == (ADMIN, ["jane@example.com"])
    assert [each["name"] for each in mail["attachments"]] == ["bytes.txt"]


def test_a_large_file_goes_up_in_a_session(secured: Secured, tmp_path: Path) -> None:
    secured.sandbox.clear()
    secured.sandbox.sign_in(None, approval_url(secured.sandbox))
    app = account(secured, auth_flow_type="credentials", main_resource=ADMIN)
    assert app.con.request_token(None, requested_scopes=DEFAULT)
    file = tmp_path / "plans.bin"
    file.write_bytes(b"plan" * 2_000_000)
    message = app.mailbox(ADMIN).new_message()
    message.to.add("jane@example.com")
    message.subject = "Plans"
    assert message.save_draft()
    message.attachments.add(str(file))

    assert message.save_draft()
    assert message.send()

    (sent,) = secured.sandbox.mails("Plans")[0]["attachments"]
    assert (sent["name"], sent["size"]) == ("plans.bin", 8_000_000)


def test_the_application_sends_for_a_mailbox(secured: Secured) -> None:
    secured.sandbox.clear()
    secured.sandbox.sign_in(None, approval_url(secured.sandbox))
    app = account(secured, auth_flow_type="credentials", main_resource=ADMIN)
    assert app.con.request_token(None, requested_scopes=DEFAULT)
    message = app.mailbox(ADMIN).new_message()
    message.to.add("jane@example.com")
    message.subject = "By itself"

    assert message.send()

    assert secured.sandbox.mails("By itself")[0]["mailbox"] == ADMIN
