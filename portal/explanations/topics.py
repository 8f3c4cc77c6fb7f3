"""Topics: what kind of trouble a row tells of, to search the mail log by.

It follows from the room that a row is kept in, but for those told here.
"""

from enum import StrEnum
from types import ModuleType

from portal.explanations import exchange, graph, network, own, sign_in, smtp
from portal.explanations.google import gmail
from portal.explanations.google import sign_in as at_google
from portal.explanations.own import consent, doors, identity
from portal.explanations.row import Explanation


class Topic(StrEnum):
    """By what the log is searched."""

    DNS = "dns"
    TIME_OUT = "time-out"
    TLS = "tls"
    CONNECTION = "connection"  # refused, broken off, or a proxy in the way
    SMTP = "smtp"  # what an SMTP server answered
    OAUTH = "oauth"  # what an issuer's sign-in answered
    GRAPH = "graph"  # what Microsoft Graph answered
    THROTTLING = "throttling"
    PORTAL = "portal"  # our own decision


ROOMS: dict[ModuleType, Topic] = {
    graph: Topic.GRAPH,
    exchange: Topic.SMTP,
    gmail: Topic.SMTP,
    smtp: Topic.SMTP,
    network: Topic.CONNECTION,
    sign_in: Topic.OAUTH,
    at_google: Topic.OAUTH,
    consent: Topic.OAUTH,
    identity: Topic.OAUTH,
    own: Topic.PORTAL,
    doors: Topic.PORTAL,
}
APART: dict[Topic, tuple[Explanation, ...]] = {
    Topic.DNS: (network.UNRESOLVED,),
    Topic.TIME_OUT: (
        network.TIMED_OUT,
        network.UNANSWERED,
        network.UNTAKEN,
        network.TOO_SLOW,
    ),
    Topic.TLS: (network.UNTRUSTED, network.NOT_SECURE, smtp.NO_TLS),
    Topic.THROTTLING: (
        graph.BUSY,
        graph.THROTTLED,
        graph.OVER_QUOTA,
        exchange.STOPPED,
        gmail.DAILY_LIMIT,
        gmail.THROTTLED,
        smtp.BUSY,
        sign_in.BUSY,
        own.UPLOADED_ENOUGH,
    ),
    Topic.OAUTH: (graph.BAD_TOKEN, graph.TOKEN_REFUSED, own.NOT_CONNECTED),
}
TOPICS = {
    row.name: topic
    for room, topic in ROOMS.items()
    for row in vars(room).values()
    if isinstance(row, Explanation)
} | {row.name: topic for topic, rows in APART.items() for row in rows}
