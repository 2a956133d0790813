//! Counting: one unconditional addition in the usual case, whatever the number of adders.

use super::DynamoTable;
use super::row::{self, EXPIRES, Item, VERSION, number};
use crate::fault::refused;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use domain::table::{Counters, Expiry, RowKey};
use domain::{Error, Result};

/// An expired row is in the way of at most one addition, unless rows expire faster than they are made.
const MOST_TURNS: usize = 4;

impl DynamoTable {
    pub(super) async fn add_up(
        &self,
        key: &RowKey,
        add: &[(&str, i64)],
        drop: &[&str],
        expires: Option<Expiry>,
    ) -> Result<Counters> {
        let Some(lives_until) = expires else {
            let added = self.add_to_live(key, add, drop, None).await?;
            return Ok(added.unwrap_or_default());
        };
        for _ in 0..MOST_TURNS {
            if let Some(counters) = self.add_to_live(key, add, drop, expires).await? {
                return Ok(counters);
            }
            if let Some(counters) = self.replace_expired(key, add, lives_until).await? {
                return Ok(counters);
            }
        }
        Err(Error::Busy)
    }

    /// `None` when the row is expired, or is not there and would have no end.
    async fn add_to_live(
        &self,
        key: &RowKey,
        add: &[(&str, i64)],
        drop: &[&str],
        expires: Option<Expiry>,
    ) -> Result<Option<Counters>> {
        let mut update = self.client.update_item().table_name(&self.name).set_key(Some(row::key(key)));
        let mut terms = Vec::new();
        for (at, (name, more)) in add.iter().enumerate() {
            terms.push(format!("#n{at} :n{at}"));
            update = update
                .expression_attribute_names(format!("#n{at}"), row::counter(name))
                .expression_attribute_values(format!(":n{at}"), number(more));
        }
        let mut expression = "SET v = if_not_exists(v, :first)".to_owned();
        if let Some(expires) = expires {
            expression.push_str(", exp = :exp");
            update = update.expression_attribute_values(":exp", number(expires.0));
        }
        if !terms.is_empty() {
            expression.push_str(" ADD ");
            expression.push_str(&terms.join(", "));
        }
        for (at, name) in drop.iter().enumerate() {
            expression.push_str(if at == 0 { " REMOVE " } else { ", " });
            expression.push_str(&format!("#d{at}"));
            update = update.expression_attribute_names(format!("#d{at}"), row::counter(name));
        }
        let lives = if expires.is_some() { row::NOT_EXPIRED } else { row::LIVES };
        let update = update
            .update_expression(expression)
            .condition_expression(lives)
            .expression_attribute_values(":first", number(1))
            .expression_attribute_values(":now", number(self.clock.now().as_second()))
            .return_values(ReturnValue::AllNew);
        match update.send().await {
            Ok(answer) => row::counters(&answer.attributes.unwrap_or_default()).map(Some),
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(_)) => Ok(None),
                _ => Err(refused(error)),
            },
        }
    }

    /// `None` when somebody else did it.
    async fn replace_expired(
        &self,
        key: &RowKey,
        add: &[(&str, i64)],
        expires: Expiry,
    ) -> Result<Option<Counters>> {
        let mut item: Item = row::key(key);
        item.insert(VERSION.to_owned(), number(1));
        item.insert(EXPIRES.to_owned(), number(expires.0));
        item.extend(add.iter().map(|(name, first)| (row::counter(name), number(first))));
        let counters = row::counters(&item)?;
        let write = self.client.put_item().table_name(&self.name).set_item(Some(item));
        let write = write.condition_expression("exp <= :now");
        let write = write.expression_attribute_values(":now", number(self.clock.now().as_second()));
        match write.send().await {
            Ok(_) => Ok(Some(counters)),
            Err(error) => match error.as_service_error() {
                Some(PutItemError::ConditionalCheckFailedException(_)) => Ok(None),
                _ => Err(refused(error)),
            },
        }
    }
}
