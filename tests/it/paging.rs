//! A list goes on where its last page ended, whatever is written meanwhile, and where no other list's did.

use crate::filters::{furnished, made, refused, walked};
use crate::harness::House;
use serde_json::{Value, json};
use std::collections::BTreeSet;

#[tokio::test]
async fn a_cursor_holds_for_one_list() {
    let (house, key, [_, goal, _]) = furnished().await;
    let lists = [
        "/v1/tasks?".to_owned(),
        "/v1/tasks?sort=created".to_owned(),
        "/v1/tasks?status=open".to_owned(),
        "/v1/tasks?status=pending".to_owned(),
        "/v1/tasks?sort=due".to_owned(),
        "/v1/tasks?due_after=2027-01-14".to_owned(),
        "/v1/tasks?due_after=2027-01-14&time_zone=Europe/Vienna".to_owned(),
        format!("/v1/tasks?goal_id={goal}"),
    ];
    let mut cursors = Vec::new();
    for list in &lists {
        let page = house.call("GET", &format!("{list}&limit=1"), &key, None).await;
        cursors.push(page.text("/next_cursor"));
    }
    for (at, list) in lists.iter().enumerate() {
        for (of, cursor) in cursors.iter().enumerate() {
            let answer = house.call("GET", &format!("{list}&limit=1&cursor={cursor}"), &key, None).await;
            match at == of {
                true => assert_eq!(answer.status, 200, "{list}"),
                false => drop(refused(&answer, "?cursor")),
            }
        }
    }
    // The same list, said otherwise.
    let same = format!("/v1/tasks?limit=1&status=doing,todo,blocked&cursor={}", cursors[2]);
    assert_eq!(house.call("GET", &same, &key, None).await.status, 200);
}

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn task(&mut self) -> Value {
        let status = ["pending", "in_progress", "blocked", "completed", "cancelled"][self.roll(5) as usize];
        let due = ["2027-01-10", "2027-01-15", "2027-01-15T12:00:00Z", "2027-02-01"];
        let due = due.get(self.roll(6) as usize);
        json!({ "title": "t", "status": status, "due": due })
    }
}

/// Whatever is written between two pages: what matches all the while is told once, and what never did is not.
#[tokio::test]
async fn pages_stay_right_while_others_write() {
    let house = House::new();
    let limits = json!({ "burst": null, "per_hour": null, "per_day": null });
    let writer = json!({ "kind": "api", "name": "writer", "preset": "full_access", "limits": limits });
    let (_, key) = house.connect(writer).await;
    let mut dice = Dice(1);
    let lists = [
        "",
        "status=open",
        "status=completed,pending&sort=created",
        "sort=due",
        "due_before=2027-02-01",
        "overdue=true&sort=-created",
    ];
    for round in 0..6_u64 {
        let mut ids = Vec::new();
        for _ in 0..12 {
            ids.push(made(&house, &key, "/v1/tasks", dice.task()).await);
        }
        let list = lists[(round % 6) as usize];
        let path = format!("/v1/tasks?{list}");
        let before: BTreeSet<_> = walked(&house, &key, &path, 100, "id").await.into_iter().collect();
        let (mut seen, mut cursor, mut touched) = (Vec::new(), String::new(), BTreeSet::new());
        loop {
            let page = house.call("GET", &format!("{path}&limit=3{cursor}"), &key, None).await;
            seen.extend(
                page.body["data"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|item| item["id"].as_str().unwrap().to_owned()),
            );
            let Some(next) = page.body["next_cursor"].as_str() else { break };
            cursor = format!("&cursor={next}");
            for _ in 0..3 {
                let id = ids[dice.roll(ids.len() as u64) as usize].clone();
                let one = format!("/v1/tasks/{id}");
                match dice.roll(4) {
                    0 => drop(house.call("DELETE", &one, &key, None).await),
                    1 => drop(made(&house, &key, "/v1/tasks", dice.task()).await),
                    // Nothing that the list looks at: it stays where it is.
                    2 => {
                        house.call("PATCH", &one, &key, Some(json!({ "title": "u" }))).await;
                        continue;
                    }
                    _ => drop(house.call("PATCH", &one, &key, Some(dice.task())).await),
                }
                touched.insert(id);
            }
        }
        let after: BTreeSet<_> = walked(&house, &key, &path, 100, "id").await.into_iter().collect();
        for id in before.intersection(&after).filter(|id| !touched.contains(*id)) {
            assert_eq!(seen.iter().filter(|one| *one == id).count(), 1, "{list}: {id} in round {round}");
        }
        let other = seen.iter().find(|id| {
            !before.contains(*id) && !after.contains(*id) && !touched.contains(*id) && ids.contains(*id)
        });
        assert_eq!(other, None, "{list}: round {round}");
    }
}
