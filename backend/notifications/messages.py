"""From a message's name and params to words in the reader's language.

pwa/templates/messages/<name>.txt holds the wording: the first line is the title, the rest the body.
"""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

import jinja2
from jinja2 import meta

from backend.core import pages
from backend.core.i18n import using

# What every template has without being given it.
GLOBALS = {"_", "gettext", "ngettext", "outside"}


class Words(NamedTuple):
    title: str
    body: str


class UnknownMessage(LookupError):
    """There is no such message, or a param it needs was not given."""


def render(message: str, params: Mapping[str, Any], locale: str, *, outside: bool = False) -> Words:
    """The message in this language. `outside` is anywhere a bystander may read it: a lock screen, a
    text message; what staff wrote freely stays in the inbox then."""
    with using(locale):
        text = _template(message).render(params, outside=outside)
    title, _, body = text.strip().partition("\n")
    return Words(title.strip(), " ".join(body.split()))


def check(message: str, params: Iterable[str]) -> None:
    """Raises UnknownMessage at the place that sends, not hours later in the worker."""
    missing = _needed(message) - set(params)
    if missing:
        raise UnknownMessage(f"messages/{message}.txt needs {', '.join(sorted(missing))}")


@cache
def _environment() -> jinja2.Environment:
    found = pages.environment()
    found.auto_reload = False  # it would ask the disk at every message
    # Params are JSON, so dates come as text: {{ due_on|date|day }}, {{ at|time|moment }}.
    found.filters |= {"date": date.fromisoformat, "time": datetime.fromisoformat}
    return found


def _template(message: str) -> jinja2.Template:
    try:
        return _environment().get_template(f"messages/{message}.txt")
    except jinja2.TemplateNotFound as error:
        raise UnknownMessage(f"there is no messages/{message}.txt") from error


@cache
def _needed(message: str) -> frozenset[str]:
    """The params a message cannot do without."""
    environment = _environment()
    name = _template(message).name or ""
    source = environment.loader.get_source(environment, name)[0] if environment.loader else ""
    return frozenset(meta.find_undeclared_variables(environment.parse(source)) - GLOBALS)
