//! What is asked for, as far as it may be read.

use super::Nouns;
use crate::asked::Asked;
use crate::page::{Page, cursor};
use crate::problem::Problem;
use domain::access::{Item as _, Scope, Shown};
use domain::collection::{Collection, CollectionName};
use domain::filter::{Clock, Filter as _};
use domain::list::List;
use domain::noun::Rules;
use domain::shelf::read;
use domain::sift::sift_on;
use domain::table::Row;
use domain::{Error, Result, table};
use futures_util::future::try_join;
use serde_json::value::RawValue;
use std::future::ready;
use std::sync::Arc;

impl<T: Rules> Nouns<'_, T> {
    pub async fn list(&self, asked: &Asked<T::Filter>) -> Result<Page<Shown<T>>, Problem> {
        let call = self.call;
        let Ok(filter) = &asked.filter else {
            let (scope, ()) = call.may(&T::DOES.list, ready(Ok(()))).await?;
            return Err(asked
                .check::<T>(&scope)
                .err()
                .unwrap_or_else(|| Problem::internal("nothing is wrong")));
        };
        let (limit, name) = (asked.page.limit()?, self.name(filter)?);
        let after = asked.page.place(call.app(), call.owner(), &name).await?;
        let read = call.may(&T::DOES.list, self.read(filter, after, limit));
        let ((scope, read), zone) = try_join(read, call.zone_of(filter.days())).await?;
        asked.check::<T>(&scope)?;
        let (list, first) = match read {
            Ok(read) => read,
            Err(unknown) if self.is_seen(&scope).await? => return Err(asked.refused(&unknown, &scope)),
            Err(_) => return Ok(Page { data: Vec::new(), next_cursor: None }),
        };
        if scope.is_whole() && filter.covers_all() {
            let all =
                sift_on(&*call.app().table, &list, first, limit, |row| self.told(row).map(Some)).await?;
            let next = cursor(all.next.as_deref(), call.app(), call.owner(), &name).await?;
            return Ok(Page { data: all.items.into_iter().map(Shown::Told).collect(), next_cursor: next });
        }
        let (clock, fields) = (Clock { at: call.at(), zone }, asked.fields::<T>());
        let shows = |own: Scope<'_>| fields.iter().all(|field| own.shows(field));
        let keep = |item: &T| scope.of(&item.subject()).is_some_and(shows) && filter.covers(item, &clock);
        let listing = call.shelf::<T>().kept(&list, first, limit, keep).await?;
        let listing = if scope.is_whole() { listing } else { listing.discreet() };
        let next = cursor(listing.next.as_deref(), call.app(), call.owner(), &name).await?;
        let shown = listing.items.into_iter().filter_map(|item| Shown::of(item, &scope).transpose());
        Ok(Page { data: shown.collect::<Result<_>>()?, next_cursor: next })
    }

    /// The list and its first page, or what cannot be asked for there.
    async fn read(
        &self,
        filter: &T::Filter,
        after: Option<String>,
        limit: usize,
    ) -> Result<Result<(List, table::Page)>> {
        let table = &*self.call.app().table;
        let list = match filter.list(&self.call.shelves(self.within.as_ref())).await {
            Err(Error::Invalid { pointer, detail }) => return Ok(Err(Error::Invalid { pointer, detail })),
            list => list?,
        };
        let first = list.page(table, after.as_deref(), limit).await?;
        Ok(Ok((list, first)))
    }

    /// All of an item.
    fn told(&self, row: &Row) -> Result<Arc<RawValue>> {
        self.call.app().remembered.items.of(row, |row| Shown::told(read::<T>(row)?))
    }

    /// Whether they lie where the caller sees anything: what can be asked for elsewhere it does not know.
    async fn is_seen(&self, scope: &Scope<'_>) -> Result<bool> {
        let Some(within) = &self.within else { return Ok(true) };
        let found = self.call.shelf::<Collection>().some([within.clone()]).await?;
        Ok(found.iter().flatten().any(|collection| scope.of(&collection.subject()).is_some()))
    }

    /// A cursor holds for one list: of these items, in this order.
    fn name(&self, filter: &T::Filter) -> Result<String> {
        let filter = serde_json::to_string(filter).map_err(Error::internal)?;
        let within = self.within.as_ref().map_or("", CollectionName::as_str);
        Ok(format!("{} {within} {filter}", T::NAME))
    }
}
