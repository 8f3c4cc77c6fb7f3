"""What somebody typed into a form, as far as templates read it."""

from types import SimpleNamespace


def field(name: str, data: object = "", *errors: str) -> SimpleNamespace:
    return SimpleNamespace(name=name, data=data, errors=[*errors])


def form(*errors: str, **fields: SimpleNamespace) -> SimpleNamespace:
    return SimpleNamespace(form_errors=[*errors], **fields)
