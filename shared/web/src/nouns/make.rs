//! Making one.

use super::{Nouns, Written, names, read, within};
use crate::body::Sent;
use crate::problem::Problem;
use domain::access::{Action, Scope};
use domain::noun::{Alike, Rules};
use domain::operation::Operation;
use domain::table::{Expect, Put, Row};
use domain::{Error, Result, schema};

impl<T: Rules> Nouns<'_, T> {
    /// `beside` is what the same transaction keeps of the answer.
    pub async fn create(
        &self,
        new: Sent<T::New>,
        beside: impl Fn(&Written<T>) -> Result<Option<Put>>,
    ) -> Result<Written<T>, Problem> {
        self.make(&T::DOES.create, self.call.app().entropy.bytes(), new, beside).await
    }

    pub(super) async fn make(
        &self,
        operation: &Operation,
        random: [u8; 10],
        new: Sent<T::New>,
        beside: impl Fn(&Written<T>) -> Result<Option<Put>>,
    ) -> Result<Written<T>, Problem> {
        let alike = new.peek().and_then(|new| T::alike(self.call.owner(), new));
        let (scope, mut there) = self.call.may(operation, self.all_of(alike.as_ref())).await?;
        let names = names::<T, _>(&new);
        let new = read(&scope, new, &names)?;
        let writer = self.call.writer();
        let item = T::new(T::mint(&new, writer.at, random), new, &writer);
        let reads = self.call.scope(Action::Read, T::RESOURCE).await?.ok();
        let fits = within(&scope, &item, &names).is_ok();
        let mut said = Expect::Absent;
        loop {
            if let Some(there) = already(&there, reads.as_ref()).filter(|_| fits) {
                let there = Written { is_new: false, ..Written::of(there, reads.as_ref())? };
                if let Some(put) = beside(&there)? {
                    self.desk().await?.keep(put).await?;
                }
                return Ok(there);
            }
            let beside = |item: &T| {
                let kept = beside(&Written::of(item.clone(), reads.as_ref())?)?;
                let first = alike.as_ref().map(|alike| {
                    let expires = Some(schema::said_expiry(writer.at));
                    Put { expires, ..Put::new(alike.said.clone(), "", said) }
                });
                Ok(kept.into_iter().chain(first).collect())
            };
            // Each try is an operation of its own.
            let desk = self.desk().await?;
            let may = |item: &T| {
                within(&scope, item, &names)?;
                self.unasked(operation, &scope, [item], |scope, item| within(scope, item, &names))
            };
            let made = desk.create(item.clone(), may, beside).await;
            match (made, &alike) {
                (Err(Error::Conflict), Some(alike)) => {
                    let row = self.call.app().table.get(&alike.said).await?;
                    // Nobody said it meanwhile: it is something else.
                    if Expect::of(row.as_ref()) == said {
                        return Err(Error::Conflict.into());
                    }
                    said = Expect::of(row.as_ref());
                    there = self.all_of(Some(alike)).await?;
                }
                (made, _) => return Ok(Written::of(made?, reads.as_ref())?),
            }
        }
    }

    async fn all_of(&self, alike: Option<&Alike>) -> Result<Vec<Row>> {
        let Some(alike) = alike else { return Ok(Vec::new()) };
        Ok(self.call.app().table.query(&alike.all).await?.rows)
    }
}

/// The first that a new one would repeat, if the writer reads that it does.
fn already<T: Rules>(alike: &[Row], reads: Option<&Scope<'_>>) -> Option<T> {
    let field = T::SAID_ONCE?;
    let mut items = alike.iter().filter_map(|row| serde_json::from_str::<T>(&row.body).ok());
    items.find(|item| reads.and_then(|reads| reads.of(&item.subject())).is_some_and(|seen| seen.shows(field)))
}
