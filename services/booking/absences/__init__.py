"""Therapists who are away and rooms that cannot be used: whom it hits, and when else they could come."""
