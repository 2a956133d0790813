//! What follows of an answer, over every class of answers, tries and settings.

use domain::connection::RetryPolicy;
use domain::delivery::{Verdict, judge};
use domain::outbound::{Answer, OutboundError};
use jiff::Timestamp;
use serde_json::{Value, json};
use std::time::Duration;

const NOW: i64 = 1_800_000_000;
const DAY: u64 = 86_400;
const WAITS: [u64; 9] = [5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400];
const JITTERS: [u16; 5] = [0, 1, 32_767, 65_534, 65_535];

/// How a receiver asks to be left alone, and for how many seconds that is, if anybody can tell.
const ASKED: [(&str, Option<u64>); 15] = [
    ("", None),
    ("soon", None),
    ("-5", None),
    ("1.5", None),
    ("1e3", None),
    ("99999999999999999999999", None),
    ("Fri, 15 Jan 2027 07:59:00 GMT", None),
    ("Mon, 15 Jan 2027 09:00:00 GMT", None),
    ("0", Some(0)),
    (" 120 ", Some(120)),
    ("7200", Some(7_200)),
    ("86401", Some(DAY)),
    ("18446744073709551615", Some(DAY)),
    ("Fri, 15 Jan 2027 09:00:00 GMT", Some(3_600)),
    ("Thu, 15 Jan 2032 08:00:00 GMT", Some(DAY)),
];

/// Settings, and what they mean.
fn policies() -> Vec<(RetryPolicy, usize, Vec<u64>)> {
    let policy =
        |said: Value, tries, waits: &[u64]| (serde_json::from_value(said).unwrap(), tries, waits.to_vec());
    vec![
        policy(json!({}), 10, &WAITS),
        policy(json!({ "tries": 1 }), 1, &WAITS),
        policy(json!({ "tries": 4 }), 4, &WAITS),
        policy(json!({ "tries": 12 }), 10, &WAITS),
        policy(json!({ "tries": 12, "waits": [1] }), 2, &[1]),
        policy(json!({ "tries": 3, "waits": [86_400, 1, 86_400, 1] }), 3, &[86_400, 1, 86_400, 1]),
        policy(json!({ "tries": 12, "waits": vec![60; 11] }), 12, &[60; 11]),
    ]
}

fn answer(status: u16, retry_after: Option<&str>) -> Result<Answer, OutboundError> {
    Ok(Answer { status, retry_after: retry_after.map(str::to_owned), body: Vec::new() })
}

/// One of each class: of what answers, and of what does not.
fn answers() -> Vec<(Result<Answer, OutboundError>, Option<u64>)> {
    let statuses = (100..=599).chain([0, 1, 99, 600, 999, u16::MAX]);
    let mut all: Vec<_> = statuses.map(|status| (answer(status, None), None)).collect();
    for status in [100, 200, 204, 299, 300, 301, 302, 400, 404, 410, 413, 429, 500, 503, 599] {
        all.extend(ASKED.map(|(text, seconds)| (answer(status, Some(text)), seconds)));
    }
    let errors = [
        OutboundError::Forbidden("a private address".to_owned()),
        OutboundError::Unreachable("closed".to_owned()),
        OutboundError::TimedOut,
    ];
    all.extend(errors.map(|error| (Err(error), None)));
    all
}

#[test]
fn only_a_2xx_is_taken_only_410_is_the_end_and_every_wait_is_what_was_chosen() {
    let now = Timestamp::from_second(NOW).unwrap();
    let mut cases = 0;
    for (answer, asked) in answers() {
        let status = answer.as_ref().ok().map(|answer| answer.status);
        for (policy, most, waits) in policies() {
            for tries in 0..=14 {
                for jitter in JITTERS {
                    cases += 1;
                    let verdict = judge(&answer, tries, &policy, now, jitter);
                    let is = format!("{verdict:?} of {answer:?}, try {tries} of {most}, jitter {jitter}");
                    match status {
                        Some(200..=299) => assert_eq!(verdict, Verdict::Delivered, "{is}"),
                        Some(410) => assert_eq!(verdict, Verdict::Gone, "{is}"),
                        _ if tries == 0 || tries as usize >= most => {
                            assert_eq!(verdict, Verdict::Exhausted, "{is}")
                        }
                        _ => {
                            let Verdict::Again(wait) = verdict else { panic!("{is}") };
                            let planned = Duration::from_secs(waits[tries as usize - 1]);
                            let asked = Duration::from_secs(asked.unwrap_or_default());
                            let (least, longest) = (planned.mul_f64(0.8), planned.mul_f64(1.2));
                            assert!(wait >= least.max(asked) && wait <= longest.max(asked), "{is}");
                        }
                    }
                }
            }
        }
    }
    assert!(cases > 300_000, "{cases} cases");
}

#[test]
fn whatever_is_answered_there_are_no_more_tries_than_were_chosen_and_they_end_in_time() {
    let now = Timestamp::from_second(NOW).unwrap();
    for (answer, asked) in answers() {
        for (policy, most, waits) in policies() {
            for jitter in JITTERS {
                let (mut tries, mut passed) = (1, Duration::ZERO);
                while let Verdict::Again(wait) = judge(&answer, tries, &policy, now, jitter) {
                    tries += 1;
                    passed += wait;
                }
                let planned: u64 = waits.iter().take(most - 1).sum();
                let longest = Duration::from_secs(planned).mul_f64(1.2);
                let asked = Duration::from_secs(asked.unwrap_or_default()) * tries;
                assert!(tries as usize <= most && passed <= longest + asked, "{tries} tries in {passed:?}");
            }
        }
    }
    let hours = WAITS.iter().sum::<u64>() as f64 / 3_600.0;
    assert!((75.0..76.0).contains(&hours), "ten tries over {hours} hours");
}
