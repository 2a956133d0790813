use super::*;

fn rule(text: &str) -> Recurrence {
    text.parse().unwrap_or_else(|wrong| panic!("{text}: {wrong}"))
}

fn zone(name: &str) -> Zone {
    name.to_owned().try_into().unwrap()
}

/// All that come, each done as soon as it is there.
fn all(text: &str, first: &str, most: usize) -> Vec<String> {
    let (mut rule, mut due, berlin) = (rule(text), first.parse::<Due>().unwrap(), zone("Europe/Berlin"));
    let mut all = vec![due.to_string()];
    while all.len() < most
        && let Some(next) = rule.next(&due, due.begins(&berlin), &berlin, Weekday::Monday)
    {
        (rule, due) = (next.recurrence, next.due);
        all.push(due.to_string());
    }
    all
}

#[test]
fn rules_read_in_any_order_and_have_one_canonical_text() {
    for (given, canonical) in [
        ("RRULE:FREQ=DAILY", "FREQ=DAILY"),
        ("INTERVAL=1;FREQ=DAILY", "FREQ=DAILY"),
        ("BYDAY=FR,MO,FR;FREQ=WEEKLY;INTERVAL=2", "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,FR"),
        ("FREQ=MONTHLY;BYDAY=-1FR,+1MO,TU,2MO", "FREQ=MONTHLY;BYDAY=TU,1MO,2MO,-1FR"),
        ("FREQ=MONTHLY;BYMONTHDAY=-1,15,1;COUNT=007", "FREQ=MONTHLY;BYMONTHDAY=1,15,-1;COUNT=7"),
        ("FREQ=DAILY;INTERVAL=366;UNTIL=20280229", "FREQ=DAILY;INTERVAL=366;UNTIL=20280229"),
        ("FREQ=DAILY;UNTIL=20261231T170000Z", "FREQ=DAILY;UNTIL=20261231T170000Z"),
        ("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13"),
        ("FREQ=DAILY;COUNT=1000", "FREQ=DAILY;COUNT=1000"),
    ] {
        assert_eq!(rule(given).to_string(), canonical);
        assert_eq!(rule(canonical), rule(given));
    }
}

#[test]
fn everything_else_is_refused_with_what_there_is() {
    for text in [
        "",
        "daily",
        "FREQ=",
        "FREQ=YEARLY",
        "FREQ=HOURLY",
        "freq=daily",
        "INTERVAL=2",
        "FREQ=DAILY;",
        "FREQ=DAILY;;COUNT=1",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=367",
        "FREQ=DAILY;INTERVAL=+2",
        "FREQ=DAILY;INTERVAL=-1",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=1001",
        "FREQ=DAILY;COUNT=2;UNTIL=20261231",
        "FREQ=DAILY;UNTIL=20260230",
        "FREQ=DAILY;UNTIL=2026-12-31",
        "FREQ=DAILY;UNTIL=20261231T170000",
        "FREQ=DAILY;UNTIL=00001231",
        "FREQ=DAILY;UNTIL=20261231T170000ZZ",
        "FREQ=DAILY;BYDAY=MO",
        "FREQ=DAILY;BYMONTHDAY=1",
        "FREQ=WEEKLY;BYDAY=1MO",
        "FREQ=WEEKLY;BYMONTHDAY=1",
        "FREQ=WEEKLY;BYDAY=",
        "FREQ=WEEKLY;BYDAY=XX",
        "FREQ=WEEKLY;BYDAY=MO,",
        "FREQ=MONTHLY;BYDAY=0MO",
        "FREQ=MONTHLY;BYDAY=6MO",
        "FREQ=MONTHLY;BYDAY=-6MO",
        "FREQ=MONTHLY;BYMONTHDAY=0",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTHDAY=-2",
        "FREQ=WEEKLY;WKST=MO",
        "FREQ=MONTHLY;BYSETPOS=1;BYDAY=MO",
        "DTSTART:20260101\nRRULE:FREQ=DAILY",
        "FREQ=WEEKLY;BYDAY=ÄÖ",
        "EXRULE:FREQ=DAILY",
    ] {
        let wrong = text.parse::<Recurrence>().expect_err(text);
        assert!(wrong.contains("; supported are FREQ=DAILY, WEEKLY or MONTHLY;"), "{text}: {wrong}");
    }
    assert!(format!("FREQ=MONTHLY;BYMONTHDAY=1{}", ",1".repeat(300)).parse::<Recurrence>().is_err());
}

#[test]
fn the_examples_of_the_standard_come_out_as_it_says() {
    assert_eq!(all("FREQ=DAILY;COUNT=3", "1997-09-02", 9), ["1997-09-02", "1997-09-03", "1997-09-04"]);
    assert_eq!(
        all("FREQ=WEEKLY;INTERVAL=2;UNTIL=19971224T000000Z;BYDAY=MO,WE,FR", "1997-09-01", 6),
        ["1997-09-01", "1997-09-03", "1997-09-05", "1997-09-15", "1997-09-17", "1997-09-19"]
    );
    assert_eq!(
        all("FREQ=MONTHLY;COUNT=4;BYDAY=1FR", "1997-09-05", 9),
        ["1997-09-05", "1997-10-03", "1997-11-07", "1997-12-05"]
    );
    assert_eq!(
        all("FREQ=MONTHLY;INTERVAL=2;COUNT=5;BYDAY=1SU,-1SU", "1997-09-07", 9),
        ["1997-09-07", "1997-09-28", "1997-11-02", "1997-11-30", "1998-01-04"]
    );
    assert_eq!(
        all("FREQ=MONTHLY;BYMONTHDAY=1,-1", "1997-09-30", 4),
        ["1997-09-30", "1997-10-01", "1997-10-31", "1997-11-01"]
    );
    assert_eq!(
        all("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", "1998-02-13", 4),
        ["1998-02-13", "1998-03-13", "1998-11-13", "1999-08-13"]
    );
}

#[test]
fn months_without_the_day_and_times_that_clocks_skip_are_left_out() {
    assert_eq!(
        all("FREQ=MONTHLY", "2026-01-31", 4),
        ["2026-01-31", "2026-03-31", "2026-05-31", "2026-07-31"]
    );
    assert_eq!(all("FREQ=MONTHLY;INTERVAL=12", "2024-02-29", 3), ["2024-02-29", "2028-02-29", "2032-02-29"]);
    assert_eq!(
        all("FREQ=DAILY", "2026-03-28T02:30:00[Europe/Berlin]", 3),
        ["28T02:30:00+01:00", "30T02:30:00+02:00", "31T02:30:00+02:00"]
            .map(|t| format!("2026-03-{t}[Europe/Berlin]"))
    );
    // A moment keeps to the clocks of the owner, here in Berlin.
    assert_eq!(
        all("FREQ=WEEKLY;COUNT=2", "2026-10-24T07:00:00Z", 3),
        ["2026-10-24T07:00:00Z", "2026-10-31T08:00:00Z"]
    );
    assert_eq!(all("FREQ=MONTHLY;BYMONTHDAY=1;BYDAY=2MO", "2026-01-01", 3), ["2026-01-01"], "never again");
    assert_eq!(all("FREQ=MONTHLY;INTERVAL=12;BYMONTHDAY=31", "2026-02-28", 3), ["2026-02-28"], "never again");
    assert_eq!(all("FREQ=DAILY;INTERVAL=366", "9999-06-01", 3), ["9999-06-01"], "the calendar ends");
}

#[test]
fn what_was_missed_is_passed_over_but_counts() {
    let (berlin, monday) = (zone("Europe/Berlin"), "2026-01-05".parse::<Due>().unwrap());
    let done = "2026-01-07T11:00:00Z".parse().unwrap();
    let next = rule("FREQ=DAILY;COUNT=9").next(&monday, done, &berlin, Weekday::Monday).unwrap();
    assert_eq!(
        (next.due.to_string(), next.recurrence),
        ("2026-01-08".to_owned(), rule("FREQ=DAILY;COUNT=6"))
    );
    assert_eq!(rule("FREQ=DAILY;COUNT=3").next(&monday, done, &berlin, Weekday::Monday), None);
    let early = "2025-12-01T00:00:00Z".parse().unwrap();
    let next = rule("FREQ=WEEKLY").next(&monday, early, &berlin, Weekday::Monday).unwrap();
    assert_eq!(next.due.to_string(), "2026-01-12", "done early, it comes in its own time all the same");
    let time = "2026-01-05T18:00:00[Europe/Berlin]".parse().unwrap();
    let next = rule("FREQ=DAILY").next(&time, done, &berlin, Weekday::Monday).unwrap();
    assert_eq!(next.due.to_string(), "2026-01-07T18:00:00+01:00[Europe/Berlin]", "still to come today");
    let midnight = "2026-01-05T23:00:00Z".parse().unwrap();
    let next = rule("FREQ=DAILY").next(&monday, midnight, &berlin, Weekday::Monday).unwrap();
    assert_eq!(next.due.to_string(), "2026-01-07", "what has begun is not still to come");
    // Two thousand years late.
    let next = rule("FREQ=DAILY;INTERVAL=7")
        .next(&"0001-01-01".parse().unwrap(), done, &berlin, Weekday::Monday)
        .unwrap();
    assert_eq!(next.due.to_string(), "2026-01-12");
}

#[test]
fn every_other_week_counts_weeks_as_the_owner_does() {
    let (utc, sunday) = (Zone::UTC, "2026-01-04".parse::<Due>().unwrap());
    let next =
        |week| rule("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,MO").next(&sunday, sunday.begins(&utc), &utc, week);
    assert_eq!(next(Weekday::Sunday).unwrap().due.to_string(), "2026-01-05");
    assert_eq!(next(Weekday::Monday).unwrap().due.to_string(), "2026-01-12");
}
