"""What a scope parameter asks for, or why it cannot be asked for."""

from portal.sandbox import grants
from portal.sandbox.login.problems import Refusal


def wanted(scope: str) -> list[str]:
    """Return the permissions a scope names; .default is what is on the registration."""
    try:
        names = grants.read_scope(scope)
    except grants.UnknownResource as error:
        raise Refusal(500011, str(error)) from error
    except grants.UnknownScope as error:
        raise Refusal(70011, str(error)) from error
    if grants.DEFAULT not in names:
        return names
    if set(names) & set(grants.DELEGATED):
        raise Refusal(70011, scope)
    return [*grants.DELEGATED, *(name for name in names if name in grants.OIDC)]
