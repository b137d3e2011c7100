"""Every column of notify that is sealed."""

from services.chassis.resealing import Place

SEALED = (
    Place("contacts", "name"),
    Place("contacts", "phone"),
    Place("contacts", "email"),
    Place("contacts", "fax"),
    Place("contacts", "practice"),
    Place("attempts", "address"),
    Place("callbacks", "content"),
    Place("replies", "body"),
)
