//! What only memories have, in words, types and examples.

use super::nouns::{item, of};
use domain::memory::{Memory, Question};
use domain::operation::SEARCH_MEMORIES;
use serde_json::{Value, json};
use web::Recalled;
use web::openapi::Operation;

pub(super) fn search(memory: &Value) -> Operation {
    let question =
        json!({ "query": "what must Anna not eat", "queries": ["food allergy", "Allergie Nüsse"] });
    let why = json!({ "words": ["allergic"], "paraphrase": "food allergy" });
    let hit = json!({ "score": 0.974, "why": why, "memory": item::<Memory>(memory) });
    let summary = "Those that answer a question, best first: by words and by spelling, so paraphrases help";
    of(&SEARCH_MEMORIES, summary)
        .takes::<Question>(question)
        .answers::<Recalled>(200, json!({ "data": [hit], "partial": false }))
        .in_all_forms()
}
