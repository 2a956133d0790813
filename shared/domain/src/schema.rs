//! Every key pattern of the one table, each with the question that it answers. The partition is the owner.
//!
//! | sort key | row | answers |
//! |---|---|---|
//! | `conn/<conn>` | a connection | the record behind a key; an owner's connections, by age |
//! | `name/<noun>/<name>` | whose name it is | whether a name is taken |
//! | `slug/<slug>` | whose short name it is | whether a slug is taken |
//! | `data/<noun>/<id>` | an item: `data/task/<task>` | one item; the items of a noun, by age |
//! | `find/<0-7>/<memory>` | a memory as a search knows it: numbers | which memories answer a question |
//! | `find/<0-7>` | nothing, at a version that counts | whether a part is as it was when it was read |
//! | `coming/<noun>`, `coming/record/<collection>`, `coming/approval/<conn>` | nothing, at a version that counts | whether one came below another or came to wait, into a collection, or for its owner's word, since one looked |
//! | `said/<hash>` | nothing, for ten minutes | whether somebody says the same at this moment |
//! | `wait/<task>` | counters that are named as the tasks that wait for it, or did | what lets go of a task when it goes |
//! | `trash/<noun>/<id>`, `trash/conn/<conn>` | what was deleted, for 30 days | what it was, and who deleted it |
//! | `hist/<what>/<version>` | a change of what lies under `data/<what>`, or of a connection, for 90 days | what it was before, and after |
//! | `feed/<number>` | where a change lies, numbered as they are sealed, for 90 days | what changed since |
//! | `rate/<conn>` | a connection's gate: which keys hold until when, its limits, and its windows' counters | whether it may call once more |
//! | `code/<conn>/<hash>` | what an owner allowed an app, until it fetches it, for minutes | what a code is traded for |
//! | `family/<conn>/<hash>` | the refresh token of an app that holds now | whether it is the one that was brought |
//! | `appr/<approval>` | a call that waits for its owner's word, or did, for a week | what was asked, and what became of it |
//! | `spent/<nonce>` | an answer of an owner through a client that was used, while it would live | whether it may be used |
//! | `usage/<conn>/<hour>` | counters of one connection and hour | how much it called |
//! | `act/<conn>/<activity>` | one call, for as long as the owner wants | what a connection did, by time |
//! | `seen/<conn>` | its last call | when and from where it was last used |
//! | `notice/<conn>/<occasion>` | a notice for the owner, for 40 days | what no write of a record tells, once |
//! | `hooks` | nothing, at a version that counts | whether an owner's webhooks are as they were when they were read |
//! | `dlv/<conn>/<event>` | what became of an event at a webhook, for 30 days | its tries; what was told, by time |
//! | `asked/<conn>/<call>` | what a call of the owner's wants a webhook to be sent, for 30 days | what is to be sent besides; what a test tells |
//! | `hook/<conn>` | a webhook's health, for 40 days after its last write | whether it is sent to |
//! | `due/<time>/<conn>/…` | a reminder, under `OwnerId::LARDER` | what is due until now, of all owners |
//! | `idem/<hash>` | a sealed answer, for 24 hours | what a call was answered that is sent again |
//! | `job/<job>` | long work of the owner's, and how far it is, for 24 hours | what an owner does not wait for |
//! | `backup/<conn>/<backup>` | a backup, and how far it is, for 24 hours | what a connection put away, or is about to |
//! | `part/<backup>/<number>` | a part of a backup, for as long | what it could read |
//! | `audit/<entry>` | an entry of the audit log, noted or sealed | what happened, by time |
//! | `chain` | the end of the audit log's chain | what the next entry is sealed onto |
//! | `settings` | the owner's settings | for how long the audit log is kept |
//! | `session` | when the owner last signed out everywhere | which tokens and sessions hold |
//! | `signin/<name>` | a sign-in that was noted, for 40 days | whether the audit log has it |
//! | `link/<nonce>` | a sign-in link that was used, while it would live | whether it may be used |
//! | `key/<purpose>` | a sealed data key | the key for a purpose; Larder's own lie under `OwnerId::LARDER` |
//!
//! A row may be found under further sort keys, one in each slot (`Entity::places`): what an owner's lists are filtered
//! and sorted by, each list one query of one slot. A place begins with its kind and ends with its id; the values between
//! are cut so that it stays within `MOST_PLACE_BYTES`, and what has nothing to be sorted by stands last, as `~`. They are
//!
//! | slot | place | answers |
//! |---|---|---|
//! | first | `task/open/<due>/<task>`, or `task/closed/…` | open tasks, or others, by when they are due by the clocks of UTC |
//! | second | `task/for/<goal>/<task>` | the tasks of a goal, by age |
//! | third | `task/<status>/<task>` | the tasks of a status, by age |
//! | fourth | `task/in/<task>/<task>` | the parts of a task, by age |
//! | first | `goal/open/<date>/<goal>`, or `goal/closed/…` | open goals, or others, by target date |
//! | second | `goal/in/<goal>/<goal>` | the parts of a goal, by age |
//! | third | `goal/<status>/<goal>` | the goals of a status, by age |
//! | fourth | `goal/area/<area>/<goal>` | the goals of a life area, by age |
//! | first | `record/<collection>/<record>` | the records of a collection, by age |
//! | second to fourth | `record/<collection>/<field>/<digest>/<record>` | the records of which an indexed field says something, by age |
//! | first | `trash/<microsecond>/<noun>/<id>`, of what lies in the trash | what was deleted, by when that was |
//! | first | `appr/<conn>/<approval>`, of what still waits | what a connection asked, and the owner has to decide, by age |
//! | first | `dlv/<conn>/parked/<event>`, `…/waiting/…` or `…/failed/…` | what is parked at a webhook, waits for more than a minute, or was given up, by time |
//! | first | `memory/alike/<hash>/<memory>` | the memories that say the same |
//! | third | `memory/<type>/<memory>` | the memories of a type, by age |
//!
//! Rows under `conn/`, `data/`, `trash/`, `notice/`, `asked/` and `audit/` are logged: each write of one is one change, but for
//! the one that seals an entry of the audit log, which tells nothing new.

use crate::connection::Slug;
use crate::id::{
    ActivityId, ApprovalId, AuditId, BackupId, ConnectionId, EventId, JobId, MemoryId, OwnerId, RequestId,
    TaskId,
};
use crate::key::KeyHash;
use crate::keyring::Purpose;
use crate::notice::Notice;
use crate::table::{Expiry, Places, Query, RowKey, Slot};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::fmt::Display;
use std::ops::Range;

pub const DATA: &str = "data/";
pub const TRASH: &str = "trash/";
pub const NOTICE: &str = "notice/";
pub const ASKED: &str = "asked/";
pub const AUDIT: &str = "audit/";
pub const CONNECTIONS: &str = "conn/";
const HISTORY: &str = "hist/";
pub const FEED: &str = "feed/";
const DUE: &str = "due/";
const DUE_TIME: &str = "%Y%m%dT%H%M%SZ";

/// For how long it is known what changed: what can be followed, looked up and undone. Rows live a little longer, so that
/// no two clocks have to agree.
pub const KEPT: SignedDuration = SignedDuration::from_hours(24 * 90);

pub fn is_logged(sort: &str) -> bool {
    [DATA, TRASH, NOTICE, ASKED, AUDIT, CONNECTIONS].iter().any(|kind| sort.starts_with(kind))
}

pub fn connection(owner: OwnerId, id: ConnectionId) -> RowKey {
    RowKey::new(owner, format!("{CONNECTIONS}{id}"))
}

pub fn connections(owner: OwnerId) -> Query {
    Query::prefix(owner, CONNECTIONS)
}

/// Who has a name; the row is what makes it theirs alone.
pub fn slug(owner: OwnerId, slug: &Slug) -> RowKey {
    RowKey::new(owner, format!("slug/{slug}"))
}

/// Written with the connection itself, in the same transaction (see `connection::gate`).
pub fn rate(owner: OwnerId, id: ConnectionId) -> RowKey {
    RowKey::new(owner, format!("rate/{id}"))
}

pub fn code(owner: OwnerId, id: ConnectionId, hash: &KeyHash) -> RowKey {
    RowKey::new(owner, format!("code/{id}/{}", hash.short()))
}

pub fn family(owner: OwnerId, id: ConnectionId, hash: &KeyHash) -> RowKey {
    RowKey::new(owner, format!("family/{id}/{}", hash.short()))
}

const APPROVALS: &str = "appr/";

pub fn approval(owner: OwnerId, id: ApprovalId) -> RowKey {
    RowKey::new(owner, format!("{APPROVALS}{id}"))
}

pub fn approvals(owner: OwnerId) -> Query {
    Query::prefix(owner, APPROVALS)
}

/// Where it is found while it waits.
pub fn waiting_approval(connection: ConnectionId, id: ApprovalId) -> String {
    format!("{APPROVALS}{connection}/{id}")
}

/// Of one connection, or of all of them, oldest first in each.
pub fn waiting_approvals(owner: OwnerId, connection: Option<ConnectionId>) -> Query {
    let of = connection.map(|connection| format!("{connection}/")).unwrap_or_default();
    Query::places(owner, Slot::First, &format!("{APPROVALS}{of}"))
}

pub fn spent(owner: OwnerId, nonce: &str) -> RowKey {
    RowKey::new(owner, format!("spent/{nonce}"))
}

pub fn activity(owner: OwnerId, id: ConnectionId, activity: ActivityId) -> RowKey {
    RowKey::new(owner, format!("act/{id}/{activity}"))
}

pub fn activities(owner: OwnerId, id: ConnectionId) -> Query {
    Query::prefix(owner, &format!("act/{id}/"))
}

pub fn seen(owner: OwnerId, id: ConnectionId) -> RowKey {
    RowKey::new(owner, format!("seen/{id}"))
}

pub fn notice(owner: OwnerId, notice: &Notice) -> RowKey {
    RowKey::new(owner, format!("{NOTICE}{}/{}", notice.connection, notice.occasion()))
}

/// Longer than any of its occasions can come up again.
pub fn notice_expiry(at: Timestamp) -> Expiry {
    Expiry::at(at + SignedDuration::from_hours(24 * 40))
}

/// Whoever writes a webhook, or begins or ends to park what is for it, touches this, so that who remembers them knows.
pub fn hooks(owner: OwnerId) -> RowKey {
    RowKey::new(owner, "hooks")
}

const DELIVERIES: &str = "dlv/";

pub fn delivery(owner: OwnerId, id: ConnectionId, event: EventId) -> RowKey {
    RowKey::new(owner, format!("{DELIVERIES}{id}/{event}"))
}

/// Oldest first.
pub fn deliveries(owner: OwnerId, id: ConnectionId) -> Query {
    Query::prefix(owner, &format!("{DELIVERIES}{id}/"))
}

/// Where it is found while it is `parked` or `waiting`, or once it has `failed`.
pub fn delivery_place(id: ConnectionId, state: &str, event: EventId) -> String {
    format!("{DELIVERIES}{id}/{state}/{event}")
}

/// Oldest first.
pub fn deliveries_that_are(owner: OwnerId, id: ConnectionId, state: &str) -> Query {
    Query::places(owner, Slot::First, &format!("{DELIVERIES}{id}/{state}/"))
}

/// What happened is told for so long.
pub fn delivery_expiry(at: Timestamp) -> Expiry {
    Expiry::at(at + SignedDuration::from_hours(24 * 30))
}

/// One row for each call.
pub fn asked(owner: OwnerId, id: ConnectionId, call: RequestId) -> RowKey {
    RowKey::new(owner, format!("{ASKED}{id}/{call}"))
}

pub fn health(owner: OwnerId, id: ConnectionId) -> RowKey {
    RowKey::new(owner, format!("hook/{id}"))
}

/// Longer than anything can be parked.
pub fn health_expiry(written_at: Timestamp) -> Expiry {
    Expiry::at(written_at + SignedDuration::from_hours(24 * 40))
}

pub fn job(owner: OwnerId, id: JobId) -> RowKey {
    RowKey::new(owner, format!("job/{id}"))
}

pub fn jobs(owner: OwnerId) -> Query {
    Query::prefix(owner, "job/")
}

/// Under its connection: another's is not there.
pub fn backup(owner: OwnerId, connection: ConnectionId, id: BackupId) -> RowKey {
    RowKey::new(owner, format!("backup/{connection}/{id}"))
}

pub fn backups(owner: OwnerId, connection: ConnectionId) -> Query {
    Query::prefix(owner, &format!("backup/{connection}/"))
}

pub fn backup_part(owner: OwnerId, id: BackupId, number: u32) -> RowKey {
    RowKey::new(owner, format!("part/{id}/{number:06}"))
}

/// One item of a noun.
pub fn item(owner: OwnerId, noun: &str, id: &impl Display) -> RowKey {
    RowKey::new(owner, format!("{DATA}{noun}/{id}"))
}

/// Whose name it is, for nouns of which no two have one.
pub fn name(owner: OwnerId, noun: &str, name: &str) -> RowKey {
    RowKey::new(owner, format!("name/{noun}/{}", name.trim().to_lowercase()))
}

pub fn items(owner: OwnerId, noun: &str) -> Query {
    Query::prefix(owner, &format!("{DATA}{noun}/"))
}

/// Who waits for a task.
pub fn waiting(owner: OwnerId, task: TaskId) -> RowKey {
    RowKey::new(owner, format!("wait/{task}"))
}

/// In how many parts an owner's entries are read at once.
const FIND_PARTS: u8 = 8;

/// What a search reads of a memory.
pub fn entry(owner: OwnerId, id: MemoryId) -> RowKey {
    let part = id.as_bytes().last().map_or(0, |random| random % FIND_PARTS);
    RowKey::new(owner, format!("find/{part}/{id}"))
}

/// Counts how often something was written in the part in which an entry lies.
pub fn head_of(entry: &RowKey) -> RowKey {
    let part = entry.sort.rsplit_once('/').map_or(entry.sort.as_str(), |(part, _)| part);
    RowKey::new(entry.owner, part.to_owned())
}

/// Of all parts, in the order of `entries`.
pub fn heads(owner: OwnerId) -> impl Iterator<Item = RowKey> {
    (0..FIND_PARTS).map(move |part| RowKey::new(owner, format!("find/{part}")))
}

/// All of them, newest first in each part.
pub fn entries(owner: OwnerId) -> impl Iterator<Item = Query> {
    (0..FIND_PARTS).map(move |part| Query::prefix(owner, &format!("find/{part}/")).newest_first())
}

/// Whoever relies on what lies there, or does not, writes this row; whoever comes there touches it.
pub fn coming(owner: OwnerId, place: &str) -> RowKey {
    RowKey::new(owner, format!("coming/{place}"))
}

/// Of those who say something at the same time, the one who writes this row is first.
pub fn said(owner: OwnerId, hash: &str) -> RowKey {
    RowKey::new(owner, format!("said/{hash}"))
}

/// Longer than any call takes.
pub fn said_expiry(at: Timestamp) -> Expiry {
    Expiry::at(at + SignedDuration::from_mins(10))
}

/// Where a row goes when it is deleted.
pub fn trash_of(key: &RowKey) -> RowKey {
    RowKey::new(key.owner, format!("{TRASH}{}", key.sort.strip_prefix(DATA).unwrap_or(&key.sort)))
}

/// Deleted rows can be restored for 30 days.
pub fn trash_expiry(deleted_at: Timestamp) -> Expiry {
    Expiry::at(deleted_at + SignedDuration::from_hours(24 * 30))
}

/// Where it is found by the time of its delete.
pub fn trash_places(key: &RowKey, deleted_at: Timestamp) -> Places {
    let rest = key.sort.strip_prefix(TRASH).unwrap_or(&key.sort);
    Places::from([(Slot::First, format!("{TRASH}{:020}/{rest}", deleted_at.as_microsecond()))])
}

/// By the time of their delete, oldest first.
pub fn trash(owner: OwnerId) -> Query {
    Query::places(owner, Slot::First, TRASH)
}

/// What lies, or lay, there: the same for an item, or a connection, and what is left of it in the trash.
pub fn what(key: &RowKey) -> Option<&str> {
    let is_connection = key.sort.starts_with(CONNECTIONS);
    let there = key.sort.strip_prefix(DATA).or_else(|| key.sort.strip_prefix(TRASH));
    there.or_else(|| is_connection.then_some(&key.sort))
}

pub fn history(owner: OwnerId, what: &str, version: u64) -> RowKey {
    RowKey::new(owner, format!("{HISTORY}{what}/{version:020}"))
}

pub fn history_version(key: &RowKey) -> Option<u64> {
    key.sort.rsplit('/').next()?.parse().ok()
}

/// Oldest first.
pub fn history_of(owner: OwnerId, what: &str) -> Query {
    Query::prefix(owner, &format!("{HISTORY}{what}/"))
}

pub fn feed(owner: OwnerId, number: u64) -> RowKey {
    RowKey::new(owner, format!("{FEED}{number:020}"))
}

/// Oldest first.
pub fn feed_of(owner: OwnerId) -> Query {
    Query::prefix(owner, FEED)
}

pub fn feed_expiry(sealed_at: Timestamp) -> Expiry {
    Expiry::at(sealed_at + KEPT + SignedDuration::from_hours(24))
}

/// Longer than the line of the feed that leads there.
pub fn history_expiry(told_at: Timestamp) -> Expiry {
    Expiry::at(told_at + KEPT + SignedDuration::from_hours(48))
}

pub fn usage(owner: OwnerId, id: ConnectionId, at: Timestamp) -> RowKey {
    RowKey::new(owner, format!("usage/{id}/{}", at.strftime("%Y%m%d%H")))
}

/// The hours that begin in the range, and the one that it begins in; the last part of each key is the hour.
pub fn usage_between(owner: OwnerId, id: ConnectionId, range: Range<Timestamp>) -> Query {
    let (start, end) = (usage(owner, id, range.start).sort, format!("{}/", usage(owner, id, range.end).sort));
    Query { range: start..end, ..Query::prefix(owner, "") }
}

pub fn usage_hour(key: &RowKey) -> Option<Timestamp> {
    let hour = key.sort.rsplit('/').next()?;
    let time = DateTime::strptime("%Y%m%d%H%M", format!("{hour}00")).ok()?;
    time.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp())
}

/// Hourly counters are kept for 40 days.
pub fn usage_expiry(at: Timestamp) -> Expiry {
    Expiry::at(at + SignedDuration::from_hours(24 * 40))
}

/// What it is about makes it unique at its time.
pub fn due(at: Timestamp, about: &str) -> RowKey {
    RowKey::new(OwnerId::LARDER, format!("{DUE}{}/{about}", at.strftime(DUE_TIME)))
}

/// Oldest first.
pub fn due_until(now: Timestamp) -> Query {
    let all = Query::prefix(OwnerId::LARDER, DUE);
    let end = format!("{DUE}{}/\u{10ffff}", now.strftime(DUE_TIME));
    Query { range: all.range.start..end, ..all }
}

pub fn audit(owner: OwnerId, id: AuditId) -> RowKey {
    RowKey::new(owner, format!("{AUDIT}{id}"))
}

/// Entries of this time: from the first moment on, before the last.
pub fn audit_between(owner: OwnerId, since: Option<Timestamp>, until: Option<Timestamp>) -> Query {
    let all = Query::prefix(owner, AUDIT);
    let edge = |at| audit(owner, AuditId::new(at, [0; 10])).sort;
    let start = since.map_or(all.range.start, edge);
    let end = until.map_or(all.range.end, edge);
    Query { range: start..end, ..all }
}

pub fn chain(owner: OwnerId) -> RowKey {
    RowKey::new(owner, "chain")
}

pub fn settings(owner: OwnerId) -> RowKey {
    RowKey::new(owner, "settings")
}

pub fn session(owner: OwnerId) -> RowKey {
    RowKey::new(owner, "session")
}

/// What it is called among its owner's is for the host to say.
pub fn signed_in(owner: OwnerId, name: &str) -> RowKey {
    RowKey::new(owner, format!("signin/{name}"))
}

/// Longer than a browser stays signed in.
pub fn signed_in_expiry(at: Timestamp) -> Expiry {
    Expiry::at(at + SignedDuration::from_hours(24 * 40))
}

pub fn used_link(owner: OwnerId, nonce: &str) -> RowKey {
    RowKey::new(owner, format!("link/{nonce}"))
}

pub fn data_key(owner: OwnerId, purpose: Purpose) -> RowKey {
    RowKey::new(owner, format!("key/{}", purpose.name()))
}

/// `name` stands for who called, what, and under which `Idempotency-Key`.
pub fn idempotency(owner: OwnerId, name: &str) -> RowKey {
    RowKey::new(owner, format!("idem/{name}"))
}

pub fn idempotency_expiry(at: Timestamp) -> Expiry {
    Expiry::at(at + SignedDuration::from_hours(24))
}
