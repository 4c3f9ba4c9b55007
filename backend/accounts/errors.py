"""Refusals of sign-in; their `code` is the `error` of RFC 6749 §5.2, so that any client understands."""

from backend.core.errors import DomainError, Invalid
from backend.core.i18n import N_


class WrongCode(Invalid):
    """One answer for a wrong, spent, expired or unknown code: it tells a guesser nothing."""

    status, code = 401, "invalid_grant"
    default = N_("验证码不对或已过期。请检查，或重新获取。")

    def __init__(self) -> None:
        super().__init__(field="code")


class InvalidGrant(DomainError):
    status, code = 401, "invalid_grant"
    default = N_("登录已失效，请重新登录。")


class InvalidClient(DomainError):
    status, code = 401, "invalid_client"
    default = N_("系统账号或密钥不对。")


class InvalidRequest(DomainError):
    status, code = 400, "invalid_request"
    default = N_("请求缺少必要的内容。")


class UnsupportedGrant(DomainError):
    status, code = 400, "unsupported_grant_type"
    default = N_("不支持这种登录方式。")
