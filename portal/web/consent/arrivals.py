"""The way back: whoever returns from an issuer is sent on, and leaves secrets behind.

How it ended is kept with the trip, and told to its own browser.
"""

from collections.abc import Callable

from flask import Blueprint, Response, make_response, redirect, request, session
from flask.typing import ResponseReturnValue

from portal import config, db, vault
from portal.errors import (
    CannotDecrypt,
    IssuerError,
    NotConnected,
    NotFound,
    PortalError,
    Refused,
)
from portal.issuer.refusals import CredentialRefused
from portal.web.consent.trips import cause, title
from portal.web.session import cookies, guard, leaving
from portal.web.settings import place
from portal.workspace.consent import approval, changes, connect, trips
from portal.workspace.consent.changes import Stage
from portal.workspace.consent.trips import (
    Callback,
    ConsentFailed,
    Ending,
    Kind,
    Purpose,
    Trip,
    TripOver,
    Way,
)
from portal.workspace.people import sessions, sign_in
from portal.workspace.people.sign_in import NotAdmin

bp = Blueprint("arrivals", __name__)

OVER = "/trips/over"
EXPECTED = (ConsentFailed, IssuerError, Refused, NotConnected)


@bp.get("/callback")
@bp.get("/callback/google")
def callback() -> ResponseReturnValue:
    """Take back whoever returns from an issuer, and send them on."""
    if not vault.unlocked():
        raise CannotDecrypt
    if request.method == "HEAD":
        return "", 204
    brought = Callback(
        state=request.args.get("state", ""),
        browser=cookies.read("browser"),
        at=f"{config.current().base_url}{request.path}",
        issuer=request.args.get("iss", ""),
        code=request.args.get("code", ""),
        error=request.args.get("error", ""),
        error_description=request.args.get("error_description", ""),
    )
    response = make_response(_arrive(brought))
    response.headers["Referrer-Policy"] = "no-referrer"
    return leaving.keep_opener(response)


def _arrive(brought: Callback) -> Response:
    try:
        with db.session() as writing:
            trip = trips.redeem(writing, brought)
    except TripOver:
        return _onward(_where_it_led(brought))
    try:
        return ARRIVALS[trip.purpose](trip, brought)
    except EXPECTED as error:
        return _keep_ending(trip, _failed(trip, error))


def _where_it_led(brought: Callback) -> str:
    """Return where a trip has led already: whoever loads its address again goes there.

    What was asked for is shown as it stands; else only what has ended well, or is kept,
    can be gone to. Nothing is redeemed twice.
    """
    try:
        with db.reading() as reading:
            trip = trips.used(reading, brought)
            if trip.ended:
                return f"/trips/{trip.id}"
            if trip.change_id and trip.way == Way.ADMIN:
                change = changes.find(reading, trip.change_id)
                page = place.of(reading, change.account_id)
                approving = trip.purpose == Purpose.APPROVE
                told = approving or change.stage == Stage.APPLIED
                return f"{page}?change={change.id}" if told else OVER
    except (TripOver, NotFound):
        return OVER
    here = trip.purpose == Purpose.SIGN_IN and guard.signed_in()
    return sign_in.home(trip) if here else OVER


def _sign_in(trip: Trip, brought: Callback) -> Response:
    """Give the browser a session of its own; the one it came with ends."""
    arrived = sign_in.arrive(trip, brought)
    with db.session() as writing:
        sessions.end(writing, cookies.read("session"))
    session.clear()
    response = _onward(arrived.next_path)
    cookies.give(response, "session", arrived.secret)
    return response


def _approve(trip: Trip, brought: Callback) -> Response:
    approval.arrive(trip, brought)
    if trip.way == Way.ADMIN:
        return _onward(f"/consent/{trip.change_id}")
    return _keep_ending(trip, _ending(trip, Kind.APPROVED))


def _connect(trip: Trip, brought: Callback) -> Response:
    person = guard.signed_in()
    change = connect.arrive(trip, brought, person.called if person else None)
    applied = change.stage == Stage.APPLIED
    if applied and trip.way == Way.ADMIN and not change.submits:
        with db.reading() as reading:
            page = place.of(reading, change.account_id)
        return _onward(f"{page}?change={change.id}")
    kind = Kind.CONNECTED if applied else Kind.PROPOSED
    return _keep_ending(trip, _ending(trip, kind))


ARRIVALS: dict[Purpose, Callable[[Trip, Callback], Response]] = {
    Purpose.SIGN_IN: _sign_in,
    Purpose.APPROVE: _approve,
    Purpose.CONNECT: _connect,
}


def _ending(trip: Trip, kind: Kind) -> Ending:
    return Ending(
        kind=kind, purpose=trip.purpose, way=trip.way, change_id=trip.change_id
    )


def _failed(trip: Trip, error: PortalError) -> Ending:
    return Ending(
        kind=Kind.REFUSED if isinstance(error, NotAdmin) else Kind.FAILED,
        purpose=trip.purpose,
        way=trip.way,
        change_id=trip.change_id,
        title=title(error, trip.issuer.name),
        reason=str(error),
        cause=cause(error),
        answer=error.answer,
        username=error.username if isinstance(error, NotAdmin) else "",
        # With a refused credential it would fail again, whoever signs in.
        again=not isinstance(error, CredentialRefused),
    )


def _keep_ending(trip: Trip, ending: Ending) -> Response:
    with db.session() as writing:
        trips.end(writing, trip.id, ending)
    return _onward(f"/trips/{trip.id}")


def _onward(address: str) -> Response:
    return make_response(redirect(address, code=303))
