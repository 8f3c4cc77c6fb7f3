"""Refusals that stay on a page, and everything Flask refuses by itself."""

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from portal.sandbox.graph import problems
from portal.sandbox.graph.problems import Problem
from portal.sandbox.login.problems import Refusal, described

bp = Blueprint("errors", __name__)


@bp.app_errorhandler(Refusal)
def stop(refusal: Refusal) -> ResponseReturnValue:
    """Tell on a page why nobody is sent back to the application."""
    error = described(refusal)
    return render_template("error.html", title="Sign-in stopped", error=error), 400


@bp.app_errorhandler(HTTPException)
def refuse(error: HTTPException) -> ResponseReturnValue:
    """Answer an unknown address in the language of its neighbourhood."""
    status = error.code or 500
    if request.path.startswith(("/v1.0", "/api/")):
        problem = Problem(status, "BadRequest", "Resource not found for the segment.")
        return problems.answer(problem)
    return render_template("error.html", title=error.name, error=None), status
