"""The two things a customer is told about a promise: it was not kept, and why."""

from backend.core.clock import now
from backend.notifications.schemas import Notice, Topic
from backend.promises.rows import PromiseRow


def overdue(row: PromiseRow) -> Notice:
    """Told once for each due moment that passed."""
    return _notice(row, f"promise-overdue:{row.id}:{row.due_at.isoformat()}", "promise_overdue")


def explained(row: PromiseRow) -> Notice:
    """The answer to "we have asked the department"."""
    return _notice(row, f"promise-explained:{row.id}:{now().isoformat()}", "promise_explained")


def _notice(row: PromiseRow, key: str, message: str) -> Notice:
    return Notice(
        key=key,
        topic=Topic.promise,
        message=message,
        url=row.url,
        tag=f"promise:{row.id}",
        params={
            "subject_zh": row.subject_zh,
            "subject_en": row.subject_en,
            "rule_zh": row.rule.zh,
            "rule_en": row.rule.en,
            "due_on": row.due_on.isoformat(),
            "reason": row.reason,
            "next_step": row.next_step,
        },
        customer=row.customer,
        usage_point=None if row.customer else row.usage_point,
        matters=True,
        at=now(),
    )
