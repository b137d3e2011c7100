"""Every column of booking that is sealed."""

from services.chassis.resealing import Place

SEALED = (
    Place("orders", "care"),
    Place("orders", "pressure_ceiling", "once_clear"),
    Place("day_checks", "findings"),
    Place("session_notes", "clinical", "once_clear"),
    Place("session_notes", "note"),
    Place("session_notes", "recommendation"),
    Place("session_notes", "item_9"),
    Place("note_versions", "note"),
    Place("series", "recommendation"),
)
