"""What goes in and out over HTTP, area by area."""
