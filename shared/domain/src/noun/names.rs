//! What a noun and its fields are called.

use super::Noun;

/// A field's name as it is written outside of Rust, where `type` is a name like any other.
pub(crate) const fn spelled(field: &'static str) -> &'static str {
    match field.as_bytes() {
        [b'r', b'#', ..] => field.split_at(2).1,
        _ => field,
    }
}

/// What a noun is called in a sentence.
pub(crate) fn spoken(noun: &str) -> String {
    noun.replace('_', " ")
}

/// The name that a field of this noun goes by.
pub fn canonical<T: Noun>(name: &str) -> &str {
    T::ALIASES.iter().find(|(alias, _)| *alias == name).map_or(name, |(_, field)| field)
}
