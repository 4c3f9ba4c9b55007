"""Two languages: zh-CN is the source text, English comes from pwa/locale/en/*.po, one file a slice."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from pathlib import Path
from typing import Any

from babel.messages.pofile import read_po

LOCALES = ("zh-CN", "en")
CATALOGUES = Path(__file__).parents[2] / "pwa" / "locale"

_locale: ContextVar[str] = ContextVar("locale", default="zh-CN")


def N_(text: str) -> str:  # noqa: N802 - the customary name, known to every extraction tool
    """Marks a text for the catalogue without translating it now."""
    return text


def _(text: str, **params: Any) -> str:
    """The text in the reader's language, `%(name)s` filled in."""
    translated = gettext(text)
    return translated % params if params else translated


def gettext(text: str) -> str:
    return _catalogue(_locale.get()).get(text) or text


def ngettext(singular: str, plural: str, n: int) -> str:
    """Chinese has one form; English catalogues give the plural as a text of its own."""
    return gettext(singular if n == 1 else plural)


def said(zh: str, en: str) -> str:
    """A text that comes as data in both languages, in the reader's."""
    return en if _locale.get() == "en" and en else zh


def locale() -> str:
    return _locale.get()


def set_locale(name: str) -> None:
    """For the rest of this request or job; an unknown language falls back to zh-CN."""
    _locale.set(name if name in LOCALES else LOCALES[0])


@contextmanager
def using(name: str) -> Iterator[None]:
    token = _locale.set(name if name in LOCALES else LOCALES[0])
    try:
        yield
    finally:
        _locale.reset(token)


@cache
def _catalogue(name: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for path in sorted((CATALOGUES / name).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file):
                if message.id and message.string:
                    texts[str(message.id)] = str(message.string)
    return texts
