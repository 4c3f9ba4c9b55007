"""Errors whose words may be shown to the person who caused them: one class per answer, not per rule."""

from typing import Any, ClassVar

from backend.core.i18n import N_, _


class OperatorError(Exception):
    """A command cannot be carried out; one clear sentence for whoever runs it."""


class DomainError(Exception):
    """A refusal in the user's words. The text is source text; it is translated when shown."""

    status: ClassVar[int] = 422
    code: ClassVar[str] = "refused"
    default: ClassVar[str] = N_("这个操作现在不能完成。")

    def __init__(self, text: str = "", *, field: str | None = None, **params: Any) -> None:
        self.text = text or self.default
        self.field = field
        self.params = params
        super().__init__(self.text)

    @property
    def sentence(self) -> str:
        return _(self.text, **self.params)


class Invalid(DomainError):
    """422: what was entered breaks a rule; `field` says where."""

    code = "invalid"
    default = N_("请检查填写的内容。")


class NotSignedIn(DomainError):
    status, code = 401, "not-signed-in"
    default = N_("请先登录。")


class Forbidden(DomainError):
    status, code = 403, "forbidden"
    default = N_("您的账号没有这项权限。")


class NotFound(DomainError):
    """404: it is not there, or it is not yours, which is the same."""

    status, code = 404, "not-found"
    default = N_("没有找到您要的内容。")


class Conflict(DomainError):
    """409: the state does not allow it (any more)."""

    status, code = 409, "conflict"
    default = N_("它的状态已经变化，请刷新后再试。")


class Unsupported(DomainError):
    """415: the body is in a format we do not read."""

    status, code = 415, "unsupported"
    default = N_("不支持这种内容格式。")


class TooMany(DomainError):
    status, code = 429, "too-many"
    default = N_("操作太频繁，请稍后再试。")

    def __init__(self, text: str = "", *, retry_after: int, **params: Any) -> None:
        super().__init__(text, **params)
        self.retry_after = retry_after


class Away(DomainError):
    """503: something we depend on does not answer; trying again is right."""

    status, code = 503, "away"
    default = N_("服务暂时不可用，请稍后再试。")
