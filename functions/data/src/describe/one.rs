//! What can be done with what there is one of, in words, types and examples.

use super::nouns::{item, of, past};
use domain::access::Shown;
use domain::noun::Rules;
use http::Method;
use schemars::JsonSchema;
use serde_json::Value;
use web::openapi::Operation;
use web::{Page, PageParams, PastChange};

/// `said` is what may be written of it.
pub(super) fn operations<T: Rules + JsonSchema>(said: Value) -> Vec<Operation> {
    let (does, item) = (T::DOES, item::<T>(&said));
    let history = format!("get_{}_history", T::NAME);
    vec![
        of(&does.get, "As it is; until somebody writes it, its defaults, at version 0")
            .answers::<Shown<T>>(200, item.clone())
            .read_as_wanted::<Shown<T>>()
            .told_once()
            .tagged(),
        of(&does.update, "Change the given fields; the others stay")
            .versioned()
            .takes::<T::Patch>(said)
            .answers::<Shown<T>>(200, item.clone())
            .in_all_forms()
            .answers_nothing()
            .tagged()
            .preferring(),
        Operation::new(Method::GET, does.history, history, "What happened to it in the last 90 days")
            .needs(&does.get)
            .query::<PageParams>()
            .answers::<Page<PastChange>>(200, past(item))
            .in_all_forms()
            .linked(),
    ]
}
