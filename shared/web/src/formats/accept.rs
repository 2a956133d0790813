//! `Accept` (RFC 9110, 12.5.1): the form that a caller likes best, of those that there are.

use crate::problem::Problem;
use domain::connection::Format;
use http::{HeaderMap, StatusCode, header};

const ALL: [Format; 3] = [Format::Json, Format::Csv, Format::Xml];
const MARKDOWN: &str = "text/markdown";

/// How much each form is liked, in thousandths.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Accept {
    forms: [u16; 3],
    markdown: u16,
}

impl Accept {
    pub(super) fn of(headers: &HeaderMap) -> Self {
        if !headers.contains_key(header::ACCEPT) {
            return Self { forms: [1_000; 3], markdown: 1_000 };
        }
        let lines = headers.get_all(header::ACCEPT).iter().filter_map(|line| line.to_str().ok());
        let ranges: Vec<_> = lines.flat_map(|line| line.split(',')).filter_map(range).collect();
        Self {
            forms: ALL.map(|format| quality(media(format), &ranges)),
            markdown: quality(MARKDOWN, &ranges),
        }
    }

    /// Of those that are liked as much, the `usual` one.
    pub(super) fn best(self, usual: Format) -> Result<Format, Problem> {
        let most = self.forms.into_iter().max().filter(|most| *most > 0).ok_or_else(not_acceptable)?;
        let mut best =
            ALL.into_iter().zip(self.forms).filter(|(_, liked)| *liked == most).map(|(form, _)| form);
        Ok(if best.clone().any(|format| format == usual) { usual } else { best.next().unwrap_or(usual) })
    }

    /// What is written for people is liked no less than any other form.
    pub(super) fn likes_markdown(self) -> bool {
        self.markdown > 0 && self.forms.into_iter().all(|liked| liked <= self.markdown)
    }
}

pub(super) const fn media(format: Format) -> &'static str {
    match format {
        Format::Json => "application/json",
        Format::Csv => "text/csv",
        Format::Xml => "application/xml",
    }
}

pub(crate) fn not_acceptable() -> Problem {
    let detail =
        "Name one of `application/json`, `text/csv` and `application/xml` in `Accept`, or leave it away.";
    Problem::new(StatusCode::NOT_ACCEPTABLE, "not-acceptable", "Not acceptable", detail)
}

/// A media range and how much it is liked; nothing that cannot be read.
fn range(text: &str) -> Option<(&str, u16)> {
    let (range, parameters) = text.split_once(';').unwrap_or((text, ""));
    let named = |one: &&str| one.trim_start().get(..2).is_some_and(|name| name.eq_ignore_ascii_case("q="));
    let quality = match parameters.split(';').find(named) {
        Some(quality) => thousandths(quality.trim().get(2..)?)?,
        None => 1_000,
    };
    Some((range.trim(), quality))
}

/// `1`, `0.5`, `0.333`
fn thousandths(text: &str) -> Option<u16> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    if rest.len() > 3 || !rest.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let rest: u16 = format!("{rest:0<3}").parse().ok()?;
    match (whole, rest) {
        ("0", rest) => Some(rest),
        ("1", 0) => Some(1_000),
        _ => None,
    }
}

/// What the closest range says of it.
fn quality(media: &str, ranges: &[(&str, u16)]) -> u16 {
    let kind = media.split('/').next().unwrap_or_default();
    let close = |range: &str| match range.split_once('/') {
        _ if range.eq_ignore_ascii_case(media) => Some(2),
        Some((of, "*")) if of.eq_ignore_ascii_case(kind) => Some(1),
        Some(("*", "*")) => Some(0),
        _ => None,
    };
    let said = ranges.iter().filter_map(|(range, quality)| close(range).map(|close| (close, *quality)));
    said.max().map_or(0, |(_, quality)| quality)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Format::{Csv, Json, Xml};
    use http::HeaderValue;

    fn accept(line: &'static str) -> Accept {
        Accept::of(&[(header::ACCEPT, HeaderValue::from_static(line))].into_iter().collect())
    }

    #[test]
    fn the_best_liked_form_is_taken_and_the_usual_one_of_several() {
        for (line, usual, best) in [
            ("*/*", Json, Json),
            ("*/*", Csv, Csv),
            ("text/csv", Json, Csv),
            ("TEXT/CSV; charset=utf-8", Json, Csv),
            ("application/json;q=0.5, text/csv;q=0.9", Json, Csv),
            ("application/*", Json, Json),
            ("application/*", Csv, Json),
            ("application/*, application/json;q=0", Json, Xml),
            ("text/html, application/xml;q=0.9, */*;q=0.8", Json, Xml),
            ("*/*;q=0.1, text/*; Q=0.2", Xml, Csv),
            ("application/json, text/csv;q=1.5", Csv, Json),
            ("application/json;level=1;q=0.333, text/csv;q=0.33", Csv, Json),
        ] {
            assert_eq!(accept(line).best(usual).unwrap(), best, "{line}");
        }
        assert_eq!(Accept::of(&HeaderMap::new()).best(Xml).unwrap(), Xml);
    }

    #[test]
    fn what_is_not_acceptable_is_refused() {
        for line in ["text/html", "image/*", "*/*;q=0", "application/json;q=0.0", "text/csv;q=x", "", "json"]
        {
            assert_eq!(accept(line).best(Json).unwrap_err().status, StatusCode::NOT_ACCEPTABLE, "{line}");
        }
    }

    #[test]
    fn prose_is_for_whoever_likes_nothing_better() {
        for (line, prose) in [
            ("*/*", true),
            ("text/markdown", true),
            ("text/*, application/json;q=0.9", true),
            ("application/json", false),
            ("application/json;q=0, */*", true),
            ("text/markdown;q=0.5, text/csv", false),
            ("*/*;q=0", false),
        ] {
            assert_eq!(accept(line).likes_markdown(), prose, "{line}");
        }
        assert!(Accept::of(&HeaderMap::new()).likes_markdown());
    }
}
