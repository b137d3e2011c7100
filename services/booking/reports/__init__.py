"""The report of a series for the physician: assembled once, told as JSON, as a page, as a chart and as FHIR."""
