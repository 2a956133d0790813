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
        for record in batch.records {
            let position = told(&record, "/dynamodb/SequenceNumber")?.to_owned();
            let Some(change) = change(record).transpose() else { continue };
            // A stream cannot wait for one of its records: later is at once.
            if outcome(consumer, &position, change).await != Some(Outcome::Done) {
                return Ok(Failures::from_iter([position]));
            }
        }
        Ok(Failures::default())
    }
}

fn change(record: Value) -> domain::Result<Option<RowChange>> {
    let record: StreamRecord = serde_json::from_value(record).map_err(domain::Error::internal)?;
    record.change()
}
