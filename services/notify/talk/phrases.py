"""What patients write when they answer: a clause has a meaning only if the whole of it is one of these phrases."""

from __future__ import annotations

import re
from typing import Literal

Word = Literal["confirm", "yes", "okay", "no", "cannot", "another", "first", "second", "third"]
Aside = Literal["thanks", "reason", "greeting"]
"""What needs no answer: manners, why somebody cannot come, who they are."""

_VISIT = (
    r"(?:(?:MY|THE|THIS|THAT|OUR|NEXT|MI|LA|EL|ESTA|ESA|NUESTRA|DE|UPCOMING) )*"
    r"(?:APPOINTMENT|APPOINTMENTS|APPT|APT|VISIT|SESSION|MASSAGE|THERAPY|TREATMENT|BOOKING|SLOT|TIME|IT|THIS|THAT|"
    r"CITA|CITAS|VISITA|SESION|TERAPIA|MASAJE|TURNO|TRATAMIENTO)"
)
_DAY = (
    r"(?:TODAY|TOMORROW|TONIGHT|THEN|THERE|HERE|SOON|MORNING|AFTERNOON|EVENING|WEEK|(?:MON|TUES|WEDNES|THURS|FRI|"
    r"SATUR|SUN)DAY|"
    r"HOY|MANANA|LUNES|MARTES|MIERCOLES|JUEVES|VIERNES|SABADO|DOMINGO|TARDE|NOCHE|SEMANA|ENTONCES|ALLI|AHI|ALLA)"
)
_WHEN = rf"(?:(?: (?:ON|FOR|IN|AT|THE|THIS|NEXT|EL|LA|DE|PARA|POR|EN|ESTA|ESTE|ESE|A))*? {_DAY})*"
_OTHER = (
    r"(?:(?:FOR|TO|AT|ON|A|AN|ANY|SOME|PARA|UN|UNA|ALGUNA|ALGUN|DE|EN) )*"
    r"(?:(?:ANOTHER|DIFFERENT|OTHER|LATER|EARLIER|NEW) (?:TIMES?|DAYS?|DATES?|HOURS?|SLOTS?|WEEK)|"
    r"(?:OTRA|OTRO|OTRAS|OTROS|NUEVA) (?:HORAS?|HORARIOS?|DIAS?|FECHAS?|CITA|MOMENTO|SEMANA)|"
    r"(?:HORA|FECHA|DIA|HORARIO|CITA))"
)
_I = r"(?:(?:I|WE|ILL|ID|IM|WELL|WED|YO|NOSOTROS|UNFORTUNATELY|ACTUALLY|LAMENTABLEMENTE|DESAFORTUNADAMENTE) )*"
_WISH = (
    r"(?:(?:I|WE|ID|ILL|WOULD|NEED|WANT|HAVE|LIKE|WISH|MUST|GOT|AM|IM|GOING|GONNA|TO|CAN|COULD|MAY|MIGHT|YOU|US|LETS|"
    r"IS|IT|POSSIBLE|QUIERO|QUISIERA|NECESITO|DESEO|TENGO|QUE|PUEDO|PODRIA|PODRIAN|PODEMOS|PUEDE|PUEDEN|SE|ME|"
    r"GUSTARIA|HAY|ES|POSIBLE|VOY|A) )*"
)

_PHRASES: dict[Word | Aside, list[str]] = {
    "confirm": [
        "C",
        rf"(?:(?:I|WE|CAN|WILL|DO|WANT|TO|WOULD|LIKE|QUIERO|DESEO|YO|LO|LA) )*"
        rf"(?:CONFIRM|CONFIRMED|CONFIRMING|CONFIRMO|CONFIRMAR|CONFIRMADO|CONFIRMADA|CONFIRMAMOS)(?: {_VISIT})?{_WHEN}",
        rf"(?:(?:I|WE|ILL|WELL|WILL|IM|AM|ARE|GOING|GONNA|TO|CAN|DEFINITELY) )*BE THERE{_WHEN}",
        r"(?:I WILL|ILL|WE WILL|WELL|IM|I AM|WE ARE|I CAN|WE CAN)(?: DEFINITELY)? (?:COME|COMING|MAKE IT|"
        rf"ATTEND){_WHEN}",
        rf"(?:I WILL |ILL |WELL )?SEE (?:YOU|YA|U)(?: ALL| GUYS)?{_WHEN}",
        rf"(?:(?:AHI|ALLI|ALLA) (?:ESTARE|ESTAREMOS|VOY)|(?:ESTARE|ESTAREMOS) (?:AHI|ALLI|ALLA)){_WHEN}",
        rf"(?:(?:AHI|ALLI|ALLA) )?NOS VEMOS{_WHEN}",
        rf"(?:SI )?(?:VOY|IRE|IREMOS|ASISTIRE|ASISTIREMOS|VENDRE|VOY A IR|VOY A ASISTIR)(?! TARDE){_WHEN}",
        r"SI PUEDO(?: IR| ASISTIR)?|CUENTEN CONMIGO",
    ],
    "yes": [
        r"Y|YE+S+(?: YE+S+)*|YEP+|YUP|YEAH+|YESSIR|YES (?:I )?(?:DO|CAN|WILL|AM)|SURE(?: THING)?|OF COURSE|"
        r"ABSOLUTELY|DEFINITELY|CERTAINLY|CORRECT",
        r"(?:(?:I|ILL|WE|WELL|WILL|WANT|YES) )*TAKE (?:IT|THAT|THE SLOT)|I WANT IT",
        r"S|S+I+(?: S+I+)*|SIP|SIMON|CLARO(?: QUE SI)?|POR SUPUESTO|DESDE LUEGO|CORRECTO|(?:SI )?(?:LA|LO) (?:QUIERO|"
        r"TOMO|ACEPTO)|ACEPTO|SI QUIERO",
    ],
    "okay": [
        r"OK|OKAY|OKEY|OKI|OKIE|K|KK|THUMBSUP(?: THUMBSUP)*|FINE|PERFECT|SOUNDS (?:GOOD|GREAT)|(?:THAT |THIS |"
        r"IT )?WORKS(?: FOR ME)?|THATS FINE",
        r"VALE|DE ACUERDO|PERFECTO|ESTA BIEN|LISTO",
    ],
    "no": [
        r"N|NO+(?: NO+)*|NOPE|NAH|NOT INTERESTED|NO (?:ME INTERESA|(?:LA|LO) QUIERO|QUIERO)",
    ],
    "cannot": [
        "X",
        rf"(?:NO |SORRY )?{_I}(?:CANT|CANNOT|CAN NOT|CAN T|COULDNT|WONT|WILL NOT)"
        rf"(?: (?:BE ABLE TO|ABLE TO))?(?: (?:COME(?: IN)?|MAKE(?: {_VISIT})?|BE THERE|ATTEND(?: {_VISIT})?|GO|DO IT|"
        rf"KEEP {_VISIT}))?{_WHEN}",
        r"(?:NO )?(?:IM|I AM|WE ARE|WERE)? ?(?:NOT|UNABLE TO) (?:(?:GOING|GONNA|ABLE|TO|BE) )*(?:COME|COMING|"
        rf"MAKE(?: {_VISIT})?|ATTEND|BE THERE|GOING){_WHEN}",
        rf"{_WISH}(?:CANCEL|CANCEL OUT|SKIP|MISS)(?: {_VISIT})?{_WHEN}",
        rf"NO (?:(?:VOY A|VAMOS A|ME ES|ES) )?(?:PUEDO|PODRE|PODREMOS|PODEMOS|PODER|POSIBLE|ALCANZO A)"
        rf"(?: (?:IR|VENIR|ASISTIR|LLEGAR|ACUDIR|ESTAR|HACERLO))?(?:(?: A)? {_VISIT})?{_WHEN}",
        rf"NO (?:IRE|IREMOS|VOY(?: A (?:IR|ASISTIR|LLEGAR))?|VENGO|ASISTIRE|ASISTIREMOS|VAMOS(?: A IR)?|LLEGO){_WHEN}",
        rf"{_WISH}(?:CANCELAR|CANCELARLA|CANCELE|CANCELEN|CANCELENLA|CANCELELA|CANCELO|CANCELA|ANULAR|ANULE|"
        rf"ANULEN)(?: {_VISIT})?{_WHEN}",
    ],
    "another": [
        r"R",
        rf"{_WISH}(?:RESCHEDULE|RESCHEDULED|RESCHEDULING|RE SCHEDULE|RESCHED)(?: {_VISIT})?(?: {_OTHER})?{_WHEN}",
        rf"{_WISH}(?:CHANGE|MOVE|SWITCH|POSTPONE|PUSH(?: BACK)?|DELAY) (?:{_VISIT}(?: {_OTHER})?|THE (?:DAY|DATE|"
        rf"HOUR)|{_OTHER})",
        r"CHANGE|CAMBIAR|CAMBIO|CAMBIARLA",
        r"(?:(?:IS THERE|ARE THERE|DO YOU HAVE|HAVE YOU GOT|I NEED|I WANT|WE NEED|CAN I HAVE|CAN WE DO|CAN I GET|"
        r"HOW ABOUT|ID LIKE|PREFER|HAY|TIENE|TIENEN|TENDRAN|QUIERO|NECESITO|PREFIERO|PUEDE SER|PODRIA SER|MEJOR) )?"
        r"(?!(?:HORA|FECHA|DIA|HORARIO|CITA)$)" + _OTHER + r"(?: AVAILABLE| OPEN| DISPONIBLES?| LIBRES?)?",
        rf"{_WISH}(?:REPROGRAMAR|REPROGRAMARLA|REAGENDAR|REAGENDARLA|REPROGRAME|REPROGRAMEN|REAGENDEN|POSPONER|"
        rf"POSPONERLA|APLAZAR)(?: {_VISIT})?(?: {_OTHER})?{_WHEN}",
        rf"{_WISH}(?:CAMBIAR|CAMBIE|CAMBIEN|CAMBIARME|MOVER|CAMBIO)(?:LA|LO)? (?:{_VISIT}(?: {_OTHER})?|(?:LA HORA|"
        rf"EL DIA|LA FECHA|EL HORARIO)(?: {_VISIT})?|{_OTHER})",
    ],
    "first": [
        r"(?:(?:OPTION|OPCION|NUMBER|NUMERO|THE|LA|EL|NO) )*(?:1|1ST|1RA|1A|ONE|FIRST|UNO|UNA|PRIMERA|"
        r"PRIMERO)(?: ONE| OPTION| OPCION)?",
    ],
    "second": [
        r"(?:(?:OPTION|OPCION|NUMBER|NUMERO|THE|LA|EL) )*(?:2|2ND|2DA|2A|TWO|SECOND|DOS|SEGUNDA|SEGUNDO)(?: ONE|"
        r" OPTION| OPCION)?",
    ],
    "third": [
        r"(?:(?:OPTION|OPCION|NUMBER|NUMERO|THE|LA|EL) )*(?:3|3RD|3RA|3A|THREE|THIRD|TRES|TERCERA|TERCERO)(?: ONE|"
        r" OPTION| OPCION)?",
    ],
    "thanks": [
        r"(?:YOURE |YOUR |YOU ARE )?WELCOME|GOT IT|COOL|NOTED|UNDERSTOOD|WILL DO|GREAT|AWESOME|(?:HAVE A )?(?:GOOD|"
        r"NICE|GREAT) (?:DAY|ONE)|I APPRECIATE IT",
        r"ENTENDIDO|GENIAL|EXCELENTE|MUY AMABLE|(?:QUE TENGA )?BUEN DIA|BENDICIONES|ENTERAD[OA]|RECIBIDO|DE NADA",
    ],
    "reason": [
        r"(?:IM|I AM|WERE|WE ARE)(?: (?:SO|VERY|REALLY|FEELING))* (?:SORRY|SICK|ILL|UNWELL|OUT OF TOWN|WORKING|"
        r"STUCK AT WORK)",
        r"(?:SOMETHING|SMTH) CAME UP|(?:I )?HAVE TO WORK|(?:I )?HAVE (?:A COLD|THE FLU|COVID|A FEVER)|MY APOLOGIES|"
        r"APOLOGIES",
        r"ESTOY (?:MUY )?(?:ENFERM[OA]|MAL|TRABAJANDO|FUERA)|(?:ME )?SURGIO (?:ALGO|UN IMPREVISTO)|TENGO (?:GRIPE|"
        r"FIEBRE|COVID|QUE TRABAJAR)",
    ],
    "greeting": [r"(?:THIS IS|ITS|SOY|ES) \w+(?: \w+)?"],
}  # fmt: skip
_COMPILED = {meaning: re.compile("|".join(f"(?:{one})" for one in ways)) for meaning, ways in _PHRASES.items()}
VOCABULARY = frozenset(
    word for ways in _PHRASES.values() for one in ways for word in re.findall(r"[A-Z]{5,}", one)
) - {"THUMBSUP"}  # fmt: skip

_MANNERS = re.compile(
    r"\b(?:PLEASE|PLS|PLZ|THANKS?(?: YOU| U)?(?: (?:SO|VERY) MUCH| A LOT)?|THX|TY|SORRY(?: ABOUT THAT)?|HI|HELLO|HEY|"
    r"DEAR|SIR|"
    r"MAAM|TEAM|EVERYONE|GOOD (?:MORNING|AFTERNOON|EVENING)|KINDLY|HOLA|BUEN[OA]S? (?:DIAS?|TARDES?|NOCHES?)|BUENAS|"
    r"(?:MUCHAS |MIL )?GRACIAS|POR FAVOR|PORFA(?:VOR)?|DISCULPEN?|PERDON(?:EN)?|LO SIENTO(?: MUCHO)?|SENORA?|AMEN)\b"
)
_THANKS = re.compile(r"THANK|THX|TY$|GRACIAS")


def without_manners(clause: str) -> tuple[str, bool]:
    """The rest of a clause, and whether it thanks."""
    rest = " ".join(_MANNERS.sub(" ", clause).split())
    return rest, bool(_THANKS.search(clause))


def phrase(clause: str) -> Word | Aside | None:
    return next((meaning for meaning, ways in _COMPILED.items() if ways.fullmatch(clause)), None)
