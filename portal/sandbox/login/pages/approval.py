"""Approval for a whole organization: the admin consent endpoint and its pages."""

from flask import Blueprint, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.sandbox import grants
from portal.sandbox.login.pages import visits
from portal.sandbox.login.pages.visits import Visit
from portal.sandbox.login.problems import Refusal, Stopped
from portal.sandbox.login.scopes import wanted
from portal.sandbox.seeds import APP_NAME, CLIENT_ID

bp = Blueprint("approval", __name__)

MARK = {"admin_consent": "True"}  # stands in errors too, as it does at Microsoft


@bp.get("/<tenant_name>/v2.0/adminconsent")
def approve(tenant_name: str) -> ResponseReturnValue:
    """Check the request, then ask who is there."""
    asked = request.args.to_dict()
    visits.checked(tenant_name, asked)
    visit = visits.begin(asked)
    try:
        if not asked.get("scope"):
            raise Refusal(900144, "scope")
        wanted(asked["scope"])
    except Refusal as refusal:
        return visits.refuse(visit, refusal, **MARK)
    return visits.ask_who(visit, url_for("approval.sign_in", tenant_name=tenant_name))


@bp.post("/<tenant_name>/approval/sign-in")
def sign_in(tenant_name: str) -> ResponseReturnValue:
    """Take the account that was pressed; only an administrator gets further."""
    visit = visits.resume()
    visit = visits.sign_in(visit, visits.checked(tenant_name, visit.asked))
    action = url_for("approval.decide", tenant_name=tenant_name)
    names = wanted(visit.asked["scope"])
    if not _administrator(visit):
        return render_template(
            "login/wall.html",
            visit=visit,
            action=action,
            missing=names,
            app_name=APP_NAME,
        )
    return render_template(
        "login/consent.html",
        visit=visit,
        again=visits.again("approval.approve", tenant_name, visit),
        action=action,
        permissions=[(name, grants.MEANINGS[name]) for name in names],
        roles=tuple(grants.ROLES.items()) if _whole(visit) else (),
        whole_organization=True,
        app_name=APP_NAME,
    )


@bp.post("/<tenant_name>/approval")
def decide(tenant_name: str) -> ResponseReturnValue:
    """Take the administrator's answer."""
    visit = visits.resume()
    into = visits.checked(tenant_name, visit.asked)
    if not visits.accepted():
        return _decline(visit)
    if not _administrator(visit):
        raise Stopped(90094)
    if _whole(visit):
        grants.allow_default(CLIENT_ID, into.id)
    else:
        names = wanted(visit.asked["scope"])
        grants.allow(CLIENT_ID, into.id, grants.EVERYBODY, names)
    scope = visit.asked["scope"]
    return visits.send_back(visit, MARK | {"tenant": into.id, "scope": scope})


def _decline(visit: Visit) -> ResponseReturnValue:
    declined = visits.declined()
    if request.form.get("answer") == "older":
        declined.error = "permission_denied"  # an older page of Microsoft's
        return visits.refuse(visit, declined)
    if declined.code == visits.DECLINED:
        declined.error = "consent_required"  # the sample of Microsoft's page
    return visits.refuse(visit, declined, **MARK)


def _administrator(visit: Visit) -> bool:
    return visit.who is not None and visit.who.administrator


def _whole(visit: Visit) -> bool:
    return grants.DEFAULT in visit.asked["scope"].lower()
