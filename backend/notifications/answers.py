"""What each answer of a push service means, as one table, so that nobody decides it twice."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum


class Meaning(StrEnum):
    accepted = "accepted"  # the service took it (not: the person saw it)
    limited = "limited"  # too fast: this message waits as long as it asks
    unknown = "unknown"  # may have been accepted: again later, under the same Topic
    unproven = "unproven"  # it does not believe our token, or the key is not this subscription's
    too_large = "too_large"
    gone = "gone"  # the subscription is dead for ever
    refused = "refused"  # our request is wrong: repeating it changes nothing


TABLE = {
    200: Meaning.accepted,
    201: Meaning.accepted,
    202: Meaning.accepted,
    204: Meaning.accepted,
    401: Meaning.unproven,
    403: Meaning.unproven,
    404: Meaning.gone,
    406: Meaning.limited,  # Windows' word for throttling
    408: Meaning.unknown,
    410: Meaning.gone,
    413: Meaning.too_large,
    429: Meaning.limited,
    503: Meaning.limited,
}
NO_ANSWER = 0


def meaning(status: int) -> Meaning:
    """Redirects are not followed: whoever redirects us is not the push service we allowed."""
    if status == NO_ANSWER or (status >= 500 and status not in TABLE):
        return Meaning.unknown
    return TABLE.get(status, Meaning.refused)


def retry_after(text: str, at: datetime) -> float | None:
    """Seconds from a Retry-After header, a number or a date; None when it says nothing."""
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - at).total_seconds())
