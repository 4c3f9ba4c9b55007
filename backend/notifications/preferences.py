"""What each person wants by which channel, and when they want quiet. The inbox has everything."""

from collections.abc import Collection
from datetime import time

import msgspec

from backend.accounts.access import Caller
from backend.core import db
from backend.core.errors import Invalid
from backend.core.i18n import N_, _
from backend.notifications import rules
from backend.notifications.rules import CHANNEL_NAMES, TOPIC_NAMES, Channel, Topic
from backend.notifications.schemas import (
    ChannelCell,
    ChannelName,
    PreferencesView,
    SetPreferences,
    TopicPreference,
)
from backend.notifications.subscriptions import devices
from backend.notifications.tables import Preference, QuietHours

INBOX = "inbox"
NEVER = (time(0), time(0))

SAVE_CHOICES = """
INSERT INTO notification_preference (person, topic, channel, enabled)
SELECT $1, * FROM unnest($2::text[], $3::text[], $4::bool[])
ON CONFLICT (person, topic, channel) DO UPDATE SET enabled = excluded.enabled"""

SAVE_QUIET = """
INSERT INTO quiet_hours (person, starts, ends) VALUES ($1, $2, $3)
ON CONFLICT (person) DO UPDATE SET starts = excluded.starts, ends = excluded.ends"""


async def preferences(caller: Caller) -> PreferencesView:
    """Everything the settings page shows."""
    rows = await caller.rows(Preference)
    chosen = {(row["topic"], row["channel"]): row["enabled"] for row in rows}
    quiet = await caller.rows(QuietHours).first()
    starts, ends = (quiet["starts"], quiet["ends"]) if quiet else rules.QUIET
    return PreferencesView(
        channels=[ChannelName(INBOX, _("站内消息")), *map(_channel_name, Channel)],
        topics=[_topic(topic, chosen) for topic in Topic],
        quiet_from="" if starts == ends else f"{starts:%H:%M}",
        quiet_to="" if starts == ends else f"{ends:%H:%M}",
        devices=await devices(caller),
    )


def _channel_name(channel: Channel) -> ChannelName:
    return ChannelName(channel, _(CHANNEL_NAMES[channel]))


def _topic(topic: Topic, chosen: dict[tuple[str, str], bool]) -> TopicPreference:
    cells = [
        ChannelCell(
            channel,
            _(CHANNEL_NAMES[channel]),
            chosen.get((topic, channel), rules.wanted_at_first(topic, channel)),
        )
        for channel in Channel
    ]
    inbox = ChannelCell(INBOX, _("站内消息"), on=True, fixed=True)
    return TopicPreference(topic, _(TOPIC_NAMES[topic]), [inbox, *cells])


def with_choices(view: PreferencesView, on: Collection[str]) -> PreferencesView:
    """The same view with these boxes ticked: a refused form keeps what was chosen in it."""

    def ticked(topic: TopicPreference, cell: ChannelCell) -> ChannelCell:
        wanted = cell.fixed or f"{topic.code}:{cell.channel}" in on
        return msgspec.structs.replace(cell, on=wanted)

    topics = [
        msgspec.structs.replace(topic, channels=[ticked(topic, cell) for cell in topic.channels])
        for topic in view.topics
    ]
    return msgspec.structs.replace(view, topics=topics)


async def set_preferences(caller: Caller, command: SetPreferences) -> PreferencesView:
    """Replace all choices at once."""
    quiet = _quiet(command)
    pairs = [(topic, channel) for topic in Topic for channel in Channel]
    wanted = _wanted(command)
    async with db.transaction() as connection:
        await connection.execute(
            SAVE_CHOICES,
            caller.person_id,
            [topic for topic, _channel in pairs],
            [channel for _topic, channel in pairs],
            [pair in wanted for pair in pairs],
        )
        await connection.execute(SAVE_QUIET, caller.person_id, *quiet)
    return await preferences(caller)


def _wanted(command: SetPreferences) -> set[tuple[Topic, Channel]]:
    found = set()
    for choice in command.on:
        topic, _colon, channel = choice.partition(":")
        if topic not in TOPIC_NAMES:
            raise Invalid(N_("请从列出的选项中选择。"), field="on")
        found.add((Topic(topic), Channel(channel)))
    return found


def _quiet(command: SetPreferences) -> tuple[time, time]:
    """Both ends or neither; the missing one is named."""
    if not command.quiet_from and not command.quiet_to:
        return NEVER
    if not command.quiet_from or not command.quiet_to:
        missing = "quiet_to" if command.quiet_from else "quiet_from"
        raise Invalid(N_("开始和结束时间要一起填写；都不填就是没有不打扰时间。"), field=missing)
    return time.fromisoformat(command.quiet_from), time.fromisoformat(command.quiet_to)
