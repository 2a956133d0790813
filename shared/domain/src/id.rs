//! Ids: a prefix that names the kind, then 48 bits of time and 80 random bits, so that ids of one kind sort by
//! age. The only way to hold one is to make it or to parse it.

use crate::base32;
use jiff::Timestamp;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What was given is not an id of this kind.
#[derive(Debug, thiserror::Error)]
#[error("expected an id that looks like `{0}…`")]
pub struct NotAnId(&'static str);

macro_rules! id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $bytes:literal, $pattern:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; $bytes]);

        impl $name {
            pub const PREFIX: &'static str = $prefix;
            pub const fn from_bytes(bytes: [u8; $bytes]) -> Self { Self(bytes) }
            pub const fn as_bytes(&self) -> &[u8; $bytes] { &self.0 }

            /// The text, handed to `then` without memory of its own.
            fn with_text<T>(&self, then: impl FnOnce(&str) -> T) -> T {
                let mut text = [0; $prefix.len() + base32::length($bytes)];
                let (prefix, rest) = text.split_at_mut($prefix.len());
                prefix.copy_from_slice($prefix.as_bytes());
                base32::write(&self.0, rest);
                then(std::str::from_utf8(&text).unwrap_or_default())
            }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.with_text(|text| f.write_str(text))
            }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { fmt::Display::fmt(self, f) }
        }
        impl FromStr for $name {
            type Err = NotAnId;
            fn from_str(text: &str) -> Result<Self, NotAnId> {
                text.strip_prefix($prefix).and_then(base32::decode).map(Self).ok_or(NotAnId($prefix))
            }
        }
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.with_text(|text| serializer.serialize_str(text))
            }
        }
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                struct Text;
                impl serde::de::Visitor<'_> for Text {
                    type Value = $name;
                    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str("a string") }
                    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<$name, E> {
                        text.parse().map_err(E::custom)
                    }
                }
                deserializer.deserialize_str(Text)
            }
        }
        impl schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> { stringify!($name).into() }
            fn inline_schema() -> bool { true }
            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!({ "type": "string", "pattern": $pattern })
            }
        }
    };
}

macro_rules! timed {
    ($($name:ident),*) => { $(
        impl $name {
            /// 48 bits of milliseconds, then the random bits that the caller brings.
            pub fn new(at: Timestamp, random: [u8; 10]) -> Self {
                let millis = u64::try_from(at.as_millisecond()).unwrap_or_default().to_be_bytes();
                let mut bytes = [0; 16];
                for (slot, byte) in bytes.iter_mut().zip(millis.into_iter().skip(2).chain(random)) {
                    *slot = byte;
                }
                Self(bytes)
            }
        }
    )* };
}

id!(
    /// The person whose data it is.
    OwnerId, "own_", 10, "^own_[0-9a-hjkmnp-tv-z]{16}$"
);
id!(ConnectionId, "conn_", 16, "^conn_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$");
id!(LifeAreaId, "area_", 16, "^area_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$");
id!(GoalId, "goal_", 16, "^goal_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$");
id!(MemoryId, "mem_", 16, "^mem_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$");
id!(RecordId, "rec_", 16, "^rec_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$");
id!(TaskId, "task_", 16, "^task_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$");
id!(
    /// One call, in answers, in logs and in the changes that it made.
    RequestId, "req_", 16, "^req_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$"
);
id!(
    /// One event, the same at every webhook that is told it: the `webhook-id` that a receiver deduplicates by.
    EventId, "evt_", 16, "^evt_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$"
);
id!(
    /// One change.
    ChangeId, "chg_", 16, "^chg_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$"
);
id!(
    /// One conditional write, stored with the row so that a retried write recognises itself.
    OpId, "op_", 16, "^op_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$"
);
id!(
    /// One call that a connection made.
    ActivityId, "act_", 16, "^act_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$"
);
id!(
    /// One entry of the audit log.
    AuditId, "aud_", 16, "^aud_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$"
);
id!(
    /// One time that the owner undid what was written.
    UndoId, "undo_", 16, "^undo_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$"
);
id!(
    /// One call that waits for its owner's word, or did.
    ApprovalId, "appr_", 16, "^appr_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$"
);
id!(
    /// What a connection could read, put away.
    BackupId, "bkp_", 16, "^bkp_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$"
);
id!(
    /// Long work that an owner asked for.
    JobId, "job_", 16, "^job_[0-9a-hjkmnp-tv-z]{25}[048cgmrw]$"
);
timed!(
    ApprovalId,
    ConnectionId,
    EventId,
    LifeAreaId,
    GoalId,
    TaskId,
    MemoryId,
    RecordId,
    RequestId,
    OpId,
    ActivityId,
    AuditId,
    UndoId,
    BackupId,
    JobId
);

/// Of what an owner has only one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[schemars(inline)]
pub enum Me {
    #[serde(rename = "me")]
    Me,
}

impl fmt::Display for Me {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("me")
    }
}

impl FromStr for Me {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        if text == "me" { Ok(Self::Me) } else { Err("there is only `me`") }
    }
}

impl OwnerId {
    /// Larder itself: the partition of what belongs to no person (the signing keys).
    pub const LARDER: Self = Self([0; 10]);

    /// An owner is known by who vouches for them and by the name used there.
    pub fn of(issuer: &str, subject: &str) -> Self {
        Self(first_bytes(&[issuer.as_bytes(), subject.as_bytes()]))
    }
}

impl TaskId {
    /// Of the one that follows another, which recurs.
    pub fn after(self, at: Timestamp) -> Self {
        Self::new(at, first_bytes(&[&self.0]))
    }
}

impl OpId {
    /// Of the nth try to write one thing, in an operation that writes many.
    pub fn of(self, sort: &str, nth: u8) -> Self {
        Self(first_bytes(&[&self.0, sort.as_bytes(), &[nth]]))
    }
}

impl UndoId {
    /// Of what this connection wrote, which it tells.
    pub fn of(connection: ConnectionId, at: Timestamp, mut random: [u8; 10]) -> Self {
        for (slot, byte) in random.iter_mut().zip(Self::mark(connection)) {
            *slot = byte;
        }
        Self::new(at, random)
    }

    pub fn is_of(&self, connection: ConnectionId) -> bool {
        self.0.iter().skip(6).zip(Self::mark(connection)).all(|(byte, mark)| *byte == mark)
    }

    fn mark(connection: ConnectionId) -> [u8; 4] {
        first_bytes(&[&connection.0])
    }

    /// When it was; nothing that it wrote is older.
    pub fn at(&self) -> Timestamp {
        millis(&self.0)
    }
}

impl ChangeId {
    /// The same change has the same id however often the change stream repeats it.
    pub fn of(owner: OwnerId, sort: &str, version: u64) -> Self {
        Self(first_bytes(&[owner.as_bytes(), sort.as_bytes(), &version.to_be_bytes()]))
    }
}

impl EventId {
    /// Of a change, however often it is told. They sort by time, and what happened to one item in one moment as it
    /// happened.
    pub fn of(at: Timestamp, version: u64, change: ChangeId) -> Self {
        let mut rest = [0; 10];
        let version = version.to_be_bytes().into_iter().skip(4);
        for (slot, byte) in rest.iter_mut().zip(version.chain(change.0)) {
            *slot = byte;
        }
        Self::new(at, rest)
    }

    /// To the millisecond.
    pub fn at(&self) -> Timestamp {
        millis(&self.0)
    }
}

fn millis(id: &[u8]) -> Timestamp {
    let millis = id.iter().take(6).fold(0, |millis, byte| millis << 8 | i64::from(*byte));
    Timestamp::from_millisecond(millis).unwrap_or(Timestamp::MIN)
}

fn first_bytes<const N: usize>(parts: &[&[u8]]) -> [u8; N] {
    let mut hash = ring::digest::Context::new(&ring::digest::SHA256);
    for part in parts {
        hash.update(&part.len().to_be_bytes());
        hash.update(part);
    }
    let mut bytes = [0; N];
    for (slot, byte) in bytes.iter_mut().zip(hash.finish().as_ref()) {
        *slot = *byte;
    }
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_sort_by_age_and_read_back() {
        let early = TaskId::new(Timestamp::from_millisecond(1_000).unwrap(), [255; 10]);
        let late = TaskId::new(Timestamp::from_millisecond(2_000).unwrap(), [0; 10]);
        assert!(early < late && early.to_string() < late.to_string());
        assert_eq!(early.to_string().parse::<TaskId>().unwrap(), early);
    }

    #[test]
    fn another_kind_is_not_accepted() {
        let task = TaskId::new(Timestamp::UNIX_EPOCH, [1; 10]).to_string();
        assert!(task.parse::<ConnectionId>().is_err());
        assert!(task.replace("task_", "conn_").parse::<ConnectionId>().is_ok());
    }

    #[test]
    fn owners_of_two_issuers_are_two_owners() {
        assert_ne!(OwnerId::of("a", "bc"), OwnerId::of("ab", "c"));
    }
}
