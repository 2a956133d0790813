use super::*;
use crate::id::TaskId;
use crate::when_due::tests::any_zone;
use proptest::prelude::*;
use serde_json::{Value, json};

const AREA: LifeAreaId = LifeAreaId::from_bytes([1; 16]);

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn done(at: &str, more: Value) -> SeenTask {
    let mut task =
        json!({ "id": TaskId::from_bytes([0; 16]), "version": 1, "status": "completed", "completed_at": at });
    task.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(task).unwrap()
}

fn zone(name: &str) -> Zone {
    name.to_owned().try_into().unwrap()
}

#[test]
fn days_are_those_of_the_owner() {
    let late = [done("2026-03-02T07:30:00Z", json!({}))];
    let now = at("2026-03-02T12:00:00Z");
    let there = Progress::of(&late, Period::Week, now, &zone("America/Los_Angeles"));
    assert_eq!(there.days.len(), 7);
    assert_eq!(there.days.iter().find(|day| day.sum.completed == 1).unwrap().date.to_string(), "2026-03-01");
    let here = Progress::of(&late, Period::Week, now, &zone("Europe/Berlin"));
    assert_eq!(here.days.last().unwrap().date.to_string(), "2026-03-02");
    assert_eq!(here.days.last().unwrap().sum.completed, 1);
}

#[test]
fn sums_estimates_and_the_period_before() {
    let tasks = [
        done(
            "2026-03-10T08:00:00Z",
            json!({ "estimated_minutes": 30, "actual_minutes": 45, "life_area_id": AREA }),
        ),
        done("2026-03-10T09:00:00Z", json!({ "estimated_minutes": 10, "life_area_id": AREA })),
        done("2026-03-04T00:00:00Z", json!({ "actual_minutes": 5 })),
        done("2026-03-03T23:59:59Z", json!({ "estimated_minutes": 60, "actual_minutes": 30 })),
        done("2026-02-24T23:59:59Z", json!({})),
        done("2026-03-11T00:00:00Z", json!({})),
        done("2026-03-09T00:00:00Z", json!({ "status": "pending" })),
        done("2026-03-09T00:00:00Z", json!({ "completed_at": null })),
    ];
    let progress = Progress::of(&tasks, Period::Week, at("2026-03-10T12:00:00Z"), &Zone::UTC);
    assert_eq!(progress.this.sum, Sum { completed: 3, minutes: 50 });
    assert_eq!(
        (progress.this.since.to_string(), progress.this.until.to_string()),
        ("2026-03-04".into(), "2026-03-10".into())
    );
    let accuracy = Accuracy { tasks: 1, estimated_minutes: 30, actual_minutes: 45, ratio: 1.5 };
    assert_eq!(progress.this.estimates, Some(accuracy));
    assert_eq!(progress.before.sum, Sum { completed: 1, minutes: 30 });
    assert_eq!(progress.before.estimates.unwrap().ratio, 0.5);
    assert_eq!(
        (progress.before.since.to_string(), progress.before.until.to_string()),
        ("2026-02-25".into(), "2026-03-03".into())
    );
    let [most, least] = progress.life_areas[..] else { panic!("{:?}", progress.life_areas) };
    assert_eq!((most.life_area_id, most.sum), (Some(AREA), Sum { completed: 2, minutes: 45 }));
    assert_eq!((least.life_area_id, least.sum.completed), (None, 1));
    let none = Progress::of(&[], Period::Year, at("2026-03-10T12:00:00Z"), &Zone::UTC);
    assert_eq!((none.days.len(), none.streak, none.this.estimates), (365, Streak::default(), None));
}

#[test]
fn a_streak_holds_until_a_day_has_passed_without() {
    let days = ["2026-03-01", "2026-03-02", "2026-03-03", "2026-03-07", "2026-03-08"];
    let tasks = days.map(|day| done(&format!("{day}T12:00:00Z"), json!({})));
    let streak = |now: &str| {
        let Streak { current, longest } = Progress::of(&tasks, Period::Week, at(now), &Zone::UTC).streak;
        (current, longest)
    };
    assert_eq!(streak("2026-03-08T23:00:00Z"), (2, 3));
    assert_eq!(streak("2026-03-09T23:59:59Z"), (2, 3));
    assert_eq!(streak("2026-03-10T00:00:00Z"), (0, 3));
    assert_eq!(streak("2026-03-03T12:00:00Z"), (3, 3), "what lies ahead counts for nothing");
}

proptest! {
    #[test]
    fn days_and_areas_add_up_to_the_whole(
        hours in prop::collection::vec((0i64..24 * 800, 0u32..500, any::<bool>()), 0..60), place in any_zone()
    ) {
        let now = at("2026-03-29T12:00:00Z");
        let tasks: Vec<_> = hours.iter().map(|(ago, minutes, area)| {
            let when = now - jiff::SignedDuration::from_hours(*ago);
            done(&when.to_string(), json!({ "actual_minutes": minutes, "life_area_id": area.then_some(AREA) }))
        }).collect();
        for period in [Period::Week, Period::Month, Period::Quarter, Period::Year] {
            let progress = Progress::of(&tasks, period, now, &place);
            prop_assert_eq!(progress.days.len(), usize::try_from(period.days()).unwrap());
            prop_assert!(progress.days.is_sorted_by_key(|day| day.date));
            let sum = |sums: &mut dyn Iterator<Item = Sum>| sums.fold((0, 0), |(c, m), s| (c + s.completed, m + s.minutes));
            let whole = (progress.this.sum.completed, progress.this.sum.minutes);
            prop_assert_eq!(sum(&mut progress.days.iter().map(|day| day.sum)), whole);
            prop_assert_eq!(sum(&mut progress.life_areas.iter().map(|share| share.sum)), whole);
            prop_assert!(progress.streak.current <= progress.streak.longest);
            let two = progress.this.sum.completed + progress.before.sum.completed;
            let seen = tasks.iter().filter(|task| {
                let day = place.to_datetime(task.completed_at.unwrap()).date();
                (place.to_datetime(now).date() - day).get_days() < 2 * period.days()
            });
            prop_assert_eq!(seen.count() as u64, two);
            prop_assert!(Period::looks_back_to(now, &place) <= progress.before.since.to_zoned(place.clone().into()).unwrap().timestamp());
        }
    }
}
