//! A connection's gate: the row where its calls are counted says, too, which of its keys hold until when and how many
//! calls each window has room for. So the store itself lets a call in, or refuses it without counting it, in one step;
//! the connection's record, which is read at the same time, says what the call may do and why it was refused.

use super::{Connection, Status};
use crate::id::OwnerId;
use crate::key::KeyHash;
use crate::limits::Windows;
use crate::schema;
use crate::table::{Claim, Counters, Write};
use jiff::Timestamp;
use std::collections::BTreeSet;

/// There if a key may be sent as part of the address.
const IN_ADDRESS: &str = "in_address";

impl Connection {
    /// What makes the gate as this record says; it goes into every transaction that writes the record.
    pub fn gate(&self, owner: OwnerId, before: Option<&Self>) -> Write {
        let set = self.guards();
        let mut drop: BTreeSet<_> = before.map(Self::guards).unwrap_or_default().into_keys().collect();
        drop.retain(|name| !set.contains_key(name));
        Write::Set { key: schema::rate(owner, self.id), set, drop }
    }

    fn guards(&self) -> Counters {
        let mut guards: Counters = self.limits.guards().collect();
        if self.status != Status::Active {
            return guards;
        }
        let end = self.expires_at.map_or(i64::MAX, Timestamp::as_microsecond);
        guards.insert(name(&self.key_hash), end);
        for old in &self.old_keys {
            guards.insert(name(&old.hash), end.min(old.until.as_microsecond()));
        }
        for consent in self.consents() {
            guards.insert(name(&consent.hash), end.min(consent.until.as_microsecond()));
        }
        if self.face.takes_key_from_address() {
            guards.insert(IN_ADDRESS.to_owned(), 1);
        }
        guards
    }
}

/// What a call with this key wants of the gate.
pub fn claim(key: &KeyHash, in_address: bool, at: Timestamp) -> Claim {
    let mut guards = vec![(name(key), at.as_microsecond())];
    if in_address {
        guards.push((IN_ADDRESS.to_owned(), 0));
    }
    Claim { counters: Windows::at(at).places(), guards }
}

fn name(key: &KeyHash) -> String {
    format!("key_{}", key.short())
}
