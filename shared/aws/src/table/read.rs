//! Reading many rows: DynamoDB answers in pieces, the port in one.

use super::row::{self, Item, text};
use super::{DynamoTable, SORT};
use crate::fault::refused;
use aws_sdk_dynamodb::types::KeysAndAttributes;
use domain::table::{Page, Query, Row, RowKey, Slot, Start};
use domain::{Error, Result};
use std::collections::{BTreeMap, BTreeSet};

/// Answers in a row that may bring nothing new before the store counts as busy.
const MOST_EMPTY_ANSWERS: usize = 3;

impl DynamoTable {
    pub(super) async fn read_many(&self, keys: &[RowKey]) -> Result<Vec<Option<Row>>> {
        let mut found: BTreeMap<RowKey, Row> = BTreeMap::new();
        let mut missing: Vec<Item> = keys.iter().collect::<BTreeSet<_>>().into_iter().map(row::key).collect();
        let mut empty_answers = 0;
        while !missing.is_empty() {
            let asked = KeysAndAttributes::builder().set_keys(Some(missing)).consistent_read(true).build();
            let ask = self.client.batch_get_item().request_items(&self.name, asked.map_err(Error::internal)?);
            let answer = ask.send().await.map_err(refused)?;
            let items: Vec<_> = answer.responses.unwrap_or_default().into_values().flatten().collect();
            let left = answer.unprocessed_keys.and_then(|mut left| left.remove(&self.name));
            missing = left.map(|left| left.keys).unwrap_or_default();
            empty_answers = if items.is_empty() { empty_answers + 1 } else { 0 };
            if empty_answers == MOST_EMPTY_ANSWERS && !missing.is_empty() {
                return Err(Error::Busy);
            }
            for item in items {
                found.extend(self.unexpired(item)?.map(|row| (row.key.clone(), row)));
            }
        }
        Ok(keys.iter().map(|key| found.get(key).cloned()).collect())
    }

    pub(super) async fn read_range(&self, query: &Query) -> Result<Page> {
        let mut page = Page::default();
        let Some(start) = query.start()? else { return Ok(page) };
        let mut behind = match start {
            Start::Edge => None,
            Start::Behind { key, sort } => Some(place(query, key, sort)),
        };
        while page.rows.len() < query.limit {
            let wanted = query.limit - page.rows.len();
            let (items, last) = self.read_piece(query, behind, wanted).await?;
            for item in items {
                // The range is half-open, DynamoDB's is not.
                let is_end =
                    item.get(column(query)).and_then(|key| key.as_s().ok()) == Some(&query.range.end);
                page.rows.extend(self.unexpired(item)?.filter(|_| !is_end));
            }
            let Some(last) = last else { return Ok(page) };
            behind = Some(last);
        }
        page.next = page.rows.last().map(|row| query.position(row));
        Ok(page)
    }

    /// DynamoDB refuses to start outside of the range.
    async fn read_piece(
        &self,
        query: &Query,
        behind: Option<Item>,
        most: usize,
    ) -> Result<(Vec<Item>, Option<Item>)> {
        let ask = self.client.query().table_name(&self.name).consistent_read(true);
        let ask = ask.set_index_name(query.by.map(|slot| slot.name().to_owned()));
        let ask = ask.scan_index_forward(!query.newest_first).set_exclusive_start_key(behind);
        let ask = ask.limit(i32::try_from(most).unwrap_or(i32::MAX));
        let ask = ask.expression_attribute_values(":owner", text(query.owner.to_string()));
        let ask = ask.expression_attribute_values(":end", text(query.range.end.as_str()));
        let key = column(query);
        let ask = if query.range.start.is_empty() {
            // No key may be empty, not even as a limit.
            ask.key_condition_expression(format!("pk = :owner AND {key} < :end"))
        } else {
            ask.key_condition_expression(format!("pk = :owner AND {key} BETWEEN :start AND :end"))
                .expression_attribute_values(":start", text(query.range.start.as_str()))
        };
        let answer = ask.send().await.map_err(refused)?;
        Ok((answer.items.unwrap_or_default(), answer.last_evaluated_key))
    }
}

/// What the query's order is by: an index has the name of its attribute.
fn column(query: &Query) -> &'static str {
    query.by.map_or(SORT, Slot::name)
}

fn place(query: &Query, key: &str, sort: &str) -> Item {
    let mut place = row::key(&RowKey::new(query.owner, sort));
    place.insert(column(query).to_owned(), text(key));
    place
}
