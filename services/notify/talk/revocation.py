"""Whether somebody says in their own words that they want no more texts, in English or in Spanish.

Generous: whoever seems to say so is heard. But "I can't stop coughing", "don't stop the reminders", "take me off the
waiting list" and "don't call, text me" say something else.
Source: 47 CFR 64.1200(a)(10), any reasonable means of revoking consent.
"""

from __future__ import annotations

import re

from services.notify.talk.plain import letters, put_right

_THINGS = r"(?:TEXTS?|TEXT MESSAGES?|MESSAGES?|MSGS?|SMS|REMINDERS?|NOTIFICATIONS?|ALERTS?|SPAM)"
_COSAS = r"(?:MENSA[JG]ES?|MENSAJITOS?|TEXTOS?|SMS|RECORDATORIOS?|AVISOS?|NOTIFICACIONES)"
_LIST = r"(?:LIST|LISTS|TEXTS|TEXTING|MESSAGES|SMS|SYSTEM|DATABASE|CONTACTS)"
_FILL = r"(?: (?:ALL|WITH|THE|THESE|THOSE|YOUR|PLEASE|SENDING|GETTING|RECEIVING|ME|US|ANY|MORE|OF))*"

_SAYS = [
    rf"(?:STOP|QUIT|CEASE|END){_FILL} (?:{_THINGS}|TEXTING|MESSAGING|CONTACTING|BOTHERING|SPAMMING|HARASSING|"
    r"REMINDING)",
    r"(?:STOP|QUIT) SENDING (?:ME|US|THESE|THIS|THAT|STUFF)",
    r"(?:DONT|DO NOT|NEVER|NOT TO)(?: (?:EVER|PLEASE|YOU|GUYS|KEEP))* (?:TEXT|TEXTING|MESSAGE|MESSAGING|MSG|CONTACT|"
    r"SMS)"
    r"(?: (?:ME|US|THIS|MY|HERE|ANYMORE|ANY|AGAIN)\b| ?$)",
    rf"(?:DONT|DO NOT|NEVER)(?: (?:EVER|PLEASE|KEEP))* (?:SEND|SENDING)"
    rf"(?: (?:ME|US|ANY|ANYMORE|MORE|FURTHER|THESE|THOSE|YOUR|OTHER|ANOTHER|A))* {_THINGS}",
    r"(?:DONT|DO NOT|NO LONGER) (?:WANT|NEED|WISH|LIKE)"
    rf"(?: (?:TO|GET|GETTING|RECEIVE|RECEIVING|BE|ANY|ANYMORE|MORE|FURTHER|YOUR|THESE|THOSE|THE|ALL))*"
    rf" (?:{_THINGS}|TEXTED|CONTACTED|MESSAGED|TEXTING)",
    rf"NO (?:MORE|FURTHER) {_THINGS}",
    rf"(?:REMOVE|TAKE|DELETE|DROP) (?:ME|US)(?: (?:OFF|FROM|OUT)(?: OF)?(?: (?:THE|YOUR|THIS|ALL|TEXT))* {_LIST}|"
    r" OFF$| ?$)",
    r"(?:REMOVE|DELETE|ERASE|LOSE|FORGET) (?:MY|THIS) (?:CELL |PHONE |MOBILE )?(?:NUMBER|PHONE|CELL)",
    r"UNSUBSCRIBE|OPT(?:ING)?(?: ME| US)? ?OUT",
    r"LEAVE (?:ME|US) ALONE",
    r"(?:REVOKE|WITHDRAW)(?: MY)? CONSENT",
    r"WRONG (?:NUMBER|PERSON|PHONE)",
    rf"NO (?:ME |NOS )?(?:ENVIEN|ENVIE|ENVIES|MANDEN|MANDE|MANDES|ENVIAR|MANDAR|ENVIARME|MANDARME)(?: YA)?"
    rf"(?: MAS(?! (?:TARDE|TEMPRANO))| NADA| ESTOS| SUS| OTROS?| UN| ?)*(?: {_COSAS}| MAS$| NADA$)",
    r"NO (?:ME|NOS) (?:ESCRIBAN|ESCRIBA|ESCRIBAS|TEXTEEN|TEXTEE|TEXTEES|MENSAJEEN|CONTACTEN|CONTACTE|MOLESTEN|MOLESTE)",
    rf"(?:DEJEN|DEJE|DEJA|DEJAD|PAREN|PARE|PARA|CESEN)(?: YA)? (?:DE|CON)(?: LOS| SUS| ESTOS| TANTOS)*"
    rf" (?:{_COSAS}|(?:ESCRIBIR|ENVIAR|MANDAR|MOLESTAR|TEXTEAR|MENSAJEAR|CONTACTAR)\w*)",
    r"NO (?:QUIERO|DESEO|NECESITO|QUEREMOS)(?: YA| RECIBIR| SEGUIR| RECIBIENDO| MAS| SUS| ESTOS| LOS| DE| TANTOS|"
    r" NINGUN)*"
    rf" {_COSAS}",
    r"NO (?:QUIERO|DESEO) QUE (?:ME|NOS) (?:ESCRIBAN|TEXTEEN|CONTACTEN|MANDEN MAS|ENVIEN MAS|MANDEN MENSAJES|"
    r"ENVIEN MENSAJES)",
    rf"NO MAS {_COSAS}",
    r"(?:QUITEN|QUITE|BORREN|BORRE|ELIMINEN|ELIMINE|SAQUEN|SAQUE)ME(?: DE (?:LA|SU|ESTA|SUS|ESTE) "
    r"(?:LISTA|LISTAS|SISTEMA|BASE|MENSAJES)(?! DE ESPERA)| ?$)",
    r"(?:QUITEN|QUITE|BORREN|BORRE|ELIMINEN|ELIMINE|SAQUEN|SAQUE) (?:MI|ESTE) (?:NUMERO|TELEFONO|CELULAR)",
    r"(?:DAR|DEN|DARME|DENME|DARNOS|DOY) DE BAJA|DESUSCRIB\w+|CANCELAR (?:LA |MI )?SUSCRIPCION",
    r"(?:REVOCO|RETIRO)(?: MI)? CONSENTIMIENTO",
    r"(?:NUMERO|TELEFONO) EQUIVOCADO|PERSONA EQUIVOCADA|EQUIVOC\w* DE (?:NUMERO|PERSONA|TELEFONO)",
]  # fmt: skip
_REVOKES = re.compile("|".join(rf"\b(?:{one})(?!\w)" for one in _SAYS))
_ALONE = re.compile(
    r"(?:(?:JUST|OK|PLEASE|NOW|I SAID|YA) )*(?:STOP|STOPP|STTOP|STPO|SOTP|PARE|PAREN|PARAR|PARENLE|BASTA|ALTO|DETENER|"
    r"DETENGAN|BAJA|UNSUB)(?: (?:STOP|IT|NOW|THIS|THAT|ALL|ALREADY|EVERYTHING|PLEASE|YA|THANKS|THANK YOU|GRACIAS|"
    r"POR FAVOR))*"
)
_NEGATED = re.compile(
    r"\b(?:DONT|DO NOT|NOT|NEVER|CANT|CANNOT|WONT|DIDNT|DID YOU|DID|WITHOUT|GOT|GET|GETTING|HAVE|RECEIVED|NO|NI|SIN)"
    r"(?: (?:WANT|EVER|EVEN|TO|YOU|PLEASE|QUIERO|ME|A|EN))* ?$"
)
VOCABULARY = frozenset(word for one in _SAYS for word in re.findall(r"[A-Z]{5,}(?![\\A-Z])", one)) | {
    "TEXTS", "MESSAGE", "MESSAGES", "REMINDERS", "MENSAJE", "MENSAJES", "MENSAGES", "TEXTOS",
    "ESCRIBIRME", "ENVIARME", "MANDARME", "MOLESTARME", "ESCRIBIRNOS",
    "QUITENME", "QUITEME", "BORRENME", "BORREME", "SAQUENME", "SAQUEME", "ELIMINENME",
}  # fmt: skip


def revoked(body: str) -> bool:
    return _found(_words(body)) is not None


def says_more(body: str) -> bool:
    """Besides revoking: a person should read it."""
    words = _words(body)
    found = _found(words)
    return found is not None and len((words[: found.start()] + words[found.end() :]).split()) > 4


def _words(body: str) -> str:
    return put_right(" ".join(re.findall(r"\w+", letters(body))), VOCABULARY)


def _found(words: str) -> re.Match[str] | None:
    if alone := _ALONE.fullmatch(words):
        return alone
    return next((one for one in _REVOKES.finditer(words) if not _NEGATED.search(words[: one.start()])), None)
