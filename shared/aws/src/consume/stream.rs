//! Batches of the table's stream: one change after the other, because their order counts.

use super::{Batch, Failures, Record, outcome, told};
use crate::{Error, StreamRecord};
use domain::outcome::{Consumer, Outcome};
use domain::table::RowChange;
use serde_json::Value;

impl Record for RowChange {
    type Host = ();

    fn host() -> Result<(), Error> {
        Ok(())
    }

    /// Lambda goes on at the first one that is named.
    async fn consume_all(batch: Batch, consumer: &impl Consumer<Self>, (): &()) -> Result<Failures, Error> {
        let (mut changes, mut strange) = (Vec::new(), None);
        for record in batch.records {
            let position = told(&record, "/dynamodb/SequenceNumber")?.to_owned();
            match change(record) {
                Ok(change) => changes.extend(change),
                Err(error) => {
                    strange = Some((position, Err(error)));
                    break;
                }
            }
        }
        let first = changes.first().map(|change| change.position.clone());
        if let Some(first) = &first
            && outcome(first, consumer.begin(&changes)).await.is_none()
        {
            return Ok(Failures::from_iter([first.clone()]));
        }
        let mut stopped = None;
        let changes = changes.into_iter().map(|change| (change.position.clone(), Ok(change)));
        for (position, change) in changes.chain(strange) {
            // A stream cannot wait for one of its records: later is at once.
            let consumed = async { consumer.consume(change?).await };
            if !matches!(outcome(&position, consumed).await, Some(Outcome::Done | Outcome::PutAside)) {
                stopped = Some(position);
                break;
            }
        }
        if let Some(first) = first
            && outcome(&first, consumer.end()).await.is_none()
        {
            stopped = Some(first);
        }
        Ok(stopped.into_iter().collect())
    }
}

fn change(record: Value) -> domain::Result<Option<RowChange>> {
    let record: StreamRecord = serde_json::from_value(record).map_err(domain::Error::internal)?;
    record.change()
}
