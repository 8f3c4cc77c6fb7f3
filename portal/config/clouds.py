"""Microsoft's clouds: each has its own sign-in, Graph, Entra and Exchange Online."""

from typing import NamedTuple


class Cloud(NamedTuple):
    """Where one of Microsoft's clouds signs people in; its Graph, its Entra."""

    login_url: str
    graph_url: str
    entra_url: str
    exchange_domains: tuple[str, ...]  # of the hosts that take files, and mail
    exchange_url: str  # names of Exchange's own permissions begin with it


# https://learn.microsoft.com/entra/identity-platform/authentication-national-cloud
# https://learn.microsoft.com/microsoft-365/enterprise/microsoft-365-endpoints
CLOUDS = {
    "global": Cloud(
        "https://login.microsoftonline.com",
        "https://graph.microsoft.com",
        "https://entra.microsoft.com",
        ("office.com", "office365.com", "outlook.com", "microsoft.com"),
        "https://outlook.office365.com",
    ),
    "usgov": Cloud(
        "https://login.microsoftonline.us",
        "https://graph.microsoft.us",
        "https://portal.azure.us",
        ("office365.us", "microsoft.us"),
        "https://outlook.office365.us",
    ),
    "dod": Cloud(
        "https://login.microsoftonline.us",
        "https://dod-graph.microsoft.us",
        "https://portal.azure.us",
        ("office365.us", "microsoft.us", "apps.mil"),
        "https://outlook-dod.office365.us",
    ),
    "china": Cloud(
        "https://login.partner.microsoftonline.cn",
        "https://microsoftgraph.chinacloudapi.cn",
        "https://portal.azure.cn",
        ("outlook.cn", "chinacloudapi.cn"),
        "https://partner.outlook.cn",
    ),
}
