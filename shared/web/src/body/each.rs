//! Bodies with many items.

use super::{Sent, json_bytes, no_object, parse, said_by_path};
use crate::problem::Problem;
use axum::extract::{FromRequest, Request};
use domain::fit::fit;
use schemars::JsonSchema;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// Many of them at once, each read by itself; that they are not many at all is told only to who may make them.
pub struct Each<T>(Result<Vec<Sent<T>>, Problem>);

/// What many are sent as.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "{T}s")]
pub struct Items<T> {
    /// At most 25, each as if it were sent alone.
    #[schemars(length(min = 1, max = 25))]
    items: Vec<T>,
}

const MOST_ITEMS: usize = 25;

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Each<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let said = said_by_path(&mut parts, state).await?;
        let bytes = json_bytes(Request::from_parts(parts, body), state).await?;
        let items = parse::<Items<Box<RawValue>>>(&bytes).and_then(Items::checked);
        let sent = |item: Box<RawValue>| Sent::said(item.get().as_bytes(), &said);
        Ok(Self(items.map(|items| items.into_iter().map(sent).collect())))
    }
}

impl<T: DeserializeOwned> Each<T> {
    pub fn of(fields: Map<String, Value>) -> Self {
        let items = fit::<Items<Value>>(Value::Object(fields), "").map_err(Problem::from);
        let sent = |item| match item {
            Value::Object(fields) => Sent::of(fields),
            _ => Sent { names: Vec::new(), value: Err(no_object()) },
        };
        Self(items.and_then(Items::checked).map(|items| items.into_iter().map(sent).collect()))
    }
}

impl<T> Each<T> {
    pub fn read(self) -> Result<Vec<Sent<T>>, Problem> {
        self.0
    }
}

impl<T> Items<T> {
    fn checked(self) -> Result<Vec<T>, Problem> {
        match self.items.len() {
            1..=MOST_ITEMS => Ok(self.items),
            count => Err(Problem::invalid("/items", format!("1 to {MOST_ITEMS} are expected, not {count}"))),
        }
    }
}
