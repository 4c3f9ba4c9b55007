"""HTML form → command struct: every field's error at once, and what was typed is kept."""

import re
from collections.abc import Mapping
from typing import Any, Generic, TypeVar, get_args

import msgspec
from msgspec import UNSET, Meta, Struct

from backend.core.errors import Invalid
from backend.core.i18n import N_, _

T = TypeVar("T", bound=Struct)

# msgspec speaks English and Python; these are its messages in the words of the person who typed.
SENTENCES = (
    (re.compile(r"length >= 1$"), N_("请填写这一项。")),
    (re.compile(r"length >= (\d+)"), N_("至少填写 %(limit)s 个字。")),
    (re.compile(r"length <= (\d+)"), N_("最多填写 %(limit)s 个字。")),
    (re.compile(r"matching regex"), N_("格式不对，请检查。")),
    (re.compile(r">= (-?[\d.]+)"), N_("不能小于 %(limit)s。")),
    (re.compile(r"<= (-?[\d.]+)"), N_("不能大于 %(limit)s。")),
    (re.compile(r"Invalid enum value"), N_("请从列出的选项中选择。")),
    (re.compile(r"`(?:int|float|decimal)`|decimal"), N_("请填写数字。")),
    (re.compile(r"date"), N_("请填写正确的日期。")),
)


class Form(Generic[T]):
    """A submitted (or empty) form of the command `kind`.

    `command` is the finished struct, or None while `errors` ({field: sentence}) is not empty.
    """

    def __init__(self, kind: type[T], data: Mapping[str, Any] | None = None) -> None:
        self.kind = kind
        self.values: dict[str, Any] = dict(data or {})
        self.errors: dict[str, str] = {}
        self.command: T | None = None if data is None else self._convert()

    def _convert(self) -> T | None:
        found: dict[str, Any] = {}
        for field in msgspec.structs.fields(self.kind):
            value = self._read(field)
            if value is not UNSET:
                found[field.name] = value
        return None if self.errors else self.kind(**found)

    def _read(self, field: msgspec.structs.FieldInfo) -> Any:
        typed = self.values.get(field.name)
        if isinstance(typed, str):
            typed = typed.strip()
        if typed in (None, ""):
            return self._missing(field)
        try:
            return msgspec.convert(typed, field.type, strict=False)
        except msgspec.ValidationError as error:
            self.errors[field.name] = _own_sentence(field) or sentence(str(error))
            return UNSET

    def _missing(self, field: msgspec.structs.FieldInfo) -> Any:
        if field.required:
            if type(None) in get_args(field.type):
                return None
            self.errors[field.name] = _("请填写这一项。")
        return UNSET

    def refuse(self, error: Invalid) -> None:
        """A rule of the service said no: its words go to the field it named."""
        self.errors[error.field or "form"] = error.sentence
        self.command = None


def _own_sentence(field: msgspec.structs.FieldInfo) -> str | None:
    """What the field itself wants to be said: `Meta(extra={"sentence": N_("…")})`."""
    for note in getattr(field.type, "__metadata__", ()):
        if isinstance(note, Meta) and note.extra and "sentence" in note.extra:
            return _(note.extra["sentence"])
    return None


def sentence(technical: str) -> str:
    """A validation message of msgspec in the reader's language and words."""
    for pattern, text in SENTENCES:
        match = pattern.search(technical)
        if match:
            return _(text, limit=match[1]) if match.groups() else _(text)
    return _("请检查这一项。")
