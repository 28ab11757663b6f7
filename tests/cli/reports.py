"""Reads a report on stdin as its consumers do, and prints what it found as JSON. The argument names the format."""

import json
import sys

text = sys.stdin.read()


def metrics():
    from prometheus_client.parser import text_string_to_metric_families

    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    return [{"name": sample.name, "labels": sample.labels, "value": sample.value} for sample in samples]


def calendar():
    from icalendar import Calendar

    read = Calendar.from_ical(text)
    events = [
        {
            "uid": str(event["UID"]),
            "summary": str(event["SUMMARY"]),
            "description": str(event["DESCRIPTION"]),
            "start": event["DTSTART"].dt.isoformat(),
            "alarms": [alarm["TRIGGER"].dt.total_seconds() / 86400 for alarm in event.walk("VALARM")],
            "errors": [str(error) for error in event.errors],
        }
        for event in read.walk("VEVENT")
    ]
    return {"version": str(read["VERSION"]), "errors": [str(error) for error in read.errors], "events": events}


print(json.dumps({"metrics": metrics, "calendar": calendar}[sys.argv[1]]()))
