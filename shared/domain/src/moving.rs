//! All of an owner's data as one document, which moves between Larders: told page by page, taken in chunk by chunk. A
//! page and a chunk are documents of the same form, so that each page can be taken in as it is.

mod export;
mod import;
mod reader;

pub use export::{Document, Page, Place, page};
pub use import::{Chunk, Counts, Importing, Refused, Report};
pub use reader::Reader;

use crate::Result;
use crate::access::{Scope, Shown};
use crate::collection::Collection;
use crate::goal::Goal;
use crate::id::OwnerId;
use crate::life_area::LifeArea;
use crate::memory::Memory;
use crate::noun::Rules;
use crate::operation::Operation;
use crate::preferences::Preferences;
use crate::profile::Profile;
use crate::record::Record;
use crate::table::{Query, Row};
use crate::task::Task;
use futures_util::future::BoxFuture;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde_json::value::RawValue;

/// The form of the document, as its first field says.
pub const FORM: u64 = 1;

/// How many items a page holds, and a chunk may hold.
pub const MOST_ITEMS: usize = 200;

/// What moves: every noun of the data, in the order in which it is taken in, so that what most refer to comes first.
pub const NOUNS: [Moved; 8] = [
    Moved::of::<LifeArea>("life_areas"),
    Moved::of::<Goal>("goals"),
    Moved::of::<Task>("tasks"),
    Moved::of::<Collection>("collections"),
    Moved::of::<Record>("records"),
    Moved::of::<Memory>("memories"),
    Moved::of::<Profile>("profile"),
    Moved::of::<Preferences>("preferences"),
];

type TakeIn = for<'a> fn(&'a Importing<'a>, &'static str, &'a [Box<RawValue>]) -> Taking<'a>;
type Sees = fn(&Row, &Scope<'_>) -> Result<Option<Box<RawValue>>>;
type Taking<'a> = BoxFuture<'a, Result<Report>>;

/// A noun, as the document knows it.
pub struct Moved {
    /// Of the list that it stands in.
    pub name: &'static str,
    all: fn(OwnerId) -> Query,
    /// Who may list them may read them here.
    list: &'static Operation,
    sees: Sees,
    take_in: TakeIn,
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

impl Moved {
    const fn of<T: Rules + JsonSchema>(name: &'static str) -> Self {
        Self {
            name,
            all: T::all,
            list: &T::DOES.list,
            sees: reader::seen::<T>,
            take_in: |importing, name, items| Box::pin(importing.all_of::<T>(name, items)),
            schema: SchemaGenerator::subschema_for::<Shown<T>>,
        }
    }
}
