//! Counting where there is room: one update whose condition compares numbers of the row with each other, so that the caller need not
//! know the limits, and a call that is refused changes nothing.

use super::DynamoTable;
use super::row::{self, LIVES, Marks, number};
use crate::fault::refused;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::types::ReturnValue;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure::AllOld;
use domain::Result;
use domain::table::{Claim, Counters, RowKey, Taken};

impl DynamoTable {
    pub(super) async fn take_up(&self, key: &RowKey, claim: &Claim) -> Result<Taken> {
        let update = self.client.update_item().table_name(&self.name).set_key(Some(row::key(key)));
        let mut update = update.expression_attribute_values(":now", number(self.clock.now().as_second()));
        let (mut condition, mut terms) = (LIVES.to_owned(), Vec::new());
        for (at, (name, below)) in claim.guards.iter().enumerate() {
            condition.push_str(&format!(" AND #g{at} > :g{at}"));
            update = update
                .expression_attribute_names(format!("#g{at}"), row::counter(name))
                .expression_attribute_values(format!(":g{at}"), number(below));
        }
        for (at, (name, most)) in claim.counters.iter().enumerate() {
            let (used, most_used) = (format!("#n{at}"), format!("#m{at}"));
            // Nothing can be compared with what is not there: the first of a counter has room unless there is none at all.
            condition.push_str(&format!(
                " AND (attribute_not_exists({most_used}) OR {used} < {most_used} \
                 OR (attribute_not_exists({used}) AND {most_used} > :none))"
            ));
            terms.push(format!("{used} :one"));
            update = update
                .expression_attribute_names(used, row::counter(name))
                .expression_attribute_names(most_used, row::counter(most));
        }
        let update = update
            .update_expression(format!("ADD {}", terms.join(", ")))
            .condition_expression(condition)
            .expression_attribute_values(":one", number(1))
            .expression_attribute_values(":none", number(0))
            .return_values(ReturnValue::AllNew)
            .return_values_on_condition_check_failure(AllOld);
        match update.send().await {
            Ok(answer) => {
                let counters = row::counters(&answer.attributes.unwrap_or_default())?;
                Ok(Taken { is_taken: true, counters })
            }
            Err(error) => match error.as_service_error() {
                Some(UpdateItemError::ConditionalCheckFailedException(failed)) => {
                    let live = failed.item().filter(|item| !self.is_past(Marks::of(item).expires));
                    let counters = live.map_or_else(|| Ok(Counters::new()), row::counters)?;
                    Ok(Taken { is_taken: false, counters })
                }
                _ => Err(refused(error)),
            },
        }
    }
}
