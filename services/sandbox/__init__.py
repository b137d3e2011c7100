"""A stand-in for Twilio and SendGrid: demos, development, tests. What it is given stays on the machine."""
