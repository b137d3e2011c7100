"""What the words of a text mean, by themselves: `questions` finds what they answer.

Words: Twilio's opt-out keywords for long codes. Twilio itself answers STOP, START and HELP. A YES from a number
that had opted out means START, for Twilio as for us.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Literal

Word = Literal["confirm", "yes", "no", "cannot", "first", "second"]
Meaning = Literal["stop", "start", "help", "unclear"] | Word

STOP = {"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"}
START = {"START", "UNSTOP"}
HELP = {"HELP", "INFO"}
WORDS: dict[Word, set[str]] = {
    "confirm": {"C", "CONFIRM", "CONFIRMED", "CONFIRMO", "CONFIRMAR", "CONFIRMADO", "CONFIRMADA"},
    "yes": {"YES", "Y", "YEP", "YEAH", "YES YES", "SI", "SI SI", "S", "OK", "OKAY", "CLARO", "VALE"},
    "no": {"NO", "N", "NOPE", "NO NO"},
    "cannot": {"X"},
    "first": {"1"},
    "second": {"2"},
}
_MEANT = {text: word for word, texts in WORDS.items() for text in texts}
POLITE = {"PLEASE", "THANKS", "THANK", "YOU", "GRACIAS", "POR", "FAVOR"}


def meaning_of(body: str, opted_out: bool, opt_out_type: str = "") -> Meaning:
    """`opt_out_type` is what Twilio itself took it for: STOP, START, HELP, or nothing."""
    word = alone(body)
    if word in STOP or opt_out_type == "STOP":
        return "stop"
    if word in START or (opted_out and word == "YES"):
        return "start"
    if meant := _MEANT.get(_plain(body)):
        return meant
    return "help" if word in HELP or opt_out_type == "HELP" else "unclear"


def alone(body: str) -> str:
    """A text's only word, as Twilio compares it."""
    return body.strip(" \t\r\n.,!?'\"").upper()


def _plain(body: str) -> str:
    """Without accents, punctuation and politeness, in capitals."""
    letters = "".join(sign for sign in unicodedata.normalize("NFKD", body) if not unicodedata.combining(sign))
    return " ".join(word for word in re.findall(r"\w+", letters.upper()) if word not in POLITE)
