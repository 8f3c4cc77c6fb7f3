"""A visit: one browser on its way through the sign-in and consent pages.

The page carries the visit's unguessable id in its form; no cookie is needed, and nobody
stays signed in.
"""

import json
import secrets
import time
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from portal.sandbox import faults, seeds, store
from portal.sandbox.faults import Kind
from portal.sandbox.login import clients
from portal.sandbox.login.problems import Refusal, Stopped, described
from portal.sandbox.seeds import (
    ACCOUNTS,
    APP_NAME,
    PAT,
    PAT_AS_GUEST,
    Account,
    Tenant,
    account,
)

LIFETIME_SECONDS = 3600
DECLINED, TROUBLE, WALL = 65004, 90033, 90094
ENDINGS = {"trouble": TROUBLE, "wall": WALL}


@dataclass(frozen=True, kw_only=True)
class Visit:
    """What was asked for, and who signed in since."""

    id: str
    asked: dict[str, str]
    who: Account | None = None


def checked(tenant_name: str, asked: dict[str, str]) -> Tenant:
    """Check what must not be wrong before anybody may be sent back; raise Stopped."""
    try:
        found = clients.at_home(tenant_name, asked.get("client_id"))
    except Refusal as refusal:
        raise Stopped(refusal.code, *refusal.values) from refusal
    _check_redirect(asked)
    return found


def _check_redirect(asked: dict[str, str]) -> None:
    # Entra picks any registered address when none is sent; nobody should rely on it.
    if not asked.get("redirect_uri"):
        raise Stopped(900144, "redirect_uri")
    if asked["redirect_uri"] not in clients.current().redirect_uris:
        raise Stopped(50011, asked["redirect_uri"])


def begin(asked: dict[str, str]) -> Visit:
    """Remember what a browser came for."""
    visit = Visit(id=secrets.token_urlsafe(24), asked=asked)
    now = time.time()
    store.current().tell("DELETE FROM visits WHERE expires < ?", now)
    store.current().tell(
        "INSERT INTO visits (id, request, expires) VALUES (?, ?, ?)",
        visit.id,
        json.dumps(asked),
        now + LIFETIME_SECONDS,
    )
    return visit


def resume() -> Visit:
    """Find the visit a posted form belongs to; raise Stopped when it is gone."""
    rows = store.current().ask(
        "SELECT * FROM visits WHERE id = ? AND expires >= ?",
        request.form.get("visit", ""),
        time.time(),
    )
    if not rows:
        raise Stopped(90013, "this sign-in is over; start again in the application")
    who = account(rows[0]["oid"]) if rows[0]["oid"] else None
    return Visit(id=rows[0]["id"], asked=json.loads(rows[0]["request"]), who=who)


def end(visit: Visit) -> None:
    """Forget a visit, so that its forms cannot be sent twice."""
    store.current().tell("DELETE FROM visits WHERE id = ?", visit.id)


def sign_in(visit: Visit, into: Tenant) -> Visit:
    """Sign in whoever the pressed button names; raise Stopped when refused."""
    pressed = request.form.get("account", "")
    who = next((each for each in ACCOUNTS if each.answers_to(pressed)), None)
    if who is PAT and faults.meet(Kind.GUEST):
        who = PAT_AS_GUEST
    if who is None or who.kind is not seeds.Kind.PERSON:
        raise Stopped(50057)
    if who.tenant is not into:
        raise Stopped(50020, who.address, into.name)
    store.current().tell("UPDATE visits SET oid = ? WHERE id = ?", who.oid, visit.id)
    return replace(visit, who=who)


def ask_who(visit: Visit, action: str) -> ResponseReturnValue:
    """Show whom one can sign in as; a login_hint comes first."""
    hint = visit.asked.get("login_hint", "").lower()
    people = [each for each in ACCOUNTS if each.kind is seeds.Kind.PERSON]
    people.sort(key=lambda each: not each.answers_to(hint))
    return render_template(
        "login/sign_in.html",
        people=people,
        hint=hint,
        visit=visit,
        action=action,
        app_name=APP_NAME,
    )


def again(endpoint: str, tenant_name: str, visit: Visit) -> str:
    """Return where the same is asked for again, by another account."""
    return f"{url_for(endpoint, tenant_name=tenant_name)}?{urlencode(visit.asked)}"


def accepted() -> bool:
    """Tell whether a consent page was accepted, be it with a lag before it is seen."""
    answer = request.form.get("answer")
    if answer == "lag":
        faults.place(Kind.CONSENT_LAG, None, {})
    return answer in ("accept", "lag")


def declined() -> Refusal:
    """Return why a consent page was left without consent."""
    code = ENDINGS.get(request.form.get("answer", ""), DECLINED)
    more = {} if code == TROUBLE else {"error_subcode": "cancel"}
    return Refusal(code, **more)


def send_back(visit: Visit, answer: dict[str, Any]) -> ResponseReturnValue:
    """Send the browser back to the application, the way it asked for."""
    end(visit)
    if state := visit.asked.get("state"):
        answer = answer | {"state": state}
    mode, target = visit.asked.get("response_mode"), visit.asked["redirect_uri"]
    if mode == "form_post":
        return render_template("login/form_post.html", target=target, answer=answer)
    mark = "#" if mode == "fragment" else "?"
    joint = "&" if mark == "?" and "?" in target else mark
    return redirect(f"{target}{joint}{urlencode(answer)}")


def refuse(visit: Visit, refusal: Refusal, **more: str) -> ResponseReturnValue:
    """Send the browser back with an error."""
    whole = described(refusal)
    names = ("error", "error_subcode", "error_description", "error_uri")
    kept = {name: whole[name] for name in names if name in whole}
    return send_back(visit, more | kept)
