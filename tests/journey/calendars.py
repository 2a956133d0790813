"""A calendar app, which has an address and no key."""

from datetime import date, datetime, timezone

from icalendar import Calendar

from .calls import call, require
from .world import step

TITLE = "Milk; eggs, \\n and\nBEGIN:VEVENT\nSUMMARY:日本語 🥛 " + "x" * 80


@step()
def a_calendar_app_reads_what_is_due_by_an_address(journey):
    day, time = date(2031, 2, 28), "2031-02-28T09:30:00Z"
    journey.api.make_task(TITLE, due=str(day), labels=["calendar"])
    journey.api.make_task("A call", due=time, labels=["calendar"])
    journey.api.make_task("Elsewhere", due=time, description="SECRET")
    grant = [{"resource": "tasks", "actions": ["read"], "only": {"tags": ["calendar"]}}]
    phone = journey.connect("mcp", grant=grant)
    with phone.agent("2026-07-28") as agent:
        address = agent.use("sync_with_calendar")["address"]
    feed = call("GET", address).expect(200)
    feed.require(feed.headers.get_content_type() == "text/calendar", "a calendar expected")
    events = {str(event["SUMMARY"]): event for event in Calendar.from_ical(feed.body).events}
    require(set(events) == {TITLE, "A call"}, f"other events: {set(events)}")
    require(events[TITLE]["DTSTART"].dt == day, "all of that day expected")
    require(events["A call"]["DTSTART"].dt == datetime(2031, 2, 28, 9, 30, tzinfo=timezone.utc), "that time expected")
    require(call("GET", address, headers={"If-None-Match": feed.headers["ETag"]}).status == 304, "nothing new")
    call("GET", address.replace("/v1/calendars/", "/v1/calendars/A")).problem(404)
    journey.revoke(phone)
    call("GET", address).problem(401)
