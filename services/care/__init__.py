"""What the clinic knows about care: contraindications, measures, units.

Plain data and pure rules, used by more than one service.
"""

from services.care.certifications import certifications_needed

__all__ = ["certifications_needed"]
