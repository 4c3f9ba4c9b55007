"""What a customer is told when an application moves: the kind of business and the stage, no more.

A notice may be read on a locked screen by anybody, so names, addresses and the utility's notes stay
behind the link.
"""

from datetime import datetime

from backend.applications.rules import NEWS_LIFE, Event, EventState
from backend.applications.subjects import Facts, tag, url
from backend.notifications.schemas import Notice, Topic
from backend.promises.schemas import Names, Step, TypeCard

COMPLETED = "completed"
# Whether a text message goes out where push cannot reach: the customer has to act, or it is over.
MATTERS = {EventState.waiting_customer, EventState.rejected, COMPLETED}


def moved(application: Facts, event: Event, card: TypeCard) -> Notice:
    """One event, told once however often the feed repeats it."""
    index = next(n for n, step in enumerate(card.steps) if step.stage is event.stage)
    last = index == len(card.steps) - 1
    what = COMPLETED if last and event.state is EventState.done else event.state.value
    return Notice(
        key=f"application-event:{event.id}",
        topic=Topic.application,
        message=f"applications_{what}",
        params={
            **_both("type", card.title),
            **_both("stage", card.steps[index].title),
            **_both("next", _next(card.steps, index)),
        },
        url=url(application.id),
        tag=tag(application.id),
        customer=application.customer,
        usage_point=application.usage_point,
        matters=what in MATTERS,
        at=event.at,
        expires_at=event.at + NEWS_LIFE,
    )


def nudge_answered(application: Facts, nudge: str, card: TypeCard, at: datetime) -> Notice:
    """The answer a nudge has a right to; the words themselves are behind the link."""
    return Notice(
        key=f"nudge-answer:{nudge}",
        topic=Topic.application,
        message="applications_nudge_answered",
        params=_both("type", card.title),
        url=url(application.id),
        tag=tag(application.id),
        customer=application.customer,
        usage_point=application.usage_point,
        matters=True,
        at=at,
        expires_at=at + NEWS_LIFE,
    )


def _next(steps: tuple[Step, ...], index: int) -> Names:
    """The stage that comes after this one for everybody; empty after the last."""
    following = (step.title for step in steps[index + 1 :] if not step.optional)
    return next(following, Names("", ""))


def _both(name: str, words: Names) -> dict[str, str | int]:
    return {f"{name}_zh": words.zh, f"{name}_en": words.en}
