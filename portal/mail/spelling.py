"""How addresses are spelled: which mean the same though they are written otherwise."""

ANY = "@"  # before a domain: whatever address of it


def same(address: str, *others: str) -> bool:
    """Tell whether an address is one of the others, whoever writes it how."""
    return bool(address) and folded(address) in map(folded, others)


def folded(address: str) -> str:
    """Fold the letters A to Z and no others: another script's may look like them.

    The Kelvin sign, for one, is a k in lower case.
    """
    return address.encode(errors="surrogatepass").lower().decode(errors="surrogatepass")
