//! What is just within the limits of a field, and what is just beyond.

use serde_json::{Value, json};

pub(super) struct Limit {
    pub(super) field: String,
    pub(super) works: Vec<Value>,
    /// Each with the place that is wrong.
    pub(super) fails: Vec<(Value, String)>,
}

pub(super) fn limit(
    field: &str,
    works: impl IntoIterator<Item = Value>,
    fails: impl IntoIterator<Item = Value>,
) -> Limit {
    let (works, place) = (works.into_iter().collect(), format!("/{field}"));
    let fails = fails.into_iter().map(|value| (value, place.clone())).collect();
    Limit { field: field.to_owned(), works, fails }
}

/// Characters, not bytes.
pub(super) fn text(field: &str, least: usize, most: usize) -> Limit {
    let of = |length: usize| json!("ä".repeat(length));
    let short = if least > 0 { vec![of(least - 1), json!(" ")] } else { Vec::new() };
    let fails = short.into_iter().chain([of(most + 1), json!("a\u{0}b"), json!(1)]);
    limit(field, [of(least), of(most)], fails)
}

pub(super) fn number(field: &str, least: i64, most: i64) -> Limit {
    let fails = [json!(least - 1), json!(most + 1), json!(0.5), json!(1e300), json!("1")];
    limit(field, [json!(least), json!(most)], fails)
}

pub(super) fn list(field: &str, most: usize, each: impl Fn(usize) -> Value) -> Limit {
    let of = |length: usize| json!((0..length).map(&each).collect::<Vec<_>>());
    limit(field, [of(0), of(most)], [of(most + 1), json!({})])
}

pub(super) fn word(field: &str, words: &[&str]) -> Limit {
    limit(field, words.iter().map(|word| json!(word)), [json!("nonsense"), json!(""), json!(true), json!([])])
}

pub(super) fn flag(field: &str) -> Limit {
    limit(field, [json!(true), json!(false)], [json!("true"), json!(1)])
}

/// As many bytes as JSON, and one more.
pub(super) fn bytes(field: &str, most: usize, of: impl Fn(&str) -> Value) -> Limit {
    let empty = of("").to_string().len();
    let sized = |size: usize| of(&"x".repeat(size - empty));
    limit(field, [sized(most)], [sized(most + 1), json!([]), json!("{}")])
}

/// The first and the last day that there is, and none beyond.
pub(super) fn day(field: &str) -> Limit {
    let beyond =
        ["10000-01-01", "+010000-01-01", "0000-12-31", "-000001-01-01", "2027-02-29", "20270101", ""];
    limit(field, ["0001-01-01", "9999-12-31"].map(Value::from), beyond.map(Value::from))
}

pub(super) fn due(field: &str) -> Limit {
    let Limit { works, fails, .. } = day(field);
    let works = works.into_iter().chain([json!("0001-01-01T00:00:00Z"), json!("9999-12-30T22:00:00Z")]);
    let beyond = ["9999-12-31T23:59:59Z", "0000-12-31T23:00:00Z", "2027-01-15T08:00:00", "soon"];
    let fails = fails.into_iter().map(|(value, _)| value).chain(beyond.map(Value::from));
    limit(field, works, fails)
}

pub(super) fn clock(field: &str) -> Limit {
    limit(field, ["00:00", "23:59"].map(Value::from), ["24:00", "23:60", "9:00", ""].map(Value::from))
}

pub(super) fn other(field: &str, elsewhere: &str) -> Limit {
    let wrong = [json!(elsewhere), json!("x"), json!("")];
    limit(field, [], wrong)
}

/// The limits of a field of a field, or of each entry of a list, which is `within(value)`.
pub(super) fn inside(field: &str, of: Limit, within: impl Fn(Value) -> Value) -> Limit {
    let place = |inner: &str| format!("/{field}{inner}");
    Limit {
        field: field.to_owned(),
        works: of.works.into_iter().map(&within).collect(),
        fails: of.fails.into_iter().map(|(value, inner)| (within(value), place(&inner))).collect(),
    }
}

pub(super) fn entry(field: &str, of: Limit) -> Limit {
    inside(
        field,
        Limit { fails: of.fails.into_iter().map(|(it, _)| (it, "/0".into())).collect(), ..of },
        |it| json!([it]),
    )
}
