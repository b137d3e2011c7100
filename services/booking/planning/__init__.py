"""The parts of the series planner; `services.booking.planner` is its front."""
