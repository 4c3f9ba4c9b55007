"""What all modules of the slice call an application, and the facts that events do not carry."""

from datetime import datetime

from msgspec import Struct

from backend.core.clock import CHINA
from backend.promises.schemas import ApplicationType, Names, Pack, Rule, Subject, SubjectKind


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


def rules_of(pack: Pack, application: Facts) -> tuple[Rule, ...]:
    """The deadlines in force on the day of the submission."""
    return pack.rules_for(
        application.type,
        application.sources,
        application.voltage,
        application.submitted_at.astimezone(CHINA).date(),
    )
