"""How long the log and the content of mails are kept, to be chosen by an admin."""

from flask import Blueprint, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue
from wtforms import Field, Form, StringField, ValidationError

from portal import db
from portal.config import MOST_DAYS
from portal.errors import NotAllowed
from portal.web import forms
from portal.web.language import gettext as _
from portal.web.language import number, said
from portal.web.session import guard
from portal.workspace.keeping import terms
from portal.workspace.keeping.terms import Terms

bp = Blueprint("retention", __name__)
guard.admins_only(bp, home="/log/retention")


class RetentionForm(Form):
    """Days, as people write them."""

    records_days = StringField()
    content_days = StringField()

    def validate_records_days(self, field: Field) -> None:
        _days(field)

    def validate_content_days(self, field: Field) -> None:
        _days(field)

    @property
    def terms(self) -> Terms:
        """What was typed, once it is valid."""
        return Terms(
            content_days=_days(self.content_days), records_days=_days(self.records_days)
        )


@bp.get("/log/retention")
def show() -> str:
    """Show what is in force."""
    with db.reading() as session:
        now = terms.in_force(session)
    return _shown(RetentionForm(formdata=None, obj=now))


@bp.post("/log/retention")
def save() -> ResponseReturnValue:
    """Keep for so long from the next round on."""
    form = RetentionForm(request.form)
    if not form.validate():
        return _shown(form), 422
    try:
        with db.session() as session:
            terms.choose(session, form.terms, guard.admin().called)
    except NotAllowed as error:
        form.form_errors.append(said(error))
        return _shown(form), 409
    flash(_("Changes have been saved!"))
    return redirect("/log/retention", code=303)


def _shown(form: RetentionForm) -> str:
    fixed = {name: f"PORTAL_{name.upper()}" for name in terms.fixed()}
    return render_template(
        "log/retention.html",
        form=form,
        fixed=fixed,
        locked=fixed.keys() >= {*form.data},
    )


def _days(field: Field) -> int:
    days = forms.whole((field.data or "").strip())
    if days is None or not 1 <= days <= MOST_DAYS:
        wrong = _("Type a whole number of days from 1 to %(most)s.")
        raise ValidationError(wrong % {"most": number(MOST_DAYS)})
    return days
