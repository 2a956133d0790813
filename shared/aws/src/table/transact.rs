//! All or nothing. A repeat under the same token must be the same to the byte, so that no condition may speak of the
//! time: the first round assumes that no row expires, and only if one does the second asks for the row as it was seen.

use super::DynamoTable;
use super::row::{self, Item, Marks, number};
use crate::fault::{may_pass, refused};
use aws_sdk_dynamodb::error::BuildError;
use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld;
use aws_sdk_dynamodb::types::builders::UpdateBuilder;
use aws_sdk_dynamodb::types::{
    CancellationReason, ConditionCheck, Delete, Put as PutItem, TransactWriteItem, Update,
};
use domain::id::OpId;
use domain::table::{Counters, Expect, Expiry, Write};
use domain::{Error, Result};
use std::collections::BTreeSet;

const CONDITION: &str = "ConditionalCheckFailed";

/// What has to hold of a row for its write to go through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Guard {
    Absent,
    /// It does not expire, if it is there.
    Endless,
    Lasting {
        version: u64,
    },
    Seen {
        version: u64,
        expires: Expiry,
    },
}

enum Sent {
    Done,
    /// For each write whose guard did not hold, the row that was there (no marks at all: none).
    Refused(Vec<Option<Marks>>),
}

impl DynamoTable {
    pub(super) async fn write_all(&self, writes: &[Write], op: OpId) -> Result<()> {
        for write in writes {
            if let Write::Put(put) = write {
                put.check()?;
            }
        }
        let mut guards: Vec<_> = writes.iter().map(Guard::first).collect();
        let Sent::Refused(found) = self.send(writes, &guards, op, op.to_string()).await? else {
            return Ok(());
        };
        if is_repeat(writes, &found, op) {
            return Ok(());
        }
        for ((write, guard), found) in writes.iter().zip(&mut guards).zip(found) {
            if let Some(marks) = found {
                *guard = self.second(write, marks).ok_or(Error::Conflict)?;
            }
        }
        match self.send(writes, &guards, op, format!("{op}_seen")).await? {
            Sent::Done => Ok(()),
            Sent::Refused(_) => Err(Error::Conflict),
        }
    }

    /// `None` when the write must not go through.
    fn second(&self, write: &Write, found: Marks) -> Option<Guard> {
        let (version, expires) = (found.version?, found.expires?);
        let goes_through = match Guard::first(write) {
            Guard::Lasting { version: expected } => version == expected && !self.is_past(Some(expires)),
            Guard::Absent | Guard::Endless | Guard::Seen { .. } => self.is_past(Some(expires)),
        };
        goes_through.then_some(Guard::Seen { version, expires })
    }

    async fn send(&self, writes: &[Write], guards: &[Guard], op: OpId, token: String) -> Result<Sent> {
        let items: Result<Vec<_>, _> =
            writes.iter().zip(guards).map(|(write, guard)| self.guarded(write, *guard, op)).collect();
        let transact = self.client.transact_write_items().client_request_token(token);
        let sent = transact.set_transact_items(Some(items.map_err(Error::internal)?)).send().await;
        let Err(error) = sent else { return Ok(Sent::Done) };
        match error.as_service_error() {
            Some(TransactWriteItemsError::IdempotentParameterMismatchException(_)) => Err(Error::TokenReused),
            Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) => {
                let reasons = cancelled.cancellation_reasons();
                if may_pass(reasons) {
                    return Err(Error::Busy);
                }
                if !reasons.iter().any(|reason| reason.code() == Some(CONDITION)) {
                    return Err(refused(error));
                }
                let found = |reason: &CancellationReason| reason.item().map(Marks::of).unwrap_or_default();
                let failed =
                    |reason: &CancellationReason| (reason.code() == Some(CONDITION)).then(|| found(reason));
                Ok(Sent::Refused(reasons.iter().map(failed).collect()))
            }
            _ => Err(refused(error)),
        }
    }

    fn guarded(&self, write: &Write, guard: Guard, op: OpId) -> Result<TransactWriteItem, BuildError> {
        let item = TransactWriteItem::builder();
        let (condition, values) = (guard.condition(), guard.values());
        let item = match write {
            Write::Put(put) => item.put(
                PutItem::builder()
                    .table_name(&self.name)
                    .set_item(Some(row::item(put, op)))
                    .condition_expression(condition)
                    .set_expression_attribute_values(values)
                    .return_values_on_condition_check_failure(AllOld)
                    .build()?,
            ),
            Write::Delete { key, .. } => item.delete(
                Delete::builder()
                    .table_name(&self.name)
                    .set_key(Some(row::key(key)))
                    .condition_expression(condition)
                    .set_expression_attribute_values(values)
                    .return_values_on_condition_check_failure(AllOld)
                    .build()?,
            ),
            Write::Check { key, .. } => item.condition_check(
                ConditionCheck::builder()
                    .table_name(&self.name)
                    .set_key(Some(row::key(key)))
                    .condition_expression(condition)
                    .set_expression_attribute_values(values)
                    .return_values_on_condition_check_failure(AllOld)
                    .build()?,
            ),
            // What is expired is there no more: nothing of it stays.
            Write::Set { key, .. } | Write::Touch { key } if guard != Guard::Endless => item.put(
                PutItem::builder()
                    .table_name(&self.name)
                    .set_item(Some(row::counted(key, &counters(write))))
                    .condition_expression(condition)
                    .set_expression_attribute_values(values)
                    .return_values_on_condition_check_failure(AllOld)
                    .build()?,
            ),
            Write::Set { key, set, drop } => item.update(
                setting(set, drop)
                    .table_name(&self.name)
                    .set_key(Some(row::key(key)))
                    .condition_expression(condition)
                    .return_values_on_condition_check_failure(AllOld)
                    .build()?,
            ),
            Write::Touch { key } => item.update(
                Update::builder()
                    .update_expression("SET v = if_not_exists(v, :none) + :one")
                    .expression_attribute_values(":none", number(0))
                    .expression_attribute_values(":one", number(1))
                    .table_name(&self.name)
                    .set_key(Some(row::key(key)))
                    .condition_expression(condition)
                    .return_values_on_condition_check_failure(AllOld)
                    .build()?,
            ),
        };
        Ok(item.build())
    }
}

fn counters(write: &Write) -> Counters {
    if let Write::Set { set, .. } = write { set.clone() } else { Counters::new() }
}

fn setting(set: &Counters, drop: &BTreeSet<String>) -> UpdateBuilder {
    let (mut expression, mut update) = ("SET v = if_not_exists(v, :first)".to_owned(), Update::builder());
    for (at, (name, to)) in set.iter().enumerate() {
        expression.push_str(&format!(", #s{at} = :s{at}"));
        update = update
            .expression_attribute_names(format!("#s{at}"), row::counter(name))
            .expression_attribute_values(format!(":s{at}"), number(to));
    }
    for (at, name) in drop.iter().enumerate() {
        expression.push_str(if at == 0 { " REMOVE " } else { ", " });
        expression.push_str(&format!("#d{at}"));
        update = update.expression_attribute_names(format!("#d{at}"), row::counter(name));
    }
    update.update_expression(expression).expression_attribute_values(":first", number(1))
}

impl Guard {
    fn first(write: &Write) -> Self {
        match write {
            Write::Put(put) => match put.expect {
                Expect::Absent | Expect::Gone(_) => Self::Absent,
                Expect::Version(version) => Self::Lasting { version },
            },
            Write::Delete { version, .. } | Write::Check { version, .. } => {
                Self::Lasting { version: *version }
            }
            Write::Set { .. } | Write::Touch { .. } => Self::Endless,
        }
    }

    const fn condition(self) -> &'static str {
        match self {
            Self::Absent => "attribute_not_exists(pk)",
            Self::Endless => "attribute_not_exists(exp)",
            Self::Lasting { .. } => "v = :v AND attribute_not_exists(exp)",
            Self::Seen { .. } => "v = :v AND exp = :exp",
        }
    }

    fn values(self) -> Option<Item> {
        let version = |version| (":v".to_owned(), number(version));
        match self {
            Self::Absent | Self::Endless => None,
            Self::Lasting { version: expected } => Some([version(expected)].into()),
            Self::Seen { version: seen, expires } => {
                Some([version(seen), (":exp".to_owned(), number(expires.0))].into())
            }
        }
    }
}

/// Whether every row that was to be put is as this very operation leaves it. The token tells this only of a first
/// round, and only for ten minutes.
fn is_repeat(writes: &[Write], found: &[Option<Marks>], op: OpId) -> bool {
    let own = writes.iter().zip(found).filter_map(|(write, found)| match write {
        Write::Put(put) => Some(found.as_ref().is_some_and(|marks| marks.are_of(put, op))),
        Write::Delete { .. } | Write::Check { .. } | Write::Set { .. } | Write::Touch { .. } => None,
    });
    own.reduce(|all, own| all && own).unwrap_or_default()
}
