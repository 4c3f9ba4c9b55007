"""Settings, read once from the environment. Only this module reads it."""

import os
from functools import cache
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta, Struct

from backend.core.errors import OperatorError

LOOPBACK = {"localhost", "127.0.0.1", "::1"}


class Settings(Struct, frozen=True, kw_only=True, rename=str.upper):
    database_url: str = ""
    denghuo_data: str = "var"
    base_url: Annotated[str, Meta(pattern=r"^https?://[^/]+$")] = "http://localhost:8000"
    utility_name: str = "青禾供电局"
    utility_hotline: Annotated[str, Meta(pattern=r"^[0-9+-]{3,20}$")] = "95598"
    rule_pack: Literal["sgcc", "csg"] = "sgcc"
    sms_url: str = ""
    push_endpoint_allow: str = ""
    push_contact: str = ""
    pay_url: str = ""
    trusted_proxy: str = ""
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    workers: Annotated[int, Meta(ge=1, le=64)] = 1
    pool_size: Annotated[int, Meta(ge=2, le=100)] = 8

    @property
    def data(self) -> Path:
        return Path(self.denghuo_data).resolve()

    @property
    def secure(self) -> bool:
        """True where the public address is https: cookies are then bound to it."""
        return self.base_url.startswith("https://")

    @property
    def development(self) -> bool:
        """A machine of one's own: no SMS gateway and an address nobody else can reach.

        Only then is the sign-in code shown on the page; a public address never does it.
        """
        return not self.sms_url and urlsplit(self.base_url).hostname in LOOPBACK

    @property
    def push_allow(self) -> tuple[str, ...]:
        return tuple(part.strip() for part in self.push_endpoint_allow.split(",") if part.strip())


class BadSetting(OperatorError):
    """A setting is wrong; the message names it."""


@cache
def settings() -> Settings:
    """The settings of this process; raises BadSetting naming the one that is wrong."""
    known = {field.encode_name for field in msgspec.structs.fields(Settings)}
    given = {name: value for name, value in os.environ.items() if name in known and value != ""}
    try:
        return msgspec.convert(given, Settings, strict=False)
    except msgspec.ValidationError as error:
        raise BadSetting(str(error)) from error
