"""Microsoft's clouds: each has its own sign-in, Graph, Entra and Exchange Online."""

from typing import NamedTuple


class Cloud(NamedTuple):
    """Where one of Microsoft's clouds signs people in; its Graph, its Entra."""

    login_url: str
    graph_url: str
    entra_url: str
    exchange_domains: tuple[str, ...]  # of the hosts that take files, and mail
    exchange_url: str  # names of Exchange's own permissions begin with it
    submission_prefixes: tuple[str, ...]  # likewise, of what a user lets us do by SMTP


# https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
# https://learn.microsoft.com/microsoft-365/enterprise/microsoft-365-endpoints
# https://learn.microsoft.com/exchange/client-developer/legacy-protocols/how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
# documents how a user lets us submit for "global" alone; for the other clouds it is
# UNCONFIRMED that it is named after the Outlook of theirs. Of several prefixes the
# first is asked with, and each may come back: they name the same resource.
CLOUDS = {
    "global": Cloud(
        "https://login.microsoftonline.com",
        "https://graph.microsoft.com",
        "https://entra.microsoft.com",
        ("office.com", "office365.com", "outlook.com", "microsoft.com"),
        "https://outlook.office365.com",
        ("https://outlook.office.com/", "https://outlook.office365.com/"),
    ),
    "usgov": Cloud(
        "https://login.microsoftonline.us",
        "https://graph.microsoft.us",
        "https://portal.azure.us",
        ("office365.us", "microsoft.us"),
        "https://outlook.office365.us",
        ("https://outlook.office365.us/",),
    ),
    "dod": Cloud(
        "https://login.microsoftonline.us",
        "https://dod-graph.microsoft.us",
        "https://portal.azure.us",
        ("office365.us", "microsoft.us", "apps.mil"),
        "https://outlook-dod.office365.us",
        ("https://outlook-dod.office365.us/", "https://outlook.office365.us/"),
    ),
    "china": Cloud(
        "https://login.partner.microsoftonline.cn",
        "https://microsoftgraph.chinacloudapi.cn",
        "https://portal.azure.cn",
        ("outlook.cn", "chinacloudapi.cn"),
        "https://partner.outlook.cn",
        ("https://partner.outlook.cn/",),
    ),
}
