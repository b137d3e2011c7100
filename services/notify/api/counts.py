"""What `/metrics` tells of messages, sends and tasks, counted when it is asked."""

from __future__ import annotations

COUNTS = {
    "fascia_messages": ("Messages by state.", "SELECT state, count(*) FROM messages GROUP BY state"),
    "fascia_messages_overdue_seconds": (
        "How long the longest waiting message of each channel has been due.",
        "SELECT channel, extract(epoch FROM fascia_now() - min(ready_at)) FROM messages"
        " WHERE state = 'planned' AND ready_at <= fascia_now() GROUP BY channel",
    ),
    "fascia_messages_unknown": (
        "Messages of which nobody knows whether they arrived: still looked into, or waiting for the desk.",
        "SELECT CASE WHEN look_at IS NULL THEN 'desk' ELSE 'looked_into' END, count(*) FROM messages"
        " WHERE state = 'unknown' GROUP BY 1",
    ),
    "fascia_sends_last_hour": (
        "Calls to the providers in the last hour, by what came of them.",
        "SELECT coalesce(outcome, 'under_way'), count(*) FROM attempts"
        " WHERE started_at > clock_timestamp() - interval '1 hour' GROUP BY 1",
    ),
    "fascia_callbacks_waiting": (
        "What providers told and a worker has yet to act on, by why that failed so far.",
        "SELECT coalesce(error, 'new'), count(*) FROM callbacks WHERE follows IS NOT NULL GROUP BY 1",
    ),
    "fascia_texts_unreported": (
        "Texts that were handed over, of which the provider does not tell what became, neither by itself nor asked.",
        "SELECT 'text', count(*) FROM attempts WHERE outcome = 'sent' AND ask_at IS NOT NULL AND asked > 0",
    ),
    "fascia_tasks": ("Open tasks by kind.", "SELECT kind, count(*) FROM tasks WHERE done_at IS NULL GROUP BY kind"),
    "fascia_paused_channels": (
        "Channels whose provider refuses our configuration.",
        "SELECT channel, 1 FROM pauses",
    ),
}
