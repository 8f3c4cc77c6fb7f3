"""How Graph refuses: the shape of its errors, and the refusals used in many places."""

from datetime import UTC, datetime
from uuid import uuid4

from flask import Response, g, jsonify, request


class Problem(Exception):
    """Graph says no, with a status, a code and a sentence."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}
        super().__init__(message)


def access_denied() -> Problem:
    """Return the refusal of a right that is missing."""
    return Problem(
        403, "ErrorAccessDenied", "Access is denied. Check credentials and try again."
    )


def send_as_denied() -> Problem:
    """Return the refusal of a From address."""
    return Problem(
        403,
        "ErrorSendAsDenied",
        "The user account which was used to submit this request does not have the right"
        " to send mail on behalf of the specified sending account.",
    )


def not_read(what: str) -> Problem:
    """Return the refusal of a body with an unknown or misshapen member."""
    return Problem(400, "RequestBodyRead", what)


def not_authenticated(what: str) -> Problem:
    """Return the refusal of a token."""
    challenge = (
        'Bearer realm="", authorization_uri="https://login.microsoftonline.com/common'
        '/oauth2/authorize", client_id="00000003-0000-0000-c000-000000000000"'
    )
    return Problem(
        401, "InvalidAuthenticationToken", what, {"WWW-Authenticate": challenge}
    )


def answer(problem: Problem) -> Response:
    """Return the answer that carries a problem."""
    inner = {
        "date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}",
        "request-id": request_id(),
        "client-request-id": request.headers.get("client-request-id", request_id()),
    }
    response = jsonify(
        error={"code": problem.code, "message": problem.message, "innerError": inner}
    )
    response.status_code = problem.status
    response.headers.update(problem.headers)
    return response


def request_id() -> str:
    """Return the id Graph gave to the present request."""
    if "request_id" not in g:
        g.request_id = str(uuid4())
    return str(g.request_id)


def sign(response: Response) -> Response:
    """Put the ids every answer of Graph carries on it."""
    response.headers["request-id"] = request_id()
    response.headers["client-request-id"] = request.headers.get(
        "client-request-id", request_id()
    )
    response.headers["x-ms-ags-diagnostic"] = '{"ServerInfo":{"DataCenter":"Sandbox"}}'
    return response
