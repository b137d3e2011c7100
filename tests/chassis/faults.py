"""The boundaries at which a test lets a worker end; `runner` knows how. Importing this changes nothing."""

CRASHED = 99
DEAF_HUB = "deaf_hub"
IMPATIENT = "impatient"

RELAY = (
    "relay_before_publish",
    "relay_within_publish",
    "relay_after_publish",
    "relay_after_confirm",
    "relay_before_commit",
    "relay_after_commit",
)
INBOX = (
    "inbox_on_arrival",
    "inbox_after_insert",
    "inbox_after_handler",
    "inbox_before_commit",
    "inbox_after_commit",
    "inbox_before_ack",
    "inbox_after_ack",
)
