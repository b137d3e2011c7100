"""What can be chosen on the printed forms: code → as printed. Pure."""

from __future__ import annotations

Choices = tuple[tuple[str, str], ...]
"""(code, as printed)"""

YES_NO: Choices = (("yes", "yes"), ("no", "no"))
SEXES: Choices = (("female", "female"), ("male", "male"))
DELIVERIES: Choices = (("email", "e-mail"), ("fax", "fax"))
MINUTES: Choices = (("15", "15"), ("30", "30"), ("45", "45"))
UPDATES: Choices = (
    ("none", "none"),
    ("every_visit", "after every visit"),
    ("midpoint_and_end", "midpoint and end"),
    ("end", "at the end"),
    ("exceptions", "only exceptions"),
)
CLAIMS: Choices = (
    ("motor_vehicle", "motor-vehicle accident"),
    ("workers_compensation", "workers' compensation"),
    ("major_medical", "major medical"),
    ("private", "private"),
)
PRESSURES: Choices = (
    ("1", "1 light lotioning"),
    ("2", "2 heavy lotioning"),
    ("3", "3 medium, muscles move"),
    ("4", "4 strong, deep"),
    ("5", "5 deep, elbow"),
)
DECISIONS: Choices = (
    ("cleared", "cleared"),
    ("cleared_with_modifications", "cleared with modifications"),
    ("not_advised", "not advised"),
)
