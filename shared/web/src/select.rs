//! `?fields=title,due`: only these fields of each item, besides those that are always there.

use crate::call::Call;
use crate::problem::Problem;
use domain::access::{ALWAYS, Action, Scope, Shown};
use domain::noun::{Rules, canonical};
use http::Uri;
use http::uri::PathAndQuery;

/// The fields that are asked for; all, if it does not say.
pub(crate) struct Selected(Option<Vec<String>>);

impl Selected {
    /// Takes it out of the address: whoever reads the other parameters does not have to know of it.
    pub(crate) fn taken_out_of(uri: &mut Uri) -> Result<Self, Problem> {
        let Some(query) = uri.query().filter(|query| query.contains("fields=")) else {
            return Ok(Self(None));
        };
        let pairs = form_urlencoded::parse(query.as_bytes());
        let is_ours = |(name, _): &(_, _)| name == "fields";
        let given: Vec<_> = pairs.filter(is_ours).map(|(_, names)| names).collect();
        let names = match given.as_slice() {
            [] => return Ok(Self(None)),
            [names] => names.split(',').map(|name| name.trim().to_owned()).collect(),
            _ => return Err(Problem::invalid("?fields", "given twice; separate names by commas")),
        };
        let rest = pairs.filter(|pair| !is_ours(pair));
        let rest = form_urlencoded::Serializer::new(String::new()).extend_pairs(rest).finish();
        let mark = if rest.is_empty() { "" } else { "?" };
        let path =
            PathAndQuery::try_from(format!("{}{mark}{rest}", uri.path())).map_err(Problem::internal)?;
        *uri = Uri::from(path);
        Ok(Self(Some(names)))
    }

    /// By the fields' own names. One that is hidden from the caller is as unknown as one that there is not.
    pub(crate) async fn settled<T: Rules>(self, call: &Call) -> Result<Self, Problem> {
        let Some(names) = self.0 else { return Ok(Self(None)) };
        let scope = call.scope(Action::Read, T::RESOURCE).await??;
        let settle = |name: &String| {
            let field = canonical::<T>(name);
            let unknown = || Problem::invalid("?fields", format!("unknown field `{name}`"));
            is_there::<T>(field, &scope).then(|| field.to_owned()).ok_or_else(unknown)
        };
        names.iter().map(settle).collect::<Result<_, _>>().map(Some).map(Self)
    }

    pub(crate) const fn everything() -> Self {
        Self(None)
    }

    pub(crate) const fn is_everything(&self) -> bool {
        self.0.is_none()
    }

    pub(crate) fn has(&self, field: &str) -> bool {
        let asked = |names: &Vec<String>| names.iter().any(|name| name == field);
        ALWAYS.contains(&field) || self.0.as_ref().is_none_or(asked)
    }

    pub(crate) fn of<T: Rules>(&self, item: Shown<T>) -> Result<Shown<T>, Problem> {
        if self.is_everything() {
            return Ok(item);
        }
        let mut fields = item.fields()?;
        fields.retain(|field, _| self.has(field));
        Ok(Shown::Part(fields))
    }
}

fn is_there<T: Rules>(field: &str, scope: &Scope<'_>) -> bool {
    ALWAYS.contains(&field) || T::FIELDS.contains(&field) && scope.shows(field)
}
