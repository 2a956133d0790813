//! What became of the items of a chunk.

use crate::noun::Took;
use crate::{Error, Result};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

#[derive(Debug, Default, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ImportReport")]
pub struct Report {
    pub counts: Counts,
    /// Those that could not be taken in. All others were.
    pub refused: Vec<Refused>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "ImportCounts")]
pub struct Counts {
    /// Was not there.
    pub made: u64,
    /// Was there with other content, which was replaced.
    pub changed: u64,
    /// Was there already, and says the same.
    pub same: u64,
    /// Is there with other content, and stays so; `replace` would replace it.
    pub kept: u64,
    pub refused: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "RefusedItem")]
pub struct Refused {
    /// The place in what was sent: `/tasks/3/title`.
    pub pointer: String,
    /// The item, as far as it says its id.
    pub id: Option<String>,
    pub detail: String,
}

impl Report {
    pub fn add(&mut self, more: Self) {
        self.counts.add(more.counts);
        self.refused.extend(more.refused);
    }

    /// What is wrong with the item is told, and the others go on; what is wrong with the store ends it all.
    pub(super) fn count(&mut self, place: &str, id: Option<String>, took: Result<Took>) -> Result<()> {
        let counts = &mut self.counts;
        let (inner, detail) = match took {
            Ok(Took::Made) => return one_more(&mut counts.made),
            Ok(Took::Changed) => return one_more(&mut counts.changed),
            Ok(Took::Same) => return one_more(&mut counts.same),
            Ok(Took::Kept) => return one_more(&mut counts.kept),
            Err(Error::Invalid { pointer, detail }) => (pointer, detail),
            Err(Error::Taken { pointer, detail }) => (pointer.to_owned(), detail.to_owned()),
            Err(error @ (Error::InTheWay(_) | Error::TooLarge { .. })) => (String::new(), error.to_string()),
            Err(error) => return Err(error),
        };
        // What does not fit its type is told with its whole place.
        let pointer = if inner.starts_with(place) { inner } else { format!("{place}{inner}") };
        self.refused.push(Refused { pointer, id, detail: detail.chars().take(300).collect() });
        one_more(&mut counts.refused)
    }
}

fn one_more(count: &mut u64) -> Result<()> {
    *count += 1;
    Ok(())
}

impl Counts {
    pub fn add(&mut self, more: Self) {
        self.made += more.made;
        self.changed += more.changed;
        self.same += more.same;
        self.kept += more.kept;
        self.refused += more.refused;
    }

    pub fn all(&self) -> u64 {
        self.written() + self.same + self.kept + self.refused
    }

    pub fn written(&self) -> u64 {
        self.made + self.changed
    }
}
