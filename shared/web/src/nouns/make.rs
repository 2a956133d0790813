//! Making one.

use super::{Nouns, Written, names, read, within};
use crate::body::Sent;
use crate::problem::Problem;
use domain::Result;
use domain::access::{Action, Scope};
use domain::noun::Rules;
use domain::operation::Operation;
use domain::table::{Query, Row, Write};

impl<T: Rules> Nouns<'_, T> {
    /// `beside` is what the same transaction keeps of the answer.
    pub async fn create(
        &self,
        new: Sent<T::New>,
        beside: impl Fn(&Written<T>) -> Result<Option<Write>>,
    ) -> Result<Written<T>, Problem> {
        self.make(&T::DOES.create, self.call.app().entropy.bytes(), new, beside).await
    }

    pub(super) async fn make(
        &self,
        operation: &Operation,
        random: [u8; 10],
        new: Sent<T::New>,
        beside: impl Fn(&Written<T>) -> Result<Option<Write>>,
    ) -> Result<Written<T>, Problem> {
        let alike = new.peek().and_then(|new| T::alike(self.call.owner(), new));
        let (scope, alike) = self.call.may(operation, self.all_of(alike)).await?;
        let names = names::<T, _>(&new);
        let new = read(&scope, new, &names)?;
        let desk = self.desk().await?;
        let id = T::mint(&new, desk.writer.at, random);
        let item = T::new(id, new, &desk.writer);
        let reads = self.call.scope(Action::Read, T::RESOURCE).await?.ok();
        if within(&scope, &item, &names).is_ok()
            && let Some(there) = already(&alike, reads.as_ref())
        {
            let there = Written { is_new: false, ..Written::of(there, reads.as_ref())? };
            if let Some(write) = beside(&there)? {
                desk.keep(write).await?;
            }
            return Ok(there);
        }
        let beside = |item: &T| beside(&Written::of(item.clone(), reads.as_ref())?);
        let item = desk.create(item, |item| within(&scope, item, &names), beside).await?;
        Ok(Written::of(item, reads.as_ref())?)
    }

    async fn all_of(&self, alike: Option<Query>) -> Result<Vec<Row>> {
        let Some(alike) = alike else { return Ok(Vec::new()) };
        Ok(self.call.app().table.query(&alike).await?.rows)
    }
}

/// The first that a new one would repeat, if the writer reads that it does.
fn already<T: Rules>(alike: &[Row], reads: Option<&Scope<'_>>) -> Option<T> {
    let field = T::SAID_ONCE?;
    let mut items = alike.iter().filter_map(|row| serde_json::from_str::<T>(&row.body).ok());
    items.find(|item| reads.and_then(|reads| reads.of(&item.subject())).is_some_and(|seen| seen.shows(field)))
}
