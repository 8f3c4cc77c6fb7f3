"""Drafts."""

from flask import Blueprint

bp = Blueprint("drafts", __name__, url_prefix="/v1.0")
