"""What real-looking replies mean, in English and in Spanish, and what they must never be taken for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.notify.talk.understanding import meaning_of

ENGLISH = """
yes: YES | yes please | yess | yesss! | y | Yep | yeah | Yup! | sure | Of course | absolutely | Yes I can
yes: I'll take it
confirm: C | c. |  C  | confirm | confrim | comfirm | Confirmed | confirmed! | I confirm | i confirm my appointment
confirm: confirming my visit | I'll be there | Ill be there thanks | See you then! | see you tomorrow
confirm: Yes, I'll be there
confirm: yes confirm | I will be there tomorrow | I'm coming | Yes I confirm | hi, confirmed, thank you | Yes, confirmed
okay: OK | ok thanks | okay | 👍 | sounds good | K | that works | perfect
no: No. | no | Nope | no thank you | N | N  | NO!! | nah | not interested
cannot: x | X. | can't make it | I can't make it | I cant come | cannot come today | sorry I can't make it tomorrow
cannot: I won't be able to make it | I'm not able to come | not coming | cancel my visit please | I can’t make it
cannot: please cancel my appointment | need to cancel | I need to cancel my appointment tomorrow | I have to cancel
cannot: can you cancel my appointment? | Cancel please | cancle | Have to cancel today | No, I can't come
cannot: Sorry, I'm sick, I can't make it | cancel my apointment | I won't make it | yes cancel my visit | can't
another: R | r | r. | reschedule | Reschedule please | reshedule | can I reschedule? | I'd like to reschedule
another: need to reschedule my appointment | another time | Another time please | different day | Re-schedule
another: do you have another time? | is there a different time available? | can we move it to another day
another: I can't make it, can we reschedule? | cant come can we reschedule | change my appointment | no, another time
another: could we reschedule my appt | a later time please | Is it possible to reschedule? | No. Reschedule.
first: 1 | 1. | option 1 | the first one | one | 1 please
second: 2 | 2) | the second one please | #2 | 2nd
third: #3 | 3 | 3rd | Three
aside: Thanks | thank you! | Thanks so much | great, thanks | Got it | Thank you, have a nice day
aside: Liked “Harbor: visit Tue Mar 9. Reply C to confirm or STOP to end” | Loved “See you soon” | will do, thanks
stop: STOP | stop. | Cancel | unsubscribe | QUIT | end | "Stop" | StopAll | revoke | OptOut
help: HELP | info
start: START | unstop
revoke: please don't text me | stop texting me | Stop texting | please stop | STOPP | stop sending me messages | sotp
revoke: don't text me anymore | no more texts please | take me off your list | remove me from this list | don’t text me
revoke: unsubscribe me please | I want to opt out | wrong number | You have the wrong number | quit texting me
revoke: I do not want to receive text messages | leave me alone | please remove my number | stop all messages
revoke: do not contact me again | I dont want these texts | plese stop texing me | Don't text me before 9
revoke: opt-out!
revoke: pls stop these messages | I no longer want to receive reminders | I revoke my consent | stop it | STOP STOP
revoke: stop texting me I already told you | never text me again | can you please stop texting me? | no more reminders
unclear: I can't stop coughing | don't cancel | please don't cancel my appointment | Don't stop the reminders
unclear: take me off the waiting list | yes but at 4 | can you text me the address? | I'll stop by at 4 | nonstop pain
unclear: should I stop taking ibuprofen? | did you text me? | Why did you stop texting me? | I didn't get your text
unclear: don't call me, text me | don't forget to text me | I quit my job | Can I bring my dog? | I'm running late
unclear: running 10 minutes late | Confirmed? | yes? | C? | 1 or 2 | 1:30 | at 1 | 1pm | 2 people | I have cancer
unclear: cancer | No problem | can't wait! | I can't move my arm | want to change therapist | cancelled?
unclear: Is it cancelled? | Hello | hi | What time is it? | yes no | no yes | who is this | Call me | no cancel
unclear: can't confirm yet | not sure | maybe | yes if it's with Anna | I can't make it unless you have 4pm
unclear: when is my next appointment | how do I get there | I moved | Is there parking | ok so what time | no chance
unclear: Any chance of an earlier time | I got no more texts, why | N/A | nothing works | X-ray results attached
unclear: c u | Do I still have my appointment | I have a fever | yes I have a fever | I can't cancel | 12 | 4
unclear: I stopped by yesterday | the bus stop | Is this the end? | no, Tuesday | Yes, my wife too | Disliked “x”
"""

SPANISH = """
yes: Sí | si | SI! | sí, gracias | Siii | claro | Claro que sí | por supuesto | sí quiero | la quiero | s | acepto
okay: ok gracias | vale | de acuerdo | perfecto | está bien
confirm: Confirmo | confirmo mi cita | Confirmado | confirmada gracias | sí confirmo | Sí, confirmo | comfirmo
confirm: quiero confirmar mi cita | ahí estaré | Allí estaré | ahi estare mañana | nos vemos mañana | sí voy | voy
confirm: iré | sí, ahí nos vemos | Hola, confirmo, gracias | Buenas tardes, confirmo mi cita
no: No | no gracias | no, gracias | N | nooo | no me interesa | no la quiero
cannot: X | no puedo | No puedo ir | no puedo ir mañana | no podré asistir | no voy a poder ir | No voy a poder
cannot: no puedo asistir a mi cita | no puedo llegar hoy | lo siento no puedo ir | Disculpe, no puedo ir
cannot: No, no puedo ir | no iré | no voy a ir | no asistiré | cancelar | cancelar mi cita | quiero cancelar mi cita
cannot: Por favor cancele mi cita | necesito cancelar | puede cancelar mi cita? | cancelen mi cita de mañana
cannot: anular la cita | Estoy enferma, no puedo ir | no me es posible asistir | No podre ir gracias | canselar
another: R | cambiar | Cambiar por favor | cambiar mi cita | quiero cambiar la cita | quiero cambiar la hora
another: puedo cambiar la hora? | cambio de hora | otra hora | Otra hora por favor | otro día | otro horario
another: tiene otra hora? | hay otra hora disponible? | puede ser otro día? | reprogramar | reagendar | reprogamar
another: reprogramar mi cita por favor | quiero reagendar mi cita | necesito reprogramar | mover mi cita para otro día
another: No puedo ir, ¿puede ser otro día? | no puedo ir quiero reagendar | para otra fecha | ¿Otra hora?
first: la primera | la 1 | uno | la una
second: opción 2 | el segundo | dos
third: opcion 3 | la tercera por favor | tres
aside: Gracias | muchas gracias! | Gracias, muy amable | entendido | buen día | Le gustó “Harbor: cita el mar”
revoke: BAJA | alto | basta | no me envíen más mensajes | no me manden mas mensajes | No me manden mensajes por favor
revoke: dejen de escribirme | Dejen de mandarme mensajes | paren de enviarme mensajes | no me escriban más
revoke: no me escriban | no quiero recibir más mensajes | no quiero mensajes | ya no quiero recibir mensajes
revoke: no más mensajes | quítenme de la lista | borren mi número | eliminen mi numero | quiero darme de baja
revoke: denme de baja | número equivocado | Se equivocaron de número | se equivocó de persona | no me contacten
revoke: no me molesten | por favor ya no me manden textos | dejen de molestarme | no me mande más mensajes de texto
revoke: no quiero que me escriban | no envien mas mensages | desuscribirme | pare | No nos envíen más recordatorios
unclear: no puedo dejar de toser | no dejen de escribirme | no cancelen | no cancele mi cita | no quiero cancelar
unclear: no cancelen mi cita por favor | no me envíen a otro terapeuta | no quiero que me manden a otra clínica
unclear: no recibí el mensaje | no me escribieron | no me llegó el mensaje | quítenme de la lista de espera
unclear: no quiero cambiar mi cita | no puedo mover el brazo | cambiar de terapeuta | cambiar el vendaje
unclear: sí pero a las 4 | sí, a las 4 | no puedo, a las 4? | a qué hora es? | Confirmado? | sí? | no puedo esperar
unclear: puedo llevar a mi hijo? | llego tarde | voy tarde | voy a llegar tarde | tengo cáncer | mi cita es hoy?
unclear: cuál es la dirección | hay estacionamiento? | no sé | tal vez | quién es | hola | Buenas tardes | a la 1
unclear: 1 o 2 | llámenme | no me mandaron la dirección | mándenme un mensaje mañana | no hay problema | no puedo más
unclear: tengo cita? | cuándo es mi cita | hora? | cita | está cancelada? | no puedo cancelar | sí y no | ya voy
unclear: ya no tomo la medicina, dejé de tomarla | puedo dejar de tomar la pastilla? | estoy en camino | para mañana?
unclear: no me manden mas tarde | el fin de semana | mi esposa confirma | sí, con Ana | no, el martes | doctora
"""


def rows(table: str) -> Iterator[tuple[str, str]]:
    for line in table.strip().splitlines():
        meaning, _, bodies = line.partition(": ")
        yield from ((body[1:-1] if body.startswith(" ") else body, meaning) for body in bodies.split(" | "))


@pytest.mark.parametrize(("body", "meaning"), rows(ENGLISH))
def test_english_replies_are_understood(body: str, meaning: str) -> None:
    assert meaning_of(body, opted_out=False) == meaning


@pytest.mark.parametrize(("body", "meaning"), rows(SPANISH))
def test_spanish_replies_are_understood(body: str, meaning: str) -> None:
    assert meaning_of(body, opted_out=False) == meaning


def test_each_language_has_its_hundred_and_fifty() -> None:
    assert min(len(list(rows(ENGLISH))), len(list(rows(SPANISH)))) >= 150


@pytest.mark.parametrize("body", ["YES", "yes", " Yes. "])
def test_a_yes_from_a_number_that_opted_out_is_start_as_it_is_for_twilio(body: str) -> None:
    assert meaning_of(body, opted_out=True) == "start"
    assert meaning_of("Confirm", opted_out=True) == "confirm"


@pytest.mark.parametrize(("type_", "meaning"), [("STOP", "stop"), ("HELP", "help"), ("START", "start")])
def test_what_twilio_took_a_text_for_counts(type_: str, meaning: str) -> None:
    assert meaning_of("arret", opted_out=False, opt_out_type=type_) == meaning


@pytest.mark.parametrize("body", ["YES", "Yes", " yes. "])
def test_a_yes_from_a_number_that_gets_texts_is_an_answer_though_twilio_takes_it_for_start(body: str) -> None:
    assert meaning_of(body, opted_out=False, opt_out_type="START") == "yes"


@pytest.mark.parametrize(
    "body",
    [
        "",
        " ",
        "\x00",
        "🙂🙃",
        "?",
        "...",
        "a" * 1700,
        "no " * 900,
        "stop the " * 400,
        "1" * 5000,
        "¿¡",
        "\u202e",
        "yes\u200b no",
    ],
)
def test_odd_texts_are_for_a_person(body: str) -> None:
    assert meaning_of(body, opted_out=False) == "unclear"


def test_a_long_letter_is_for_a_person_even_where_it_says_yes() -> None:
    assert meaning_of("Yes. " * 61, opted_out=False) == "unclear"


def test_a_long_letter_can_revoke() -> None:
    story = "I have told your front desk three times already and nobody listens. " * 6
    assert meaning_of(f"{story}Stop texting me.", opted_out=False) == "revoke"


@settings(max_examples=200, deadline=None)
@given(
    body=st.sampled_from([body for body, _ in (*rows(ENGLISH), *rows(SPANISH)) if "“" not in body]),
    blanks=st.text(" \t\n", max_size=3), capitals=st.booleans(),
)  # fmt: skip
def test_case_and_blanks_change_nothing(body: str, blanks: str, capitals: bool) -> None:
    other = blanks + (body.upper() if capitals else body.lower()) + blanks
    assert meaning_of(other, opted_out=False) == meaning_of(body, opted_out=False)


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=1700))
def test_any_text_has_a_meaning(body: str) -> None:
    meaning_of(body, opted_out=False)
