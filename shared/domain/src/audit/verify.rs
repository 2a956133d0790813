//! Verifying an export: whether every entry is there, in its order and as it was sealed.
//!
//! Lines come by the ids of their entries, which is by time; the chain goes by when they were sealed. Both orders are
//! checked. The oldest entries may have left, so a chain may begin anywhere, and nothing in a file vouches for its own
//! last line: what was cut off at an end is sure to be found only by what the owner knows from elsewhere.

use super::chain::{Hash, Head, Seal};
use crate::id::{AuditId, OwnerId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use std::fmt;

/// One line of an export.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Line<'a> {
    pub seq: u64,
    pub prev: Hash,
    pub hash: Hash,
    pub owner: OwnerId,
    #[serde(borrow)]
    pub entry: &'a RawValue,
}

/// The last line of a whole export.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastLine {
    pub head: End,
}

/// Where a chain ends, and where what is still there of it begins.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "AuditHead")]
pub struct End {
    /// The oldest entry that is still there; behind `seq` if there is none.
    pub first: u64,
    /// The newest entry.
    pub seq: u64,
    /// Its hash.
    pub hash: Hash,
}

/// What the owner knows of the chain from elsewhere than the export.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known {
    /// An entry that the export must reach back to.
    pub first: Option<u64>,
    /// The hash of an entry that the chain must lead through.
    pub head: Option<Hash>,
}

/// Takes an export line by line.
#[derive(Default)]
pub struct Verifier {
    line: usize,
    owner: Option<OwnerId>,
    newest: Option<AuditId>,
    links: Vec<Link>,
    end: Option<(usize, End)>,
    faults: Vec<Fault>,
}

struct Link {
    line: usize,
    seq: u64,
    prev: Hash,
    hash: Hash,
}

#[derive(Debug)]
pub struct Report {
    pub entries: usize,
    pub first: Option<u64>,
    pub head: Option<Head>,
    /// The entry of the known hash: up to there nothing can have been made anew or left out.
    pub through: Option<u64>,
    /// In the order of the lines.
    pub faults: Vec<Fault>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    pub line: usize,
    pub seq: Option<u64>,
    pub what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    Unreadable,
    Altered,
    OtherOwner,
    OutOfOrder,
    Repeated,
    Missing { from: u64, to: u64 },
    Unlinked,
    WrongEnd,
    AfterEnd,
    NoEnd,
    NoEntry,
    UnknownHead,
}

impl Verifier {
    pub fn read(&mut self, text: &str) {
        self.line += 1;
        if self.end.is_some() {
            self.fault(None, What::AfterEnd);
        } else if let Some(LastLine { head }) = exactly(text) {
            self.end = Some((self.line, head));
        } else if let Some(line) = exactly::<Line<'_>>(text) {
            self.entry(&line);
        } else {
            self.fault(None, What::Unreadable);
        }
    }

    fn entry(&mut self, line: &Line<'_>) {
        #[derive(Deserialize)]
        struct Named {
            id: AuditId,
        }
        let Line { seq, prev, hash, owner, entry } = *line;
        if Seal::hash(seq, prev, owner, entry) != hash {
            self.fault(Some(seq), What::Altered);
        }
        if *self.owner.get_or_insert(owner) != owner {
            self.fault(Some(seq), What::OtherOwner);
        }
        match serde_json::from_str::<Named>(entry.get()) {
            Ok(Named { id }) if self.newest.is_none_or(|newest| newest < id) => self.newest = Some(id),
            Ok(_) => self.fault(Some(seq), What::OutOfOrder),
            Err(_) => self.fault(Some(seq), What::Unreadable),
        }
        self.links.push(Link { line: self.line, seq, prev, hash });
    }

    pub fn finish(mut self, known: Known) -> Report {
        self.links.sort_by_key(|link| link.seq);
        self.check_links();
        self.check_end(known.first);
        let through = known.head.and_then(|hash| self.links.iter().find_map(|link| link.leads_through(hash)));
        if known.head.is_some() && through.is_none() {
            self.fault(None, What::UnknownHead);
        }
        self.faults.sort_by_key(|fault| fault.line);
        let head = self.links.last().map(|link| Head { seq: link.seq, hash: link.hash });
        let first = self.links.first().map(|link| link.seq);
        Report { entries: self.links.len(), first, head, through, faults: self.faults }
    }

    fn check_links(&mut self) {
        let genesis = self.owner.map(Head::genesis);
        let began = self.links.first().filter(|link| link.seq <= 1);
        if let Some(link) = began.filter(|link| Some(link.prev) != genesis.map(|genesis| genesis.hash)) {
            self.faults.push(link.fault(What::Unlinked));
        }
        for (before, link) in self.links.iter().zip(self.links.iter().skip(1)) {
            let what = match link.seq - before.seq {
                0 => What::Repeated,
                1 if link.prev == before.hash => continue,
                1 => What::Unlinked,
                _ => What::Missing { from: before.seq + 1, to: link.seq - 1 },
            };
            self.faults.push(link.fault(what));
        }
    }

    fn check_end(&mut self, known: Option<u64>) {
        let Some((line, End { first, seq, hash })) = self.end else {
            self.line += 1;
            return self.fault(None, What::NoEnd);
        };
        let mut fault = |line, what| self.faults.push(Fault { line, seq: None, what });
        let from = known.map_or(first, |known| known.min(first));
        let (Some(oldest), Some(newest)) = (self.links.first(), self.links.last()) else {
            return fault(line, if from <= seq { What::Missing { from, to: seq } } else { What::NoEntry });
        };
        if from < oldest.seq {
            fault(oldest.line, What::Missing { from, to: oldest.seq - 1 });
        }
        if newest.seq < seq {
            fault(line, What::Missing { from: newest.seq + 1, to: seq });
        }
        if first > oldest.seq || newest.seq > seq || newest.seq == seq && newest.hash != hash {
            fault(line, What::WrongEnd);
        }
    }

    fn fault(&mut self, seq: Option<u64>, what: What) {
        self.faults.push(Fault { line: self.line, seq, what });
    }
}

/// Read and written again it must be the same text, so that nothing hides beside what was hashed.
fn exactly<'a, T: Serialize + Deserialize<'a>>(text: &'a str) -> Option<T> {
    let value: T = serde_json::from_str(text).ok()?;
    (serde_json::to_string(&value).ok()? == text).then_some(value)
}

impl Link {
    /// Its own hash, or the one of the entry before it, which may have left.
    fn leads_through(&self, hash: Hash) -> Option<u64> {
        let before = (self.prev == hash).then(|| self.seq.saturating_sub(1));
        before.or((self.hash == hash).then_some(self.seq))
    }

    fn fault(&self, what: What) -> Fault {
        Fault { line: self.line, seq: Some(self.seq), what }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(seq) = self.seq {
            write!(f, ", entry {seq}")?;
        }
        write!(f, ": {}", self.what)
    }
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing { from, to } if from == to => return write!(f, "entry {from} is missing"),
            Self::Missing { from, to } => return write!(f, "entries {from} to {to} are missing"),
            Self::Unreadable => "this is not a line as Larder writes it",
            Self::Altered => "it was altered: its hash is another",
            Self::OtherOwner => "it is another owner's",
            Self::OutOfOrder => "it is not in its place: lines go by the ids of their entries",
            Self::Repeated => "there are two entries of this number",
            Self::Unlinked => "it does not follow the entry before it",
            Self::WrongEnd => "the last line does not fit the entries",
            Self::AfterEnd => "there is something behind the last line",
            Self::NoEnd => "the last line, which says where the chain ends, is missing",
            Self::NoEntry => "there is no entry, and so nothing is proven",
            Self::UnknownHead => "the chain does not lead through the hash that was given",
        })
    }
}
