"""Visits as calendars know them (RFC 5545, 5546, 7986): feeds to subscribe to, and objects for one visit."""
