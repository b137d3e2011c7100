"""Whose form it is, and how it gets back to them. Pure."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Letterhead:
    upload_at: str
    """The page where a form is sent back."""
    name: str = ""
    address: str = ""
    phone: str = ""
    """As it is said on paper."""
    email: str = ""

    @property
    def reached(self) -> str:
        return "  ·  ".join(part for part in (self.address, self.phone, self.email) if part)

    def how_to(self) -> tuple[str, ...]:
        """For the physician's office."""
        return (
            f"1.  Fill it in on the screen, save it, and upload the file at {self.upload_at}; or",
            "     print it, fill it in with a black pen, sign it, and give it to the patient.",
            "2.  Fields with * are always needed; the practice asks for what else is left open.",
            "3.  The square stands for this one sheet and is good once: take a new form for each patient.",
        )


TO_THE_PATIENT = "For the patient: please bring this sheet to your first visit."
AL_PACIENTE = "Para el paciente: por favor, traiga esta hoja a su primera visita."
