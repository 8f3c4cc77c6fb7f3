"""Where a person types in the code that a device shows, and signs in for it."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.sandbox.login import devices
from portal.sandbox.login.pages import authorize, visits
from portal.sandbox.login.pages.visits import Visit
from portal.sandbox.login.problems import Stopped
from portal.sandbox.seeds import APP_NAME, CONTOSO

bp = Blueprint("device", __name__)

OVER = "this code has been used, or its time is over; start again on the device"


@bp.get("/devicelogin")
def enter() -> ResponseReturnValue:
    """Ask for the code."""
    return render_template("login/device.html", wrong=False)


@bp.post("/devicelogin")
def begin() -> ResponseReturnValue:
    """Take the code, then ask who is there."""
    found = devices.waiting(request.form.get("code", ""))
    if found is None:
        return render_template("login/device.html", wrong=True), 400
    return visits.ask_who(visits.begin(found), url_for("device.sign_in"))


@bp.post("/devicelogin/sign-in")
def sign_in() -> ResponseReturnValue:
    """Take the account that was pressed; go on to consent, or to the end."""
    visit = visits.sign_in(visits.resume(), CONTOSO)
    if not authorize.missing(visit):
        return _end(visit)
    action = url_for("device.consent")
    return authorize.ask_consent(visit, action, url_for("device.enter"))


@bp.post("/devicelogin/consent")
def consent() -> ResponseReturnValue:
    """Take the answer of the consent page."""
    visit = visits.resume()
    if not visits.accepted():
        return _end(visit, declined=True)
    authorize.keep_consent(visit)
    return _end(visit)


def _end(visit: Visit, *, declined: bool = False) -> ResponseReturnValue:
    who = authorize.person(visit)
    if not devices.answer(visit.asked["device"], None if declined else who.oid):
        raise Stopped(90013, OVER)
    visits.end(visit)
    return render_template(
        "login/device_end.html", declined=declined, app_name=APP_NAME
    )
