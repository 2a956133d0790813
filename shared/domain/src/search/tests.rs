use super::evaluation::{Evaluation, GROUPS, NOW, Signals};
use super::*;
use crate::access::{Filtered as _, Tag};
use crate::id::{ConnectionId, LifeAreaId, MemoryId};
use base64::Engine as _;
use jiff::SignedDuration;

const ABOUT: About<'_> = About {
    id: MemoryId::from_bytes([0; 16]),
    supersedes: None,
    kind: 3,
    importance: 0.5,
    at: NOW,
    expires_at: None,
    life_area: None,
    tags: &[],
    created_by: None,
};

pub(super) fn row(text: &str) -> String {
    Entry::of(&[text], &ABOUT, &Spelling).encode()
}

pub(super) fn ids(texts: &[String], query: &str) -> Vec<usize> {
    found(texts, &Queries::of(query, &[], &Spelling)).into_iter().map(|ranked| ranked.id).collect()
}

pub(super) fn found(rows: &[String], queries: &Queries) -> Vec<Ranked<usize>> {
    let entries = Entries::of(rows.iter().map(String::as_str).enumerate());
    search([&entries], queries, |_| true, |_| true, NOW)
}

/// A little below what was measured, so that a change that costs quality is noticed and one word more is not.
#[test]
fn finds_what_it_should() {
    let floors =
        [(GROUPS[0], false, 0.95), (GROUPS[1], false, 0.9), (GROUPS[2], true, 0.9), (GROUPS[3], true, 0.9)];
    let evaluation = Evaluation::among(60).unwrap();
    for (group, paraphrased, floor) in floors {
        let recall = evaluation.recall(group, Signals::Both, paraphrased);
        assert!(recall >= floor, "{group}: {recall}");
        for one in [Signals::Words, Signals::Spelling] {
            assert!(recall >= evaluation.recall(group, one, paraphrased), "{group}: {one:?} alone is better");
        }
    }
}

#[test]
fn a_memory_is_found_in_the_language_that_it_is_in() {
    let rows = [
        "Die Häuser in der Altstadt sind mit Stroh gedeckt",
        "She was running to the bus and lost her keys",
        "Les chevaux sont dans la grange avec les poules",
        "東京の天気は晴れです",
    ]
    .map(row);
    assert_eq!(ids(&rows, "haus")[0], 0);
    assert_eq!(ids(&rows, "HAUSER")[0], 0, "accents and capitals do not matter");
    assert_eq!(ids(&rows, "ｒｕｎ")[0], 1, "nor does the width of letters");
    assert_eq!(ids(&rows, "cheval poule")[0], 2);
    assert_eq!(ids(&rows, "天気")[0], 3);
    assert!(ids(&rows, "the and of").is_empty(), "little words find nothing");
    assert!(ids(&rows, " ?! ").is_empty());
}

#[test]
fn importance_and_age_weigh_gently() {
    let with = |importance, days: i64| {
        let at = NOW - SignedDuration::from_hours(24 * days);
        Entry::of(&["green tea"], &About { importance, at, ..ABOUT }, &Spelling).encode()
    };
    let rows = [with(0.5, 0), with(1.0, 0), with(0.0, 0), with(0.5, 180), with(0.5, 100_000), with(0.5, -9)];
    let scores: Vec<f32> = {
        let mut ranked = found(&rows, &Queries::of("tea", &[], &Nothing));
        ranked.sort_by_key(|ranked| ranked.id);
        ranked.iter().map(|ranked| ranked.score).collect()
    };
    let near = |one: f32, other: f32| (one - other).abs() < 0.002;
    let expected = [0.5, 0.6, 0.4, 0.4, 0.3, 0.5];
    assert!(scores.iter().zip(expected).all(|(score, expected)| near(*score, expected)), "{scores:?}");
}

#[test]
fn an_old_memory_with_all_of_the_words_is_before_young_ones_with_one() {
    let at = NOW - SignedDuration::from_hours(24 * 1000);
    let old = Entry::of(&["Penicillin: allergy, in 2019"], &About { at, ..ABOUT }, &Spelling).encode();
    let young = ["allergy to pollen in May", "the allergy of Anna", "allergy tablets are in the bathroom"];
    let rows: Vec<String> = [old].into_iter().chain((0..30).map(|n| row(young[n % 3]))).collect();
    let found = ids(&rows, "penicillin allergy");
    assert_eq!((found[0], found.len()), (0, rows.len()), "the others are found too");
}

#[test]
fn what_is_filtered_out_is_not_in_the_scores_either() {
    let tags = [Tag::try_from("work".to_owned()).unwrap()];
    let (me, area) = (ConnectionId::from_bytes([7; 16]), LifeAreaId::from_bytes([8; 16]));
    let expires_at = Some(NOW + SignedDuration::from_secs(60));
    let about =
        About { kind: 5, tags: &tags, created_by: Some(me), life_area: Some(area), expires_at, ..ABOUT };
    let mine = Entry::of(&["tea with milk"], &about, &Spelling).encode();
    let rows = [mine.clone(), row("tea"), row("tea and milk and more milk")];
    let queries = Queries::of("milk", &[], &Spelling);
    let kept = |keep: fn(&Facts<'_>) -> bool| {
        let entries = Entries::of(rows.iter().map(String::as_str).enumerate());
        search([&entries], &queries, |_| true, keep, NOW)
    };
    let alone = found(&rows[..1], &queries);
    assert_eq!(kept(|facts| facts.kind == 5), alone);
    assert_eq!(kept(|facts| facts.tagged(&Tag::try_from("work".to_owned()).unwrap())), alone);
    assert_eq!(kept(|facts| facts.made_by(ConnectionId::from_bytes([7; 16]))), alone);
    assert_eq!(kept(|facts| facts.in_area(LifeAreaId::from_bytes([8; 16]))), alone);
    assert_eq!(kept(|facts| !facts.is_live(NOW + SignedDuration::from_secs(60))), alone);
    assert_eq!(
        kept(|facts| facts.is_since(NOW)
            && facts.is_before(NOW + SignedDuration::from_secs(1))
            && facts.is_live(NOW))
        .len(),
        2
    );
    assert!(kept(|facts| facts.is_since(NOW + SignedDuration::from_secs(1))).is_empty());
}

#[test]
fn what_is_superseded_stands_further_down_and_says_by_what() {
    let [old, new, other] = [1, 2, 3].map(|n| MemoryId::from_bytes([n; 16]));
    let row = |id, supersedes, text: &str| {
        Entry::of(&[text], &About { id, supersedes, ..ABOUT }, &Spelling).encode()
    };
    let rows = [
        row(old, None, "Bo likes tea"),
        row(new, Some(old), "Bo likes coffee now, not tea"),
        row(other, None, "Ann likes tea and Bo"),
    ];
    let queries = Queries::of("Bo likes tea", &[], &Spelling);
    let by = found(&rows, &queries);
    assert_eq!(by.iter().map(|ranked| ranked.id).collect::<Vec<_>>(), [2, 1, 0]);
    assert_eq!(by.iter().map(|ranked| ranked.superseded_by).collect::<Vec<_>>(), [None, None, Some(1)]);
    let without = found(&rows[..1], &queries);
    assert_eq!(
        (without[0].superseded_by, without[0].score > 0.9),
        (None, true),
        "by what is not kept nothing is superseded"
    );
}

#[test]
fn vectors_of_another_embedder_are_not_compared() {
    /// Knows what tea and coffee have in common.
    struct Meaning(&'static str);
    impl Embedder for Meaning {
        fn id(&self) -> &str {
            self.0
        }
        fn embed(&self, text: &str) -> Vec<i8> {
            if text.contains("tea") { [100, 5, -128].repeat(30) } else { [-7, 90, 1].repeat(30) }
        }
    }
    let row = |embedder| Entry::of(&["black coffee"], &ABOUT, &Meaning(embedder)).encode();
    let by = |query: &str, asked| found(&[row("old"), row("new")], &Queries::of(query, &[], &Meaning(asked)));
    let ids = |query, asked| by(query, asked).iter().map(|ranked| ranked.id).collect::<Vec<_>>();
    assert_eq!([ids("espresso", "old"), ids("espresso", "new")], [[0], [1]]);
    assert_eq!(ids("coffee", "new"), [1, 0], "by its words, until it is embedded anew");
    assert!(ids("espresso", "third").is_empty() && ids("tea", "new").is_empty());
}

#[test]
fn what_is_alike_by_chance_only_is_not_found() {
    let evaluation = Evaluation::among(60).unwrap();
    for nonsense in ["zorgblatt frimwick", "quuxly", "ephemeral jurisprudence"] {
        let queries = Queries::of(nonsense, &[], &Spelling);
        assert_eq!(search([&evaluation.decoded()], &queries, |_| true, |_| true, NOW).len(), 0, "{nonsense}");
    }
}

#[test]
fn an_answer_says_why() {
    let text = "The spinach lasagne was a hit in the Restaurant; Häuser stood around it";
    let queries = Queries::of("restraunt", &["lasagnes with spinach", "haus"], &Spelling);
    let why = queries.why(&["Title", text], 0);
    assert_eq!(why.words, ["spinach", "lasagne"]);
    let similar = Similar { asked: "restraunt".to_owned(), found: "Restaurant".to_owned() };
    assert_eq!((why.similar_spelling, why.paraphrase), (vec![similar], None));
    assert_eq!(queries.why(&[text], 1).paraphrase.as_deref(), Some("lasagnes with spinach"));
    assert_eq!(queries.why(&["nothing"], 99), Why::default());
}

#[test]
fn entries_are_small_and_hold_no_readable_text() {
    let usual = "My lower back hurts when I sit for more than two hours without a break. The physiotherapist on Main \
        Street showed me a stretch against the wall that helps within minutes, and said that swimming twice a week would \
        be better than running until the pain has gone for at least a month.";
    assert!(row(usual).len() <= 700, "{}", row(usual).len());
    let tags: Vec<Tag> = (0..20).map(|n| Tag::try_from(format!("tag{n}")).unwrap()).collect();
    let long: String = (0..4000).map(|n| format!("{n:x} ")).collect::<String>().chars().take(8000).collect();
    let long = Entry::of(&[&long], &About { tags: &tags, ..ABOUT }, &Spelling).encode();
    assert!(long.len() <= 3000, "{}", long.len());
    let bytes = base64::engine::general_purpose::STANDARD_NO_PAD.decode(row(usual)).unwrap();
    assert!(!bytes.windows(4).any(|four| four.iter().all(u8::is_ascii_lowercase)));
}

#[test]
fn a_long_text_keeps_what_it_says_most_often_and_first() {
    let mut text: String = (0..1500).map(|n| format!("w{n} ")).collect();
    text.push_str("zebra zebra");
    let rows = [row(&text)];
    let by_words = |query: &str| found(&rows, &Queries::of(query, &[], &Nothing)).len();
    assert_eq!([by_words("zebra"), by_words("w0"), by_words("w1499")], [1, 1, 0]);
}
