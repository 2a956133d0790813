//! Whether data looks as it has to, and if not, where.

use super::{Format, Kind, Kinds, Others, Shape};
use crate::fit::pointer;
use crate::{Error, Result};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::{Map, Number, Value};
use std::collections::BTreeSet;

/// What is wrong, and the way to it, innermost first.
struct Fault {
    detail: String,
    way: Vec<String>,
}

type Checked = Result<(), Fault>;

impl Shape {
    /// `place` is where the data stands in what was sent.
    pub fn check(&self, data: &Value, place: &str) -> Result<()> {
        self.value(data).map_err(|Fault { detail, way }| {
            let way: Vec<_> = way.iter().rev().map(String::as_str).collect();
            Error::invalid(format!("{place}{}", pointer(&way)), detail)
        })
    }

    fn value(&self, value: &Value) -> Checked {
        if let Some(Kinds(kinds)) = &self.kinds
            && !kinds.iter().any(|kind| kind.holds(value))
        {
            let names: Vec<_> = kinds.iter().map(|kind| kind.name()).collect();
            return fault(format!("{} is expected", names.join(" or ")));
        }
        if self.only.as_ref().is_some_and(|only| !same(only, value)) {
            return fault("only one value is allowed here: the `const` of the schema");
        }
        if self.choices.as_ref().is_some_and(|choices| !choices.iter().any(|choice| same(choice, value))) {
            return fault("it is none of the values in the `enum` of the schema");
        }
        match value {
            Value::Number(number) => self.number(number),
            Value::String(text) => self.text(text),
            Value::Array(items) => self.list(items),
            Value::Object(fields) => self.object(fields),
            Value::Null | Value::Bool(_) => Ok(()),
        }
    }

    fn number(&self, number: &Number) -> Checked {
        let below = |least: &&Number| size(number) < size(least);
        let above = |most: &&Number| size(number) > size(most);
        if let Some(least) = self.minimum.as_ref().filter(below) {
            return fault(format!("at least {least}, not {number}"));
        }
        match self.maximum.as_ref().filter(above) {
            Some(most) => fault(format!("at most {most}, not {number}")),
            None => Ok(()),
        }
    }

    fn text(&self, text: &str) -> Checked {
        within(text.chars().count(), self.min_length, self.max_length, "characters")?;
        match self.format {
            Some(Format::Date) if text.len() != 10 || text.parse::<Date>().is_err() => {
                fault("a day such as `2027-01-15` is expected")
            }
            Some(Format::DateTime) if text.parse::<Timestamp>().is_err() => {
                fault("a moment such as `2027-01-15T08:00:00Z` is expected")
            }
            _ => Ok(()),
        }
    }

    fn list(&self, items: &[Value]) -> Checked {
        within(items.len(), self.min_items, self.max_items, "entries")?;
        let mut seen = BTreeSet::new();
        for (at, item) in items.iter().enumerate() {
            let step = |fault: Fault| fault.at(at.to_string());
            if let Some(shape) = &self.items {
                shape.value(item).map_err(step)?;
            }
            if self.unique_items && !seen.insert(plain(item)) {
                return fault("it is there twice").map_err(step);
            }
        }
        Ok(())
    }

    fn object(&self, fields: &Map<String, Value>) -> Checked {
        if let Some(name) = self.required.iter().find(|name| !fields.contains_key(*name)) {
            return fault("it is required").map_err(|fault| fault.at(name.clone()));
        }
        for (name, value) in fields {
            let checked = match (self.properties.get(name), &self.additional_properties) {
                (Some(shape), _) => shape.value(value),
                (None, Some(Others::Like(shape))) => shape.value(value),
                (None, Some(Others::May(false))) => fault("there is no such field in the schema"),
                (None, Some(Others::May(true)) | None) => Ok(()),
            };
            checked.map_err(|fault| fault.at(name.clone()))?;
        }
        Ok(())
    }
}

impl Fault {
    fn at(mut self, step: String) -> Self {
        self.way.push(step);
        self
    }
}

impl Kind {
    fn holds(self, value: &Value) -> bool {
        match self {
            Self::Object => value.is_object(),
            Self::Array => value.is_array(),
            Self::String => value.is_string(),
            Self::Number => value.is_number(),
            Self::Integer => value.as_number().is_some_and(is_whole),
            Self::Boolean => value.is_boolean(),
            Self::Null => value.is_null(),
        }
    }
}

fn fault(detail: impl Into<String>) -> Checked {
    Err(Fault { detail: detail.into(), way: Vec::new() })
}

fn within(length: usize, least: Option<usize>, most: Option<usize>, what: &str) -> Checked {
    if let Some(least) = least.filter(|least| length < *least) {
        return fault(format!("at least {least} {what}, not {length}"));
    }
    match most.filter(|most| length > *most) {
        Some(most) => fault(format!("at most {most} {what}, not {length}")),
        None => Ok(()),
    }
}

fn size(number: &Number) -> f64 {
    number.as_f64().unwrap_or_default()
}

/// `1.0` is a whole number as well.
fn is_whole(number: &Number) -> bool {
    number.is_i64() || number.is_u64() || size(number).fract() == 0.0
}

/// Ends at the first difference, so that it takes no longer than what was sent is long.
fn same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) if one.is_f64() || other.is_f64() => {
            size(one) == size(other)
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            let in_both = |(name, one)| other.get(name).is_some_and(|other| same(one, other));
            one.len() == other.len() && one.iter().all(in_both)
        }
        (one, other) => one == other,
    }
}

/// The same text for what counts as the same: `1` and `1.0` do, and so do objects with their fields in any order.
fn plain(value: &Value) -> String {
    match value {
        // As many digits as there are; all that a great one could be written with take long.
        Value::Number(number) if number.is_f64() && size(number).abs() < 9e15 && is_whole(number) => {
            format!("{:.0}", size(number))
        }
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(plain).collect();
            format!("[{}]", items.join(","))
        }
        Value::Object(fields) => {
            let mut fields: Vec<_> =
                fields.iter().map(|(name, value)| format!("{name:?}:{}", plain(value))).collect();
            fields.sort_unstable();
            format!("{{{}}}", fields.join(","))
        }
        other => other.to_string(),
    }
}
