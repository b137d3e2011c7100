"""Every column of referrals that is sealed."""

from services.chassis.resealing import Place

SEALED = (
    Place("patients", "contact"),
    Place("physicians", "contact"),
    Place("physician_proposals", "contact"),
    Place("referrals", "clinical"),
    Place("referrals", "review"),
    Place("referral_versions", "terms"),
    Place("documents", "content", "large"),
)
