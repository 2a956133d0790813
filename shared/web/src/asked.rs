//! What is asked of a list: which page, and what it is narrowed to.

use crate::page::PageParams;
use crate::problem::Problem;
use axum::extract::FromRequestParts;
use domain::Error;
use domain::access::Scope;
use domain::filter::Filter;
use domain::fit::{fit, misfit};
use http::request::Parts;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A page, and a filter of which a caller may not be allowed to know every parameter: whether it fits is told only to
/// who may.
pub struct Asked<F> {
    pub(crate) page: PageParams,
    pub(crate) filter: Result<F, Problem>,
    /// Each parameter with its value.
    given: Vec<(String, String)>,
    /// What stands before the name of one that is refused.
    mark: char,
}

const OF_PAGE: [&str; 2] = ["limit", "cursor"];

impl<S: Send + Sync, F: DeserializeOwned> FromRequestParts<S> for Asked<F> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs = form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes()).into_owned();
        let (page, given): (Vec<_>, Vec<_>) = pairs.partition(|(name, _)| OF_PAGE.contains(&name.as_str()));
        Ok(Self { page: parameters(&page)?, filter: parameters(&given), given, mark: '?' })
    }
}

/// Types know their parameters as a query has them, so that is what they are given.
fn parameters<T: DeserializeOwned>(pairs: &[(String, String)]) -> Result<T, Problem> {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let pairs = serde_urlencoded::Deserializer::new(form_urlencoded::parse(query.as_bytes()));
    let place = |steps: &[&str]| steps.first().map(|name| format!("?{name}")).unwrap_or_default();
    serde_path_to_error::deserialize(pairs).map_err(|error| misfit(&error, place).into())
}

impl<F: DeserializeOwned> Asked<F> {
    /// The arguments of a tool; what is null is not asked for.
    pub fn of(mut arguments: Map<String, Value>) -> Result<Self, Problem> {
        arguments.retain(|_, value| !value.is_null());
        let page = OF_PAGE.into_iter();
        let page = page.filter_map(|name| Some((name.to_owned(), arguments.remove(name)?))).collect();
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let given = arguments.iter().map(|(name, value)| (name.clone(), text(value))).collect();
        // A type may read an object as a word, which is not what was looked at above.
        let object =
            arguments.iter().find(|(_, value)| value.is_object()).map(|(name, _)| format!("/{name}"));
        let filter = match object {
            Some(place) => Err(Problem::invalid(place, "a plain value is expected")),
            None => fit(Value::Object(arguments), "").map_err(Problem::from),
        };
        Ok(Self { page: fit(Value::Object(page), "")?, filter, given, mark: '/' })
    }
}

impl<F> Asked<F> {
    /// Every field that is looked at.
    pub(crate) fn fields<T>(&self) -> Vec<&'static str>
    where
        F: Filter<T>,
    {
        let looked_at = self.given.iter().flat_map(|(name, value)| F::looks_at(name, value));
        looked_at.copied().collect()
    }

    /// What the list says of a parameter, with its place.
    pub(crate) fn refused(&self, error: &Error, scope: &Scope<'_>) -> Problem {
        let problem = match error {
            Error::Invalid { pointer, detail } => Problem::invalid(format!("{}{pointer}", self.mark), detail),
            error => error.into(),
        };
        if scope.shows("indexed_fields") { problem } else { problem.without_alternatives() }
    }

    /// A parameter that looks at what is hidden is as unknown as one that there is not.
    pub(crate) fn check<T>(&self, scope: &Scope<'_>) -> Result<(), Problem>
    where
        F: Filter<T>,
    {
        let hidden = |(name, value): &&(String, String)| {
            F::looks_at(name, value).iter().any(|field| !scope.shows(field))
        };
        if let Some((name, value)) = self.given.iter().find(hidden) {
            let said = if name == "sort" {
                format!("unknown variant `{value}`")
            } else {
                format!("unknown field `{name}`")
            };
            return Err(Problem::invalid(format!("{}{name}", self.mark), said));
        }
        match &self.filter {
            Ok(_) => Ok(()),
            Err(problem) if scope.is_whole() => Err(problem.clone()),
            Err(problem) => Err(problem.clone().without_alternatives()),
        }
    }
}
