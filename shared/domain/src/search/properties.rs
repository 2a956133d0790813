//! What holds for every text and every row.

use super::evaluation::{NOW, other_memory};
use super::tests::{found, ids, row};
use super::*;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text_is_indexed_and_searched(
        texts in proptest::collection::vec("\\PC{0,80}|[a-zäöüßéèçñãåøœ' ]{0,80}|[ぁ-龥가-힣ก-๛ا-ي]{0,40}|\\s?.{0,40}", 1..5),
        query in "\\PC{0,60}|[a-zäöüßéèçñ' ]{0,60}",
    ) {
        let rows: Vec<String> = texts.iter().map(|text| row(text)).collect();
        for row in &rows {
            prop_assert_eq!(&Entry::decode(row).unwrap().encode(), row);
        }
        let queries = Queries::of(&query, &[&texts[0]], &Spelling);
        let ranked = found(&rows, &queries);
        prop_assert!(ranked.iter().all(|ranked| ranked.score > 0.0 && ranked.score <= 1.2));
        for ranked in ranked {
            queries.why(&[&texts[ranked.id]], ranked.by);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_text_finds_itself_first(n in 0u64..1000) {
        let texts: Vec<String> = (0..10).map(|more| other_memory(n + more, &[])).collect();
        let rows: Vec<String> = texts.iter().map(|text| row(text)).collect();
        let own = (n % 10) as usize;
        prop_assert_eq!(ids(&rows, &texts[own])[0], own);
    }

    #[test]
    fn the_order_of_rows_does_not_matter(n in 0u64..1000, turned in 0usize..20) {
        let mut rows: Vec<(u64, String)> = (0..20).map(|id| (id, row(&other_memory((n + id) / 2, &[])))).collect();
        let queries = Queries::of(&other_memory(n, &[]), &[&other_memory(n + 3, &[])], &Spelling);
        let by = |rows: &[(u64, String)]| {
            let entries = Entries::of(rows.iter().map(|(id, row)| (*id, row.as_str())));
            search([&entries], &queries, |_| true, |_| true, NOW)
        };
        let before = by(&rows);
        prop_assert!(before.windows(2).all(|two| (two[1].score, two[0].id) < (two[0].score, two[1].id)));
        rows.rotate_left(turned);
        prop_assert_eq!(before, by(&rows));
    }

}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_stemmer_bears_every_word(word in "[a-zäöüßéèçñãåøœæìòùâêîôûëïÿ'’]{0,70}|\\PC{0,20}") {
        for language in language::Language::ALL {
            words::term(&words::folded(&word), language);
        }
    }

    #[test]
    fn hostile_rows_are_passed_over(
        bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "\\PC{0,40}", at in any::<proptest::sample::Index>(), with in any::<u8>(),
    ) {
        let encode = |bytes: &[u8]| BASE64.encode(bytes);
        let mut altered = BASE64.decode(row("tea with milk")).unwrap();
        let end = altered.len();
        altered[at.index(end)] = with;
        let rows = [text, encode(&bytes), encode(&[&[1, 1], bytes.as_slice()].concat()), encode(&altered), row("sourdough")];
        for row in &rows {
            let _ = Entry::decode(row);
        }
        let ranked = found(&rows, &Queries::of("sourdough", &[], &Spelling));
        prop_assert!(ranked.iter().any(|ranked| ranked.id == 4) && ranked.iter().all(|ranked| ranked.score.is_finite()));
    }
}
