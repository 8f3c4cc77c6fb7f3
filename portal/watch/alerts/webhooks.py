"""Webhooks: an event is posted to an address, and its answer understood."""

import hashlib
import hmac
import json
import re
from dataclasses import dataclass
from datetime import timedelta

from portal import clock
from portal.net import Lost, Response, address, fence
from portal.watch.alerts import payloads
from portal.workspace.incidents.alerts import Event
from portal.workspace.incidents.channels import Target, Way

SHAPES = {
    Way.WEBHOOK: payloads.generic,
    Way.SLACK: payloads.slack,
    Way.TEAMS: payloads.teams,
}
SLACK_HOSTS = ("hooks.slack.com", "hooks.slack-gov.com")
TEAMS_DOMAINS = (".logic.azure.com", ".powerplatform.com", ".powerautomate.com")
CODE = re.compile(r"[a-z][a-z_]{2,40}")  # as Slack names what is wrong
LONGEST_WAIT = 3600  # seconds
MOVED = "{host} leads elsewhere, where nothing is sent."
GONE = (
    "{host} answered {status}: this webhook is not there, or not allowed any more."
    " Please make a new one and add it as a channel."
)
REFUSED = "{host} answered {status}."
REFUSED_AS = "{host} answered {status}: {code}."
GONE_STATUS = frozenset({401, 403, 404, 410})


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What came of telling a channel."""

    taken: bool
    why: str = ""  # a sentence, if it was not
    never: bool = False  # this channel is not to hear of it
    after: timedelta | None = None  # when it wants to be asked again


TAKEN = Verdict(taken=True)


def guess(url: str) -> Way:
    """Tell by its host what kind of webhook an address is of."""
    try:
        host = address.read(url).host
    except ValueError:
        return Way.WEBHOOK  # and adding it says what is wrong with it
    if host in SLACK_HOSTS:
        return Way.SLACK
    return Way.TEAMS if host.endswith(TEAMS_DOMAINS) else Way.WEBHOOK


def post(way: Way, target: Target, event: Event) -> Verdict:
    """Post an event; nobody is followed, and nobody waited for long."""
    body = json.dumps(SHAPES[way](event)).encode()
    headers = {"Content-Type": "application/json", "X-Mail-Portal-Event": str(event.id)}
    if target.secret:
        headers["X-Mail-Portal-Signature"] = signature(target.secret, body)
    try:
        answer = fence.session().post(target.address, data=body, headers=headers)
    except Lost as error:
        # Who says yes has it; what else is said may have no end.
        return TAKEN if _well(error.status) else Verdict(taken=False, why=str(error))
    return _judge(address.read(target.address).host, answer)


def signature(secret: bytes, body: bytes) -> str:
    """Sign a body with the time, so that nobody can send it again later."""
    moment = int(clock.now().timestamp())
    signed = hmac.new(secret, f"{moment}.".encode() + body, hashlib.sha256)
    return f"t={moment},v1={signed.hexdigest()}"


def _judge(host: str, answer: Response) -> Verdict:
    status = answer.status_code
    if _well(status):
        return TAKEN
    if 300 <= status < 400:
        return Verdict(taken=False, why=MOVED.format(host=host))
    code = answer.text if CODE.fullmatch(answer.text) else ""
    shape = REFUSED_AS if code else GONE if status in GONE_STATUS else REFUSED
    why = shape.format(host=host, status=status, code=code)
    return Verdict(taken=False, why=why, after=_after(answer))


def _well(status: int | None) -> bool:
    return status is not None and 200 <= status < 300


def _after(answer: Response) -> timedelta | None:
    asked = answer.headers.get("Retry-After", "")
    if not (asked.isascii() and asked.isdigit()):
        return None
    return timedelta(seconds=min(int(asked[:9]), LONGEST_WAIT))
