"""Why the other side could not be reached, or was lost on the way.

Before all of a message is handed over it was surely not accepted, so each of these
passes. Afterwards the same is an answer that was lost.
"""

from portal.errors import Scope
from portal.explanations.row import Place, Who, held, lasting, passing

UNRESOLVED = lasting(
    "name-not-resolved",
    "Hostname not resolved",
    "Could not resolve hostname {host}.",
    "Please check the name, and this machine's DNS.",
)
TIMED_OUT = lasting(
    "connection-timed-out",
    "Connection timed out",
    "The connection to {place} timed out.",
    "Please check the port; a firewall may be in the way.",
)
UNANSWERED = passing(
    "no-answer-in-time",
    "No answer in time",
    "{host} did not answer in time.",
)
UNTAKEN = passing(
    "request-not-taken-in-time",
    "Too slow",
    "{host} did not take the request in time.",
)
REFUSED = lasting(
    "connection-refused",
    "Connection refused",
    "{place} refused the connection.",
    "Please check the port, and that the server runs.",
)
UNTRUSTED = lasting(
    "certificate-not-trusted",
    "Certificate not trusted",
    "The TLS handshake with {host} failed: its certificate is not trusted ({why}).",
    "Please check the host, and PORTAL_CA_BUNDLE if an authority of your own has"
    " signed it.",
)
NOT_SECURE = passing(
    "tls-failed",
    "TLS handshake failed",
    "The TLS handshake with {host} failed: no secure connection could be made.",
)
BROKEN = passing(
    "connection-lost",
    "Connection lost",
    "The connection to {host} broke off.",
)
UNFINISHED = passing(
    "handed-over-in-part",
    "Connection lost",
    "The connection broke off before all of the message was handed over.",
    Scope.MESSAGE,
)
TOO_SLOW = passing(
    "too-slow",
    "Too slow",
    "The SMTP server was too slow: not all of the message was handed over in the time"
    " that a message may take. It goes again.",
)
TOO_LONG = passing(
    "answer-too-long",
    "Too long an answer",
    "{host} answered at too great a length.",
    Scope.MESSAGE,
)
NO_WAY_THROUGH = passing(
    "proxy-no-way",
    "The proxy lets nothing through",
    "The proxy did not let us through to {host}.",
)
NO_PROXY = passing(
    "not-a-proxy",
    "Not a proxy",
    "What stands for the proxy did not answer as a proxy does.",
)
PROXY_SIGN_IN = held(
    "proxy-sign-in",
    "The proxy asks who we are",
    "The proxy wants to know who we are, and does not take what the account's Network"
    " Connector or PORTAL_PROXY says.",
    "Please correct the connector's user name and password, or PORTAL_PROXY.",
    who=Who.OPERATOR,
    place=Place.ACCOUNTS,
)
PRIVATE = held(
    "private-network",
    "In a private network",
    "{host} leads into a private network, where no alert is sent.",
    "If alerts may go there, please name the network in PORTAL_ALERT_PRIVATE.",
    who=Who.OPERATOR,
)
NOT_SIGN_IN = held(
    "not-the-sign-in",
    "Not the sign-in's answer",
    "Something other than the sign-in answered, perhaps a proxy.",
    "Please check the address of the sign-in and the proxy.",
    who=Who.OPERATOR,
)
