//! The rules once more, said by looking at one day after the other.

use super::*;
use crate::when_due::tests::{any_due, any_zone};
use jiff::SignedDuration;
use proptest::prelude::*;

/// For how long the model looks.
const YEARS: i64 = 10;

fn model(rule: &Recurrence, after: &Due, done: Timestamp, owner: &Zone, week: Weekday) -> Option<Due> {
    let (local, mut count) = (after.local(owner), 1);
    let first = local.date();
    let begin = |day: Date| (0..7).map(|back| day - back.days()).find(|day| day.weekday() == week).unwrap();
    let months = |day: Date| i64::from(day.year()) * 12 + i64::from(day.month());
    let mut day = first;
    for _ in 0..YEARS * 366 {
        day = day.tomorrow().ok()?;
        let since = match rule.every {
            Every::Day => i64::from((day - first).get_days()),
            Every::Week => i64::from((begin(day) - begin(first)).get_days() / 7),
            Every::Month => months(day) - months(first),
        };
        if since % i64::from(rule.interval) != 0 {
            continue;
        }
        let of_month: Vec<_> =
            (1..=day.days_in_month()).map(|nth| Date::new(day.year(), day.month(), nth).unwrap()).collect();
        let named = |by: &ByDay| {
            let alike: Vec<_> = of_month.iter().filter(|other| other.weekday() == by.weekday).collect();
            let nth = |nth: i8| match nth {
                1.. => alike.get(usize::try_from(nth - 1).unwrap()),
                _ => alike.iter().rev().nth(usize::try_from(-nth - 1).unwrap()),
            };
            by.weekday == day.weekday() && by.nth.is_none_or(|n| nth(n).is_some_and(|found| **found == day))
        };
        let numbered = |nth: &i8| *nth == day.day() || *nth == -1 && day.tomorrow().unwrap().day() == 1;
        let (by_day, by_number) = (&rule.by_day, &rule.by_month_day);
        let fits = match rule.every {
            Every::Day => true,
            Every::Week if by_day.is_empty() => day.weekday() == first.weekday(),
            Every::Month if by_day.is_empty() && by_number.is_empty() => day.day() == first.day(),
            _ => {
                (by_day.is_empty() || by_day.iter().any(named))
                    && (by_number.is_empty() || by_number.iter().any(numbered))
            }
        };
        let then = local.with().date(day).build().unwrap();
        let shown = |zone: &jiff::tz::TimeZone| {
            let time = then.to_zoned(zone.clone()).unwrap();
            (time.datetime() == then).then_some(time)
        };
        let due = match after {
            Due::Day(_) => Some(Due::Day(day)),
            Due::At(time) => shown(time.time_zone()).map(Due::At),
            Due::Moment(_) => shown(owner).map(|time| Due::Moment(time.timestamp())),
        };
        let Some(due) = due.filter(|_| fits) else { continue };
        count += 1;
        let over = match rule.end {
            End::Never => false,
            End::Count(most) => count > most,
            End::Day(last) => day > last,
            End::Moment(last) if matches!(due, Due::Day(_)) => day > owner.to_datetime(last).date(),
            End::Moment(last) => due.ends(owner) > last,
        };
        if over {
            return None;
        }
        if due.begins(owner) > done {
            return Some(due);
        }
    }
    None
}

fn any_rule() -> impl Strategy<Value = Recurrence> {
    let weekdays = || prop::sample::subsequence(vec!["MO", "TU", "WE", "TH", "FR", "SA", "SU"], 0..4);
    let nths = prop::sample::subsequence(vec!["1MO", "5FR", "-1SU", "-5TU", "3WE", "TH"], 0..3);
    let numbers = prop::sample::subsequence(vec!["1", "13", "29", "30", "31", "-1"], 0..3);
    let every = prop_oneof![
        Just("FREQ=DAILY".to_owned()),
        weekdays().prop_map(|days| part("FREQ=WEEKLY", "BYDAY", &days)),
        (nths, numbers).prop_map(|(days, numbers)| part(
            &part("FREQ=MONTHLY", "BYDAY", &days),
            "BYMONTHDAY",
            &numbers
        )),
    ];
    let interval = prop_oneof![Just(1), 1..4u16, 1..=366u16];
    let end = prop_oneof![
        Just(String::new()),
        (1..30u16).prop_map(|count| format!(";COUNT={count}")),
        (2020..2060i16, 1..13i8, 1..29i8).prop_map(|(y, m, d)| format!(";UNTIL={y}{m:02}{d:02}")),
        (2020..2060i16, 0..24i8).prop_map(|(y, h)| format!(";UNTIL={y}0329T{h:02}0000Z")),
    ];
    (every, interval, end)
        .prop_map(|(every, interval, end)| format!("{every};INTERVAL={interval}{end}").parse().unwrap())
}

fn part(rule: &str, name: &str, values: &[&str]) -> String {
    if values.is_empty() { rule.to_owned() } else { format!("{rule};{name}={}", values.join(",")) }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn next_is_what_looking_at_each_day_finds(
        rule in any_rule(), after in any_due(), late in prop_oneof![-9i64..30, 0..1_500i64], owner in any_zone(),
        week in (0..7i8).prop_map(|nth| Weekday::from_monday_zero_offset(nth).unwrap()),
    ) {
        let done = after.begins(&owner) + SignedDuration::from_hours(late * 24 + 5);
        let next = rule.next(&after, done, &owner, week);
        prop_assert_eq!(rule.to_string().parse::<Recurrence>(), Ok(rule.clone()));
        let expected = model(&rule, &after, done, &owner, week);
        let soon = after.begins(&owner) + SignedDuration::from_hours(24 * 365 * YEARS);
        if expected.is_some() || next.as_ref().is_none_or(|next| next.due.begins(&owner) < soon) {
            prop_assert_eq!(next.map(|next| next.due), expected);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in "(RRULE:)?([A-Z]{0,10}=?[-+0-9A-Z,]{0,8};?){0,5}") {
        if let Ok(rule) = text.parse::<Recurrence>() {
            prop_assert_eq!(rule.to_string().parse(), Ok(rule));
        }
    }
}
