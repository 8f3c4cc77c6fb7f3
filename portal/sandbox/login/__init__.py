"""Entra ID as it would be here: discovery, sign-in, consent, approval and tokens.

Written plainly on joserfc (JOSE) and on authlib's small parts (PKCE challenge, Basic
header, redirect addresses). authlib's AuthorizationServer is left aside on purpose:
Entra's own AADSTS answer for every case, refusals that stay on a page, old refresh
tokens that stay valid and the approval endpoint would have to replace most of it.
"""
