//! The nouns of an owner's data. Each is one list of fields; what is stored, what makes one, what changes one, what a
//! mask can name and how it is described all come from that list.

mod deed;
mod desk;
mod further;
mod given;
mod names;
mod unmade;

pub use deed::Deed;
pub use desk::{Desk, Manner, Took};
pub use further::Further;
pub use given::Given;
pub use names::canonical;
pub(crate) use names::{spelled, spoken};
pub(crate) use unmade::UNMADE;
pub use unmade::get;

use crate::Result;
use crate::access::Item;
use crate::filter::Filter;
use crate::id::OwnerId;
use crate::operation::Does;
use crate::shelf::Writer;
use crate::table::{Query, RowKey};
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};

/// A noun of an owner's data: something that there are many of, or one of a kind.
pub trait Noun: Item + Clone {
    type New: DeserializeOwned + JsonSchema + Send;
    type Patch: DeserializeOwned + JsonSchema + Default + Send;
    const DOES: &'static Does;
    /// What a field mask can name.
    const FIELDS: &'static [&'static str];
    /// Other names that a field is given by, on input only.
    const ALIASES: &'static [(&'static str, &'static str)];
    /// The fields that nobody writes, because they follow from others.
    const DERIVED: &'static [&'static str];

    fn new(id: Self::Id, new: Self::New, writer: &Writer) -> Self;
    fn patched(self, patch: Self::Patch, writer: &Writer) -> Self;
    /// As if it had been made like this; what is not given is as in a new one.
    fn replaced(self, new: Self::New, writer: &Writer) -> Self;
    /// As this writer leaves it.
    fn stamped(self, writer: &Writer) -> Self;
    /// But for who wrote it when.
    fn says_the_same_as(&self, other: &Self) -> bool;
}

/// What a noun adds to its fields, whoever writes it.
pub trait Rules: Noun {
    /// What its lists can be asked for.
    type Filter: Filter<Self>;
    /// People choose its id, and may choose it again when it is gone.
    const IS_NAMED: bool = false;
    /// It lies in a collection, which its path names.
    const LIES_IN: bool = false;
    /// The field in which no new one repeats another that its writer can see.
    const SAID_ONCE: Option<&'static str> = None;

    /// The changes that have a name of their own.
    const DEEDS: &'static [Deed<Self>] = &[];

    /// The fields that follow from others, in this state of it.
    fn follows(_state: &Map<String, Value>) -> &'static [&'static str] {
        Self::DERIVED
    }

    /// Whether a write of it looks at others that may be written beside it, or touches them: those are taken in one
    /// after the other.
    fn is_tied(&self) -> bool {
        true
    }

    /// One of a kind, as it is before anybody has written it: at version 0.
    fn unmade(writer: &Writer) -> Option<Self> {
        let new: Self::New = Self::DOES.is_one.then(|| serde_json::from_str("{}").ok())??;
        let mut unmade = Self::new(Self::mint(&new, writer.at, [0; 10]), new, writer);
        unmade.set_version(UNMADE);
        Some(unmade)
    }

    /// The id of a new one.
    fn mint(new: &Self::New, at: Timestamp, random: [u8; 10]) -> Self::Id;

    /// Those that a new one would repeat.
    fn alike(_owner: OwnerId, _new: &Self::New) -> Option<Alike> {
        None
    }

    /// The row that a search reads of it: written and deleted with it, at the same versions.
    fn entry(&self, _owner: OwnerId) -> Option<(RowKey, String)> {
        None
    }

    /// Checks what it refers to, fills in what follows, and adds what else the same transaction writes. Where others
    /// were faster it is asked again, with what they left.
    fn settle(
        _desk: &Desk<'_>,
        _before: Option<&Self>,
        _after: Option<&mut Self>,
        _further: &mut Further,
    ) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// What else a transaction writes that writes all of these at once, which let go of what they referred to.
    fn follow(
        _desk: &Desk<'_>,
        _before: &[Self],
        _after: &[Self],
        _further: &mut Further,
    ) -> impl Future<Output = Result<()>> + Send {
        async { Ok(()) }
    }

    /// Before it goes: lets whatever refers to it go on without it (see `Desk::let_go`); whether there was any.
    fn release(_desk: &Desk<'_>, _item: &Self) -> impl Future<Output = Result<bool>> + Send {
        async { Ok(false) }
    }

    /// Before it comes back out of the trash: without what it referred to and is gone.
    fn mended(self, _desk: &Desk<'_>) -> impl Future<Output = Result<Self>> + Send {
        async { Ok(self) }
    }
}

/// What says the same.
#[derive(Debug)]
pub struct Alike {
    pub all: Query,
    /// The row that each new one writes, so that of those who say it at the same time one is first.
    pub said: RowKey,
}

/// Declares a noun. `required` fields have to be given, `defaulted` ones have a value anyway, `optional` ones may be
/// missing and cleared, `derived` ones are only read. Behind a field stand other names that it is given by.
macro_rules! noun {
    (
        $(#[$doc:meta])*
        $name:ident, $new:ident, $patch:ident: $id:ty, $text:literal, $does:expr;
        required { $($(#[$rm:meta])* $r:ident $(| $ra:literal)*: $rt:ty,)* }
        defaulted { $($(#[$dm:meta])* $d:ident $(| $da:literal)*: $dt:ty,)* }
        optional { $($(#[$om:meta])* $o:ident $(| $oa:literal)*: $ot:ty,)* }
        derived { $($(#[$fm:meta])* $f:ident: $ft:ty,)* }
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize, schemars::JsonSchema)]
        pub struct $name {
            pub id: $id,
            $($(#[$rm])* pub $r: $rt,)*
            $($(#[$dm])* #[serde(default)] pub $d: $dt,)*
            $($(#[$om])* #[serde(default, skip_serializing_if = "Option::is_none")] pub $o: Option<$ot>,)*
            $($(#[$fm])* #[serde(default, skip_serializing_if = "Option::is_none")] pub $f: Option<$ft>,)*
            pub created_at: jiff::Timestamp,
            /// Which connection made it; null when it was the owner.
            #[serde(default)]
            pub created_by: Option<$crate::id::ConnectionId>,
            pub updated_at: jiff::Timestamp,
            /// Who wrote it last, in which call.
            pub source: $crate::shelf::Source,
            pub version: u64,
        }

        $(#[$doc])*
        #[derive(Debug, Clone, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $new {
            $($(#[$rm])* $(#[serde(alias = $ra)])* pub $r: $rt,)*
            $($(#[$dm])* #[serde(default)] $(#[serde(alias = $da)])* pub $d: $dt,)*
            $($(#[$om])* #[serde(default)] $(#[serde(alias = $oa)])* pub $o: Option<$ot>,)*
        }

        /// Fields that are absent stay as they are; `null` clears what may be missing.
        #[derive(Debug, Clone, Default, serde::Deserialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields, default)]
        pub struct $patch {
            $($(#[$rm])* $(#[serde(alias = $ra)])* pub $r: $crate::noun::Given<$rt>,)*
            $($(#[$dm])* $(#[serde(alias = $da)])* pub $d: $crate::noun::Given<$dt>,)*
            $($(#[$om])* $(#[serde(alias = $oa)])* pub $o: $crate::noun::Given<Option<$ot>>,)*
        }

        /// What a field mask can name.
        pub const FIELDS: &[&str] = &[
            $($crate::noun::spelled(stringify!($r)),)*
            $($crate::noun::spelled(stringify!($d)),)*
            $($crate::noun::spelled(stringify!($o)),)*
            $($crate::noun::spelled(stringify!($f)),)*
            "created_at", "created_by", "updated_at", "source",
        ];

        /// The fields without which none can be made.
        pub const NEEDED: &[&str] = &[$($crate::noun::spelled(stringify!($r)),)*];

        impl $crate::shelf::Entity for $name {
            type Id = $id;
            const NAME: &'static str = $text;

            fn key(owner: $crate::id::OwnerId, id: $id) -> $crate::table::RowKey {
                $crate::schema::item(owner, $text, &id)
            }
            fn all(owner: $crate::id::OwnerId) -> $crate::table::Query {
                $crate::schema::items(owner, $text)
            }
            fn id(&self) -> $id {
                self.id.clone()
            }
            fn version(&self) -> u64 {
                self.version
            }
            fn set_version(&mut self, version: u64) {
                self.version = version;
            }
            fn places(&self) -> $crate::table::Places {
                $crate::access::Item::found_at(self)
            }
            fn expires(&self) -> Option<$crate::table::Expiry> {
                $crate::access::Item::ends(self)
            }
        }

        impl $crate::noun::Noun for $name {
            type New = $new;
            type Patch = $patch;
            const DOES: &'static $crate::operation::Does = &$does;
            const FIELDS: &'static [&'static str] = FIELDS;
            const ALIASES: &'static [(&'static str, &'static str)] =
                &[$($(($ra, $crate::noun::spelled(stringify!($r))),)*)*
                    $($(($da, $crate::noun::spelled(stringify!($d))),)*)*
                    $($(($oa, $crate::noun::spelled(stringify!($o))),)*)*];
            const DERIVED: &'static [&'static str] = &[$($crate::noun::spelled(stringify!($f)),)*];

            fn new(id: $id, new: $new, writer: &$crate::shelf::Writer) -> Self {
                Self {
                    id,
                    $($r: new.$r,)*
                    $($d: new.$d,)*
                    $($o: new.$o,)*
                    $($f: None,)*
                    created_at: writer.at,
                    created_by: writer.source.connection,
                    updated_at: writer.at,
                    source: writer.source,
                    version: $crate::table::Expect::Absent.next(),
                }
            }

            fn patched(self, patch: $patch, writer: &$crate::shelf::Writer) -> Self {
                Self {
                    $($r: patch.$r.or(self.$r),)*
                    $($d: patch.$d.or(self.$d),)*
                    $($o: patch.$o.or(self.$o),)*
                    updated_at: writer.at,
                    source: writer.source,
                    ..self
                }
            }

            fn replaced(self, new: $new, writer: &$crate::shelf::Writer) -> Self {
                Self {
                    $($r: new.$r,)*
                    $($d: new.$d,)*
                    $($o: new.$o,)*
                    updated_at: writer.at,
                    source: writer.source,
                    ..self
                }
            }

            fn stamped(self, writer: &$crate::shelf::Writer) -> Self {
                Self { updated_at: writer.stamp(self.updated_at), source: writer.source, ..self }
            }

            fn says_the_same_as(&self, other: &Self) -> bool {
                *self == Self { updated_at: self.updated_at, source: self.source, ..other.clone() }
            }
        }
    };
}

pub(crate) use noun;
