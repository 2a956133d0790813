//! The tools that only memories have.

use super::Entry;
use crate::output;
use crate::parts::{answer, fitting, limited};
use domain::memory::Question;
use domain::operation::SEARCH_MEMORIES;
use rmcp::model::JsonObject;
use schemars::schema_for;
use serde_json::value::RawValue;
use web::{Call, Problem, Recall, Recalled, Sent};

const SEARCH: &str = "Memories that answer a question, best first, each with a score and why it was found. They are \
    found by their words and how these are spelled, not by what they mean, so give up to five `queries` that say the \
    same otherwise: with synonyms, in the languages that the person writes in, as it may have been noted down. They \
    make the difference.";

pub(super) fn search() -> Entry {
    let schema = schema_for!(Question);
    let answers = output::of::<Recalled>();
    Entry::new(&SEARCH_MEMORIES, SEARCH.to_owned(), schema, answers, |call, arguments| {
        Box::pin(run(call, arguments))
    })
    .looking_at(|name, _| Question::looks_at(name))
}

async fn run(call: &Call, arguments: JsonObject) -> Result<Box<RawValue>, Problem> {
    fitting(|most| {
        let question = Sent::of(limited(&arguments, most));
        async move {
            let found = Recall(call).search(question).await?;
            Ok((answer(&found)?, found.data.len()))
        }
    })
    .await
}
