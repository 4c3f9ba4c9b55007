"""What all modules of the slice call an application, and the facts that events do not carry."""

from datetime import date, datetime
from functools import lru_cache

from msgspec import Struct

from backend.core.clock import CHINA
from backend.promises import service as promises
from backend.promises.schemas import ApplicationType, Names, Rule, Subject, SubjectKind


class Facts(Struct, frozen=True):
    """An application as submitted: what its timeline and its promises start from."""

    id: str
    type: ApplicationType
    customer: str
    usage_point: str | None
    submitted_at: datetime
    voltage: str | None
    sources: int | None


def url(no: str) -> str:
    return f"/applications/{no}"


def tag(no: str) -> str:
    """Names the application to notifications and to open pages."""
    return f"application:{no}"


def subject(application: Facts, title: Names) -> Subject:
    """The application as its promises know it. The title a customer gave stays here: promises speak
    on lock screens."""
    return Subject(
        kind=SubjectKind.application,
        id=application.id,
        title_zh=title.zh,
        title_en=title.en,
        url=url(application.id),
        customer=application.customer,
        usage_point=application.usage_point,
    )


def nudge_subject(application: Facts, nudge: str, title: Names) -> Subject:
    """A nudge as the promise to answer it knows it."""
    return Subject(
        kind=SubjectKind.nudge,
        id=nudge,
        title_zh=f"{title.zh}催办",
        title_en=f"Reminder about: {title.en}",
        url=url(application.id),
        customer=application.customer,
        usage_point=application.usage_point,
    )


def rules_of(application: Facts) -> tuple[Rule, ...]:
    """The deadlines in force on the day of the submission."""
    day = application.submitted_at.astimezone(CHINA).date()
    pack = promises.current_pack().code
    return _rules(pack, application.type, application.sources, application.voltage, day)


@lru_cache(maxsize=4096)
def _rules(
    pack: str, kind: ApplicationType, sources: int | None, voltage: str | None, on: date
) -> tuple[Rule, ...]:
    """A batch of the feed asks thousands of times for a few answers."""
    return promises.pack(pack).rules_for(kind, sources, voltage, on)
