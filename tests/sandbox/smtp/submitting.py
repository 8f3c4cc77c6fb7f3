"""Submitting to the sandbox with a token."""

import smtplib


def bearer(client: smtplib.SMTP, user: str, token: str) -> tuple[int, bytes]:
    said = f"user={user}\x01auth=Bearer {token}\x01\x01"

    def answer(challenge: bytes | None = None) -> str:
        return said

    return client.auth("XOAUTH2", answer)
