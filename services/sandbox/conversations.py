"""What the page shows: one conversation for each phone, one inbox for each address, the latest first."""

from dataclasses import dataclass, field

from .messages import Email, Text
from .store import Store

TEXTS, EMAILS = 600, 150
"""How far back the page looks."""


@dataclass
class Conversation:
    """A phone and its texts, the oldest first."""

    phone: str
    opted_out: bool
    texts: list[Text] = field(default_factory=list)

    @property
    def to(self) -> str:
        """The clinic's number that last wrote to this phone, or that it wrote to."""
        last = self.texts[-1]
        return (last.to if last.direction == "inbound" else last.sender) or ""


@dataclass
class Inbox:
    """An address and its e-mails, the newest first."""

    address: str
    emails: list[Email] = field(default_factory=list)


def conversations(store: Store) -> list[Conversation]:
    found: dict[str, Conversation] = {}
    for text in store.texts(limit=TEXTS):
        phone = text.phone
        found.setdefault(phone, Conversation(phone, store.opted_out(phone))).texts.insert(0, text)
    return list(found.values())


def inboxes(store: Store) -> list[Inbox]:
    found: dict[str, Inbox] = {}
    for email in store.emails(limit=EMAILS):
        for address in email.recipients:
            found.setdefault(address, Inbox(address)).emails.append(email)
    return list(found.values())
