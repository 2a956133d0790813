//! The tool that puts away what may be read.

use super::{Entry, fit};
use crate::output;
use crate::parts::answer;
use domain::operation::BACKUP_USER_DATA;
use schemars::schema_for;
use web::{BackedUp, BackupParams, Backups};

const BACKUP: &str = "Put all that you may read away for a day, to be fetched by a link as JSON documents that can be \
    imported. What is large takes several calls: while it answers `status: working`, call it again with its `id`.";

pub(super) fn of() -> Entry {
    let (takes, answers) = (schema_for!(BackupParams), output::of::<BackedUp>());
    Entry::new(&BACKUP_USER_DATA, BACKUP.to_owned(), takes, answers, |call, arguments| {
        Box::pin(async move { answer(&Backups(call).run(fit(arguments)?).await?) })
    })
}
