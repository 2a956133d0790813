use super::*;
use crate::access::Resource;
use crate::change::Verb;
use crate::id::ChangeId;
use crate::id::OwnerId;
use crate::shelf::Source;
use proptest::prelude::*;
use proptest::sample::Index;
use serde_json::json;

const OWNER: OwnerId = OwnerId::from_bytes([7; 10]);

fn entry(number: u8) -> Entry {
    let at = Timestamp::from_second(1_800_000_000 + i64::from(number)).unwrap();
    Entry {
        id: AuditId::new(at, [number; 10]),
        at,
        actor: Actor::Owner,
        action: "task.updated".to_owned(),
        result: Outcome::Done,
        connection: None,
        target: Some(format!("\"quoted\" {number}")),
        fields: vec!["title".to_owned()],
        reason: None,
        request: None,
        from: None,
    }
}

/// An export of entries that were sealed in this order, those of the first `gone` seals having left.
fn export(sealed: &[u8], gone: usize) -> Vec<String> {
    let mut head = Head::genesis(OWNER);
    let mut lines = Vec::new();
    for number in sealed {
        let entry = entry(*number).raw().unwrap();
        let Seal { seq, prev, hash } = head.seal(OWNER, &entry);
        let line = Line { seq, prev, hash, owner: OWNER, entry: &entry };
        lines.push((*number, serde_json::to_string(&line).unwrap()));
    }
    let mut lines = lines.split_off(gone);
    lines.sort();
    let last = LastLine { head: End { first: gone as u64 + 1, seq: head.seq, hash: head.hash } };
    let lines = lines.into_iter().map(|(_, line)| line);
    lines.chain([serde_json::to_string(&last).unwrap()]).collect()
}

fn verify(lines: &[String]) -> Report {
    verify_by(lines, Known::default())
}

fn verify_by(lines: &[String], known: Known) -> Report {
    let mut verifier = Verifier::default();
    lines.iter().for_each(|line| verifier.read(line));
    verifier.finish(known)
}

/// Entries are sealed roughly in the order of their ids; here in any.
fn exports() -> impl Strategy<Value = Vec<String>> {
    let sealed = Just((1..=12).collect::<Vec<u8>>()).prop_shuffle();
    (sealed, 1..=12usize, 0..8usize).prop_map(|(mut sealed, length, gone)| {
        sealed.truncate(length);
        export(&sealed, gone.min(length - 1))
    })
}

fn at_line(report: &Report, line: usize) -> bool {
    report.faults.iter().any(|fault| fault.line == line)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_was_left_alone_is_whole(lines in exports()) {
        let report = verify(&lines);
        prop_assert_eq!(report.faults, []);
        prop_assert_eq!(report.entries, lines.len() - 1);
    }

    #[test]
    fn any_other_letter_is_found_in_its_line(lines in exports(), line: Index, place: Index, letter in "[ -~]") {
        let mut tampered = lines.clone();
        let line = line.index(lines.len());
        let place = place.index(lines[line].len());
        tampered[line].replace_range(place..=place, &letter);
        let report = verify(&tampered);
        if tampered == lines {
            prop_assert_eq!(report.faults, []);
        } else if line + 1 == lines.len() {
            prop_assert_ne!(report.faults, []);
        } else {
            prop_assert!(at_line(&report, line + 1), "{:?}", report.faults);
        }
    }

    #[test]
    fn a_missing_line_is_found(lines in exports(), line: Index) {
        let mut tampered = lines.clone();
        let removed = tampered.remove(line.index(lines.len()));
        let report = verify(&tampered);
        match serde_json::from_str::<Line<'_>>(&removed) {
            Ok(Line { seq, .. }) => {
                let missing = What::Missing { from: seq, to: seq };
                prop_assert!(report.faults.iter().any(|fault| fault.what == missing), "{:?}", report.faults);
            }
            Err(_) => prop_assert_eq!(report.faults[0].what, What::NoEnd),
        }
    }

    #[test]
    fn a_repeated_line_is_found_where_it_stands(lines in exports(), from: Index, to: Index) {
        let (from, to) = (from.index(lines.len()), to.index(lines.len() + 1));
        let mut tampered = lines.clone();
        tampered.insert(to, lines[from].clone());
        let report = verify(&tampered);
        prop_assert!((to..=to + 2).any(|line| at_line(&report, line)), "{:?}", report.faults);
    }

    #[test]
    fn an_entry_of_ones_own_making_is_found(lines in exports(), number in 1..=12u8, to: Index) {
        let mut head = Head { seq: u64::from(number), ..Head::genesis(OWNER) };
        let own = Entry { action: "made.up".to_owned(), ..entry(number) }.raw().unwrap();
        let Seal { seq, prev, hash } = head.seal(OWNER, &own);
        let line = serde_json::to_string(&Line { seq, prev, hash, owner: OWNER, entry: &own }).unwrap();
        let mut tampered = lines.clone();
        tampered.insert(to.index(lines.len() + 1), line);
        prop_assert_ne!(verify(&tampered).faults, []);
    }

    #[test]
    fn swapped_lines_are_found(lines in exports(), one: Index, other: Index) {
        let (one, other) = (one.index(lines.len()), other.index(lines.len()));
        let mut tampered = lines.clone();
        tampered.swap(one, other);
        let report = verify(&tampered);
        if one == other {
            prop_assert_eq!(report.faults, []);
        } else {
            let between = one.min(other) + 1..=one.max(other) + 1;
            prop_assert!(between.into_iter().any(|line| at_line(&report, line)), "{:?}", report.faults);
        }
    }

    #[test]
    fn a_known_hash_finds_a_chain_that_was_sealed_anew(lines in exports(), line: Index) {
        let line = line.index(lines.len() - 1);
        let Line { hash, .. } = serde_json::from_str(&lines[line]).unwrap();
        let finish = |lines: &[String]| verify_by(lines, Known { head: Some(hash), first: None }).faults;
        prop_assert_eq!(finish(&lines), []);
        let anew = export(&[20, 21, 22], 0);
        prop_assert_eq!(verify(&anew).faults, []);
        prop_assert_eq!(finish(&anew)[0].what, What::UnknownHead);
    }

    #[test]
    fn what_was_cut_off_at_an_end_is_found_by_what_is_known(sealed in 2..=12u8, cut: Index, at_the_end: bool) {
        let lines = export(&(1..=sealed).collect::<Vec<_>>(), 0);
        let end = serde_json::from_str::<LastLine>(&lines[lines.len() - 1]).unwrap().head;
        let cut = cut.index(usize::from(sealed) - 1) + 1;
        let mut left = lines[..usize::from(sealed)].to_vec();
        let left = if at_the_end { left.drain(..cut) } else { left.drain(cut..) };
        let mut left: Vec<_> = left.collect();
        let of = |line: &String| {
            let Line { seq, hash, .. } = serde_json::from_str(line).unwrap();
            Head { seq, hash }
        };
        let (oldest, newest) = (of(&left[0]), of(&left[left.len() - 1]));
        let forged = LastLine { head: End { first: oldest.seq, seq: newest.seq, hash: newest.hash } };
        left.push(serde_json::to_string(&forged).unwrap());
        prop_assert_eq!(verify(&left).faults, [], "the file alone cannot tell");
        let known = Known { first: Some(end.first), head: Some(end.hash) };
        let found = verify_by(&left, known).faults[0].what;
        let missing = What::Missing { from: 1, to: oldest.seq - 1 };
        prop_assert_eq!(found, if at_the_end { What::UnknownHead } else { missing });
        prop_assert_eq!(verify_by(&lines, known).faults, []);
    }
}

#[test]
fn a_chain_may_begin_in_the_middle_but_has_no_gap() {
    let lines = export(&[1, 2, 3, 4, 5, 6], 3);
    let report = verify(&lines);
    assert_eq!((report.first, report.entries, report.faults), (Some(4), 3, vec![]));
    let told: Vec<_> = verify(&[&lines[..1], &lines[2..]].concat()).faults;
    assert_eq!(told, [Fault { line: 2, seq: Some(6), what: What::Missing { from: 5, to: 5 } }]);
    assert_eq!(told[0].to_string(), "line 2, entry 6: entry 5 is missing");
    let all_left = export(&[1, 2, 3], 3);
    let nothing = Fault { line: 1, seq: None, what: What::NoEntry };
    assert_eq!((verify(&all_left).first, verify(&all_left).faults), (None, vec![nothing]));
}

/// It stands here so that nobody changes it by accident: exports of years ago are verified with it.
#[test]
fn a_seal_is_made_like_this_for_ever() {
    let entry = serde_json::value::RawValue::from_string("{\"id\":1}".to_owned()).unwrap();
    let mut head = Head::genesis(OWNER);
    let seal = head.seal(OWNER, &entry);
    assert_eq!((seal.seq, head), (1, Head { seq: 1, hash: seal.hash }));
    assert_eq!(seal.prev.to_string(), "58ca39debf94bb000522bf398275d5c3cc23bf006cbcb0bc72fca73fa7256557");
    assert_eq!(seal.hash.to_string(), "acfa59db5344f972aba7f2490113668e979cacfe7e9380022a47a79ada7bb11d");
}

#[test]
fn a_change_is_told_by_the_names_of_its_fields() {
    let connection = crate::id::ConnectionId::from_bytes([3; 16]);
    let request = crate::id::RequestId::from_bytes([4; 16]);
    let at = Timestamp::from_second(1_800_000_000).unwrap();
    let change = Change {
        id: ChangeId::of(OWNER, "data/task/x", 2),
        owner: OWNER,
        resource: Resource::Tasks,
        noun: "task".to_owned(),
        verb: Verb::Updated,
        at,
        source: Source::of(Some(connection), request),
        before: Some(
            json!({ "id": "task_1", "title": "SECRET", "labels": [], "version": 1, "due": "2026-01-01" }),
        ),
        after: Some(
            json!({ "id": "task_1", "title": "other", "labels": [], "version": 2, "status": "done" }),
        ),
    };
    let entry = Entry::of(&change);
    assert_eq!(entry.fields, ["due", "title", "status"]);
    assert_eq!((entry.actor, entry.action.as_str()), (Actor::Connection, "task.updated"));
    assert_eq!((entry.connection, entry.request), (Some(connection), Some(request)));
    assert_eq!((entry.target.as_deref(), entry.at), (Some("task_1"), at));
    assert!(!serde_json::to_string(&entry).unwrap().contains("SECRET"));
    assert_eq!(Entry::of(&change).id, entry.id, "however often it is told");
    let later = Change { id: ChangeId::of(OWNER, "data/task/x", 3), ..change };
    assert_ne!(Entry::of(&later).id, entry.id);
}
