//! The tool that shows what is due in a calendar.

use super::one::Nothing;
use super::{Entry, fit};
use crate::output;
use crate::parts::answer;
use domain::operation::SYNC_WITH_CALENDAR;
use schemars::schema_for;
use web::{Calendars, Subscription};

const SYNC: &str = "Get an address that a calendar app (Google, Apple, Outlook) subscribes to, to show open tasks and goals \
    by their due dates, as far as you may read them. Give it to the person only: whoever has it reads the calendar.";

pub(super) fn of() -> Entry {
    let (takes, answers) = (schema_for!(Nothing), output::of::<Subscription>());
    Entry::new(&SYNC_WITH_CALENDAR, SYNC.to_owned(), takes, answers, |call, arguments| {
        Box::pin(async move {
            let Nothing {} = fit(arguments)?;
            answer(&Calendars(call).subscribe().await?)
        })
    })
}
