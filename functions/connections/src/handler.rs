//! A program that receives a webhook's events and checks them: one file for each language, the same for everybody and
//! without a secret, which whoever runs it brings.

use axum::extract::State;
use domain::Error;
use domain::connection::{Connection, Kind, Language};
use domain::id::ConnectionId;
use domain::shelf::Shelf;
use http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, HeaderName};
use schemars::JsonSchema;
use serde::Deserialize;
use web::{App, At, Owner, Params, Problem};

pub(crate) const MEDIA: &str = "text/plain";

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HandlerParams {
    language: Language,
}

type File = ([(HeaderName, String); 2], &'static str);

pub(crate) async fn of_one(
    Owner(owner): Owner,
    State(app): State<App>,
    At(id): At<ConnectionId>,
    Params(HandlerParams { language }): Params<HandlerParams>,
) -> Result<File, Problem> {
    let connection = Shelf::<Connection>::new(&*app.table, owner).get(id).await?;
    if connection.face.kind() != Kind::Webhook {
        let said = "only a connection of the kind webhook is sent events; make one of that kind";
        return Err(Error::InTheWay(said.to_owned()).into());
    }
    let (ending, text) = program(language);
    let named = format!("attachment; filename=\"{}_webhook.{ending}\"", connection.slug.as_str());
    let kinds = [(CONTENT_TYPE, format!("{MEDIA}; charset=utf-8")), (CONTENT_DISPOSITION, named)];
    Ok((kinds, text))
}

const fn program(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::Python => ("py", include_str!("../../../templates/receivers/receiver.py")),
        Language::Typescript => ("ts", include_str!("../../../templates/receivers/receiver.ts")),
        Language::Rust => ("rs", include_str!("../../../templates/receivers/receiver.rs")),
        Language::Go => ("go", include_str!("../../../templates/receivers/receiver.go")),
    }
}
