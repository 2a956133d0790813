use super::*;
use proptest::prelude::*;

fn due(text: &str) -> Due {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn zone(name: &str) -> Zone {
    name.to_owned().try_into().unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

#[test]
fn every_form_has_one_canonical_text() {
    for (given, canonical) in [
        ("2026-03-01", "2026-03-01"),
        ("0001-01-01", "0001-01-01"),
        ("9999-12-31", "9999-12-31"),
        ("2024-02-29", "2024-02-29"),
        ("2026-03-01T09:00:00Z", "2026-03-01T09:00:00Z"),
        ("2026-03-01T09:00Z", "2026-03-01T09:00:00Z"),
        ("2026-03-01T09:00:00.999Z", "2026-03-01T09:00:00Z"),
        ("2026-03-01T09:00:00+01:00", "2026-03-01T08:00:00Z"),
        ("2026-03-01T09:00:00[Europe/Berlin]", "2026-03-01T09:00:00+01:00[Europe/Berlin]"),
        ("2026-03-01T09:00[europe/berlin]", "2026-03-01T09:00:00+01:00[Europe/Berlin]"),
        ("2026-03-01T09:00:00+01:00[Europe/Berlin]", "2026-03-01T09:00:00+01:00[Europe/Berlin]"),
        ("2026-07-01T09:00:00+01:00[Europe/Berlin]", "2026-07-01T09:00:00+02:00[Europe/Berlin]"),
        ("2026-03-01T09:00:00Z[Europe/Berlin]", "2026-03-01T10:00:00+01:00[Europe/Berlin]"),
        ("2026-03-29T02:30:00[Europe/Berlin]", "2026-03-29T03:30:00+02:00[Europe/Berlin]"),
        ("2026-10-25T02:30:00[Europe/Berlin]", "2026-10-25T02:30:00+02:00[Europe/Berlin]"),
        ("2026-10-25T02:30:00+01:00[Europe/Berlin]", "2026-10-25T02:30:00+01:00[Europe/Berlin]"),
        ("2026-03-01T09:00:00.5[UTC]", "2026-03-01T09:00:00+00:00[UTC]"),
    ] {
        assert_eq!(due(given).to_string(), canonical, "{given}");
        assert_eq!(due(canonical), due(given), "{given}");
        assert_eq!(serde_json::to_value(due(given)).unwrap(), canonical);
    }
}

#[test]
fn what_says_no_time_is_refused_and_told_why() {
    use NotADue::{Calendar, Form, Nowhere};
    for (text, why) in [
        ("", Form),
        ("tomorrow", Form),
        ("20260301", Form),
        ("2026-W09-7", Form),
        ("2026-3-1", Form),
        ("+012026-03-01", Form),
        ("10000-01-01", Form),
        ("-0001-01-01", Form),
        ("2026-03-01 09:00:00Z", Form),
        ("2026-03-01T09Z", Form),
        ("2026-03-01T09:00:00.Z", Form),
        ("2026-03-01T09:00:00.1234567890Z", Form),
        ("2026-03-01T09:00:00+1", Form),
        ("2026-03-01[Europe/Berlin]", Form),
        ("2026-03-01T09:00:00Z[Europe/Berlin][u-ca=hebrew]", NotADue::Zone),
        ("２０２６-03-01", Form),
        ("2026-03-01T09:00:00", Nowhere),
        ("2026-03-01T09:00:00[Mars/Olympus]", NotADue::Zone),
        ("2026-03-01T09:00:00[+01:00]", NotADue::Zone),
        ("2026-03-01T09:00:00[]", NotADue::Zone),
        ("0000-01-01", Calendar),
        ("2026-02-29", Calendar),
        ("2026-13-01", Calendar),
        ("2026-03-01T24:00:00Z", Calendar),
        ("2026-03-01T09:00:00+99:00", Calendar),
        ("0001-01-01T00:00:00+01:00", Calendar),
        ("9999-12-31T23:00:00[Europe/Berlin]", Calendar),
    ] {
        assert_eq!(text.parse::<Due>(), Err(why), "{text}");
    }
}

#[test]
fn a_day_is_over_when_it_ends_where_the_owner_is() {
    let (day, auckland, los_angeles) =
        (due("2026-03-01"), zone("Pacific/Auckland"), zone("America/Los_Angeles"));
    assert_eq!(day.ends(&auckland), at("2026-03-01T11:00:00Z"));
    assert!(!day.is_overdue(at("2026-03-02T07:59:59Z"), &los_angeles));
    assert!(day.is_overdue(at("2026-03-02T08:00:00Z"), &los_angeles));
    assert_eq!(day.begins(&los_angeles), at("2026-03-01T08:00:00Z"));
    // Their clocks skip from midnight to one: the day begins then. It never had a 30th of December.
    assert_eq!(due("2018-11-04").begins(&zone("America/Sao_Paulo")), at("2018-11-04T03:00:00Z"));
    assert_eq!(due("2011-12-29").ends(&zone("Pacific/Apia")), at("2011-12-30T10:00:00Z"));
    assert_eq!(due("9999-12-31").ends(&auckland), Timestamp::MAX);
}

#[test]
fn a_time_falls_on_the_day_that_the_calendar_shows_there() {
    let time = due("2026-03-01T23:30:00[America/New_York]");
    assert_eq!(time.day_in(&zone("America/New_York")).to_string(), "2026-03-01");
    assert_eq!(time.day_in(&zone("Europe/Berlin")).to_string(), "2026-03-02");
    assert_eq!(due("2026-03-01").day_in(&zone("Pacific/Auckland")).to_string(), "2026-03-01");
    assert!(due("2026-03-01T09:00:00[Europe/Berlin]") != due("2026-03-01T09:00:00[Europe/Vienna]"));
}

proptest! {
    #[test]
    fn what_reads_as_due_reads_back(text in "[0-9TZ:+\\-\\[\\]./a-zUC]{0,40}") {
        if let Ok(due) = text.parse::<Due>() {
            prop_assert_eq!(due.to_string().parse::<Due>(), Ok(due));
        }
    }

    #[test]
    fn keys_sort_as_ends_do(one in any_due(), other in any_due(), place in any_zone()) {
        let keys = one.as_sort_key(&place).cmp(&other.as_sort_key(&place));
        let ends = one.ends(&place).as_second().cmp(&other.ends(&place).as_second());
        prop_assert_eq!(keys, ends);
        prop_assert_eq!(one.to_string().parse::<Due>(), Ok(one.clone()));
        prop_assert!(one.begins(&place) <= one.ends(&place));
        prop_assert!(one.as_sort_key(&place).len() == 16);
    }
}

pub(crate) fn any_zone() -> impl Strategy<Value = Zone> {
    let zones = [
        "UTC",
        "Europe/Berlin",
        "America/New_York",
        "Pacific/Auckland",
        "Australia/Lord_Howe",
        "Asia/Kathmandu",
    ];
    prop::sample::select(zones.to_vec()).prop_map(zone)
}

pub(crate) fn any_due() -> impl Strategy<Value = Due> {
    // Whole years 1900 to 2100, and the hours around the clock changes of some.
    let near =
        prop::sample::select(vec!["2026-03-29", "2026-10-25", "2026-03-08", "2024-02-29", "2023-12-31"]);
    let near = near
        .prop_map(|day| day.parse::<Date>().unwrap().to_zoned(jiff::tz::TimeZone::UTC).unwrap().timestamp());
    let second = prop_oneof![
        -2_208_988_800i64..4_102_444_800,
        (near, -100_000i64..200_000).prop_map(|(t, s)| t.as_second() + s)
    ];
    let moment = second.prop_map(|second| Timestamp::from_second(second).unwrap());
    (moment, any_zone(), 0..3).prop_map(|(moment, zone, form)| match form {
        0 => Due::Day(zone.to_datetime(moment).date()),
        1 => due(&moment.to_zoned(zone.into()).to_string()),
        _ => Due::Moment(moment),
    })
}
