"""A booked series gets other times: one visit, the rest, or all that an absence hits."""
