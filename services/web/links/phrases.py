"""The sentences of the pages behind links: English, then Spanish. Pure.

Neutral: no page that a text leads to names the patient, the physician, or why somebody is treated.
"""

PHRASES: dict[str, tuple[str, str]] = {
    "at": ("at", "a las"),
    "with": ("with {therapist}", "con {therapist}"),
    "at_home": ("at your home", "en su domicilio"),
    "call": ("Call {clinic}", "Llame a {clinic}"),
    "questions": ("Questions? Call", "¿Preguntas? Llame al"),
    "other_language": ("Español", "English"),
    "skip": ("Skip to the page", "Ir al contenido"),
    "calendar": ("Add to your calendar", "Agregar a su calendario"),
    # the visit
    "visit.title": ("Your visit", "Su visita"),
    "visit.confirmed": ("You have confirmed it.", "Usted ya la confirmó."),
    "visit.cancelled": ("This visit is cancelled.", "Esta visita está cancelada."),
    "visit.over": (
        "This visit cannot be changed here any more.",
        "Esta visita ya no se puede cambiar aquí.",
    ),
    "visit.gone": ("This visit does not exist any more.", "Esta visita ya no existe."),
    # another time
    "choose.title": ("Choose another time", "Elegir otro horario"),
    "choose.intro": (
        "Tap a time to move your visit there. Until you do, it stays as it is.",
        "Toque un horario para cambiar su visita. Mientras no lo haga, todo queda como está.",
    ),
    "choose.none": (
        "There is no other time that fits. Try other days or times of day, or call us.",
        "No hay otro horario disponible. Pruebe otros días u horas, o llámenos.",
    ),
    "choose.none_wished": (
        "No time fits these wishes. Try other days or times of day, or call us.",
        "Ningún horario coincide con lo que busca. Pruebe otros días u horas, o llámenos.",
    ),
    "choose.late": (
        "It is less than {hours} hours until this visit. To move it now, please call us.",
        "Faltan menos de {hours} horas para esta visita. Para cambiarla ahora, llámenos por favor.",
    ),
    "choose.meanwhile": (
        "Meanwhile it is too late to move this visit here, so nothing was changed.",
        "Ya es demasiado tarde para cambiar esta visita aquí, así que no se cambió nada.",
    ),
    "choose.intro_until": (
        "You can do so until {hours} hours before the visit.",
        "Puede hacerlo hasta {hours} horas antes de la visita.",
    ),
    "choose.taken": (
        "Somebody took that time a moment ago, so nothing was changed. These are free now.",
        "Alguien acaba de tomar ese horario, así que no se cambió nada. Estos están libres ahora.",
    ),
    "choose.changed": (
        "Your visit was changed since you opened this page, so nothing was done. This is how it stands.",
        "Su visita cambió desde que abrió esta página, así que no se hizo nada. Así está ahora.",
    ),
    "choose.refused": (
        "That time cannot be had any more, so nothing was changed. Choose another, or call us.",
        "Ese horario ya no está disponible, así que no se cambió nada. Elija otro o llámenos.",
    ),
    "moved.title": ("Your visit was moved", "Su visita fue cambiada"),
    "moved.now": ("It is now on", "Ahora es el"),
    "moved.was": ("It was on {day} at {time}.", "Antes era el {day} a las {time}."),
    "moved.undo": ("Take the old time back", "Volver al horario anterior"),
    "moved.undo_note": (
        "This works as long as nobody else has taken it.",
        "Funciona mientras nadie más lo haya tomado.",
    ),
    "moved.again": ("Choose another time", "Elegir otro horario"),
    # cancelling
    "cancel.open": ("I cannot come at all", "No puedo ir a ninguna hora"),
    "cancel.free": (
        "You can cancel this visit now and use it later: it does not count as used. "
        "That holds until {hours} hours before the visit.",
        "Puede cancelar esta visita ahora y usarla más adelante: no se cuenta como usada. "
        "Esto vale hasta {hours} horas antes de la visita.",
    ),
    "cancel.counts": (
        "It is less than {hours} hours until this visit. If you cancel it now, it counts as used.",
        "Faltan menos de {hours} horas para esta visita. Si la cancela ahora, se cuenta como usada.",
    ),
    "cancel.no_harm": (
        "If you cancel this visit now, it does not count as used.",
        "Si cancela esta visita ahora, no se cuenta como usada.",
    ),
    "cancel.do": ("Cancel this visit", "Cancelar esta visita"),
    "cancel.do_counts": ("Cancel, and count it as used", "Cancelar y contarla como usada"),
    "cancel.now_counts": (
        "Meanwhile it is less than {hours} hours until the visit, so nothing was done. Read below what that means.",
        "Ya faltan menos de {hours} horas para la visita, así que no se hizo nada. Lea abajo qué significa.",
    ),
    "cancelled.title": ("Your visit is cancelled", "Su visita está cancelada"),
    "cancelled.returned": (
        "It does not count as used. Call us to find another time for it.",
        "No se cuenta como usada. Llámenos para buscarle otro horario.",
    ),
    "cancelled.forfeited": ("It counts as used.", "Se cuenta como usada."),
    "cancelled.mistake": ("Was it a mistake? Call us soon:", "¿Fue un error? Llámenos pronto:"),
    # a freed time
    "offer.title": ("This time is free for you", "Este horario está libre para usted"),
    "offer.moves": ("If you take it, your visit moves there.", "Si lo acepta, su visita pasa a este horario."),
    "offer.adds": ("If you take it, we book a visit for you.", "Si lo acepta, le reservamos una visita."),
    "offer.by": (
        "Please tell us by {day}, {time}. It goes to whoever answers first.",
        "Díganos antes del {day}, {time}. Es para quien responda primero.",
    ),
    "offer.accept": ("Take this time", "Aceptar este horario"),
    "offer.decline": ("No, thank you", "No, gracias"),
    "offer.taken": ("It is yours", "Es suyo"),
    "offer.declined": (
        "Thank you for telling us. What you have booked stays as it is.",
        "Gracias por avisarnos. Lo que tiene reservado queda como está.",
    ),
    "offer.gone": (
        "This time is no longer free. What you have booked stays as it is.",
        "Este horario ya no está libre. Lo que tiene reservado queda como está.",
    ),
    # wishes
    "wish.open": ("Other days or times of day", "Otros días u horas"),
    "wish.days": ("Days that suit you", "Días que le convienen"),
    "wish.parts": ("Times of day", "Horas del día"),
    "wish.morning": ("Morning", "Mañana"),
    "wish.afternoon": ("Afternoon", "Tarde"),
    "wish.evening": ("From 5 PM", "Desde las 5 p.m."),
    "wish.therapist": ("Therapist", "Terapeuta"),
    "wish.any": ("Anyone", "Cualquiera"),
    "wish.look": ("Look for times", "Buscar horarios"),
    "wish.clear": ("Show all", "Ver todos"),
    # booking a series
    "book.title": ("Book your visits", "Reserve sus visitas"),
    "book.prescribed": (
        "{visits} visits of {minutes} minutes, {often}.",
        "{visits} visitas de {minutes} minutos, {often}.",
    ),
    "book.prescribed_one": ("One visit of {minutes} minutes.", "Una visita de {minutes} minutos."),
    "often.week": ("once a week", "una vez por semana"),
    "often.weeks": ("{times} times a week", "{times} veces por semana"),
    "often.days": ("{times} in {days} days", "{times} en {days} días"),
    "often.every": ("one every {days} days", "una cada {days} días"),
    "book.by": ("To be used by {day}.", "Para usar hasta el {day}."),
    "book.proposal": ("Our proposal", "Nuestra propuesta"),
    "book.nothing_yet": ("Nothing is booked until you tap the button.", "Nada se reserva hasta que toque el botón."),
    "book.other": ("Other times", "Otros horarios"),
    "book.do": ("Book these {visits} visits", "Reservar estas {visits} visitas"),
    "book.do_one": ("Book this visit", "Reservar esta visita"),
    "book.chosen": ("your choice", "su elección"),
    "book.fewer": (
        "With these wishes {fits} of {visits} visits find a place. You can book them now and the others later with "
        "us, or wish for more.",
        "Con estas preferencias caben {fits} de {visits} visitas. Puede reservarlas ahora y las demás después con "
        "nosotros, o ampliar sus preferencias.",
    ),
    "book.none": (
        "No time fits. Try other wishes, or call us: we find one together.",
        "Ningún horario coincide. Pruebe otras preferencias o llámenos: lo buscamos juntos.",
    ),
    "book.taken": (
        "Somebody took one of these times a moment ago, so nothing was booked. This is the best as of now.",
        "Alguien acaba de tomar uno de estos horarios, así que no se reservó nada. Esto es lo mejor ahora.",
    ),
    "book.refused": (
        "These visits cannot be booked like this any more. Look at the proposal again, or call us.",
        "Estas visitas ya no se pueden reservar así. Vea otra vez la propuesta o llámenos.",
    ),
    "book.not_now": (
        "There is nothing to book here at the moment. Please call us.",
        "Por el momento no hay nada que reservar aquí. Por favor, llámenos.",
    ),
    "book.why_call": (
        "We cannot book this online. Please call us, we will gladly help.",
        "No podemos reservar esto en línea. Por favor llámenos, con gusto le ayudamos.",
    ),
    # the series
    "series.title": ("Your visits", "Sus visitas"),
    "series.booked": ("Your visits are booked", "Sus visitas están reservadas"),
    "series.change": ("Need to change something? Call", "¿Necesita cambiar algo? Llame al"),
    "series.after": ("After a visit", "Después de una visita"),
    "series.advice": (
        "Drink water, rest a little, and move gently. You may feel tired or sore for a day or two. "
        "If something worries you, call us, and in an emergency 911.",
        "Beba agua, descanse un poco y muévase con suavidad. Puede sentir cansancio o molestias por un día o dos. "
        "Si algo le preocupa llámenos, y en una emergencia al 911.",
    ),
    "status.booked": ("booked", "reservada"),
    "status.confirmed": ("confirmed", "confirmada"),
    "status.arrived": ("arrived", "presente"),
    "status.completed": ("done", "realizada"),
    "status.cancelled": ("cancelled", "cancelada"),
    "status.missed": ("missed", "perdida"),
    # preferences
    "preferences.title": ("How we write to you", "Cómo le escribimos"),
    "preferences.intro": (
        "You decide how we reach you. Nothing changes until you save.",
        "Usted decide cómo le contactamos. Nada cambia hasta que guarde.",
    ),
    "preferences.text": ("Text messages", "Mensajes de texto"),
    "preferences.text_note": (
        "About your visits, a few a week at most. Message and data rates may apply.",
        "Sobre sus visitas, pocos por semana. Pueden aplicarse tarifas de mensajes y datos.",
    ),
    "preferences.text_stopped": (
        "You answered STOP, so your number receives nothing. Text START to our number to change that.",
        "Usted respondió STOP, así que su número no recibe nada. Envíe START a nuestro número para cambiarlo.",
    ),
    "preferences.email": ("E-mail", "Correo electrónico"),
    "preferences.email_note": (
        "About your visits, with calendar entries.",
        "Sobre sus visitas, con entradas para su calendario.",
    ),
    "preferences.email_note_physician": ("About your referrals.", "Sobre sus referencias."),
    "preferences.neither": (
        "If you allow neither, nobody reminds you of your visits.",
        "Si no permite ninguno, nadie le recordará sus visitas.",
    ),
    "preferences.language": ("Language", "Idioma"),
    "preferences.save": ("Save", "Guardar"),
    "preferences.saved": ("Saved.", "Guardado."),
    "preferences.updates": (
        "How often you get updates is set for each referral: {updates}. To change it, call us or answer any "
        "of our e-mails.",
        "La frecuencia de los informes se fija en cada referencia: {updates}. Para cambiarla, llámenos o responda "
        "a cualquiera de nuestros correos.",
    ),
    "preferences.updates_unknown": (
        "How often you get updates is set for each referral. To change it, call us or answer any of our e-mails.",
        "La frecuencia de los informes se fija en cada referencia. Para cambiarla, llámenos o responda a cualquiera "
        "de nuestros correos.",
    ),
    "updates.every_visit": ("after every visit", "después de cada visita"),
    "updates.midpoint_and_end": ("at the midpoint and the end", "a la mitad y al final"),
    "updates.end": ("at the end", "al final"),
    "updates.exceptions": ("only when something is out of the ordinary", "solo si algo sale de lo común"),
    "updates.none": ("none", "ninguno"),
    # links that are over
    "over.title": ("This link is no longer valid", "Este enlace ya no es válido"),
    "over.advice": (
        "Links end after a while. Please call the practice: it can send you a new one.",
        "Los enlaces caducan con el tiempo. Por favor llame al consultorio: le puede enviar uno nuevo.",
    ),
    "stale.title": ("Nothing was done", "No se hizo nada"),
    "stale.advice": (
        "This page was not up to date. Open the link from our message again, and try once more.",
        "Esta página no estaba al día. Abra otra vez el enlace de nuestro mensaje e inténtelo de nuevo.",
    ),
}
