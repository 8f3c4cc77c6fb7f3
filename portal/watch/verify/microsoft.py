"""What an issuer shows of an application: it answers, knows it, and leads back here."""

from contextlib import suppress
from dataclasses import replace

from portal import config
from portal.errors import NotConnected
from portal.explanations.own.consent import NOT_REGISTERED
from portal.explanations.sign_in import CLOCK_WRONG
from portal.issuer import Issuer
from portal.issuer.refusals import CredentialRefused, LoginRefused
from portal.microsoft import graph, login
from portal.microsoft.login import Registration, directory
from portal.watch.verify import server
from portal.watch.verify.setup import Setup
from portal.workspace.accounts import Way
from portal.workspace.tokens import application
from portal.workspace.tokens.application import Resource
from portal.workspace.verification import Name, Step, skipped, well

ANYWHERE = "organizations"  # whose document is there for everybody
DAY = "%Y-%m-%d"
RESOURCES = {
    Way.APPLICATION: Resource.GRAPH,
    Way.SMTP_APPLICATION: Resource.EXCHANGE,
}

GRAPH_ANSWERS = "Microsoft's sign-in and Microsoft Graph answer."
BOTH_ANSWER = "{issuer}'s sign-in and the server {place} answer."
SERVER_ANSWERS = "The server {place} answers."
SECRET_TAKEN = "Microsoft accepts the client secret."  # noqa: S105 - a sentence
ONE_REFUSED = "Of its two credentials one is refused, and the other serves."
CERTIFICATE_TAKEN = "Microsoft accepts the certificate."
AT_RENEWAL = "Google is shown the client secret when it renews the sign-in."
AT_SERVER = "The password is for the server alone; see the sign-in there."
NONE_NEEDED = "None is needed: the server asks nobody who it is."
NOBODY_SIGNS_IN = "Nobody signs in for this account."
CAME_BACK = "On {day} a sign-in came back to {uri}."
UNSEEN = (
    "No sign-in has come back since the address of this portal or its application"
    " changed, and nobody can be asked which Redirect URIs are registered."
)
IN_ENTRA = (
    "In Entra, under Authentication, it has to read {uri}, letter for letter, with the"
    " type Web. The next sign-in shows that it does."
)
IN_CLOUD = (
    "In the Google Cloud console, under Authorized redirect URIs, it has to read {uri},"
    " letter for letter. The next sign-in shows that it does."
)


def reach(given: Setup) -> tuple[Step, ...]:
    """Have everybody answer whom this account needs; nobody signs in yet."""
    by_token = given.by_microsoft or given.by_google
    if by_token:
        _find_sign_in(given.issuer)
    if given.server is None:
        if abs(graph.knock(config.current().graph_url)) > graph.APART:
            raise CLOCK_WRONG.error()
        return (well(Name.REACHABLE, GRAPH_ANSWERS),)
    place = server.greet(given.server, given.proxy)
    said = BOTH_ANSWER if by_token else SERVER_ANSWERS
    return (well(Name.REACHABLE, said.format(place=place, issuer=given.named)),)


def _find_sign_in(issuer: Issuer | None) -> None:
    """Fetch what sign-in tells of itself; that it knows no such tenant comes later."""
    with suppress(LoginRefused):
        if issuer:
            issuer.knock()
        else:
            directory.discover(config.current().login_url, ANYWHERE, fresh=True)


def prove(given: Setup) -> tuple[Step, ...]:
    """Have Microsoft take the application's secret or certificate, each of two.

    Google takes a secret with a token that it renews, and never alone.
    """
    if given.by_google:
        return (skipped(Name.CREDENTIAL, AT_RENEWAL),)
    if not given.by_microsoft:
        password = given.account.way == Way.SMTP_PASSWORD
        why = AT_SERVER if password else NONE_NEEDED
        return (skipped(Name.CREDENTIAL, why),)
    if given.chosen is None:
        raise NOT_REGISTERED.as_a(NotConnected)
    refused = _refused(given, given.chosen)
    said = CERTIFICATE_TAKEN if given.chosen.certificate else SECRET_TAKEN
    hint = f"{ONE_REFUSED} {refused}" if refused else ""
    return (well(Name.CREDENTIAL, said, hint=hint),)


def _refused(given: Setup, chosen: Registration) -> CredentialRefused | None:
    """Try each credential alone; return why one was refused, raise if all were."""
    every = [each for each in (chosen.other, chosen) if each]
    refusals: list[CredentialRefused] = []
    for each in every:
        try:
            _fetch(given, replace(each, other=None))
        except CredentialRefused as error:
            refusals.append(error)
    if len(refusals) == len(every):
        raise refusals[-1]
    return refusals[0] if refusals else None


def _fetch(given: Setup, chosen: Registration) -> None:
    if resource := RESOURCES.get(given.account.way):
        application.fetch(chosen, resource)
    else:
        login.app_token(chosen)


def redirect(given: Setup) -> tuple[Step, ...]:
    """Tell whether a sign-in came back; that is all that anybody but a browser sees."""
    issuer = given.issuer
    uri = issuer.redirect_uri if issuer else config.current().redirect_uri
    if not given.account.by_consent:
        return (skipped(Name.REDIRECT_URI, NOBODY_SIGNS_IN),)
    if given.came_back_at is None:
        hint = (IN_CLOUD if given.by_google else IN_ENTRA).format(uri=uri)
        return (skipped(Name.REDIRECT_URI, UNSEEN, hint=hint),)
    day = f"{given.came_back_at:{DAY}}"
    return (well(Name.REDIRECT_URI, CAME_BACK.format(day=day, uri=uri)),)
