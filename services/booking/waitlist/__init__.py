"""Who waits for a time, and to whom one that became free is offered."""
