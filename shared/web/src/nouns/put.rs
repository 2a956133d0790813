//! Making an item under an id that the caller chose, or replacing the one that is there.

use super::{Nouns, Written, names, read, within};
use crate::body::Sent;
use crate::precondition::Condition;
use crate::problem::Problem;
use domain::access::{Scope, fields_of};
use domain::noun::Rules;
use domain::shelf::Left;
use domain::{Error, Result};
use http::StatusCode;
use serde_json::Value;
use std::future::ready;

impl<T: Rules> Nouns<'_, T> {
    /// Whether it was made, and what there is now.
    pub async fn put(
        &self,
        id: T::Id,
        new: Sent<T::New>,
        condition: Condition,
    ) -> Result<(bool, Written<T>), Problem> {
        let shelf = self.call.shelf::<T>();
        let (scope, left) = self.call.may(&T::DOES.put, shelf.left(id.clone())).await?;
        match left {
            Left::There(item) if !self.is_elsewhere(&item) => match self.covered(&scope, &item).await {
                Ok(()) => {
                    condition.allows(Some(item.version()))?;
                    Ok((false, self.replace(&scope, &item, new).await?))
                }
                Err(problem) if problem.status == StatusCode::FORBIDDEN => Err(problem),
                Err(_) => self.make_as(id, new, condition, true).await,
            },
            left => self.make_as(id, new, condition, matches!(left, Left::There(_))).await,
        }
    }

    async fn replace(&self, scope: &Scope<'_>, item: &T, new: Sent<T::New>) -> Result<Written<T>, Problem> {
        let names = names::<T, _>(&new);
        let new = read(scope, new, &names)?;
        within(scope, item, &names)?;
        let desk = self.desk().await?;
        let after = kept(scope, item, item.clone().replaced(new, &desk.writer), &names)?;
        let written = T::RESOURCE.fields().iter().copied().filter(|field| scope.shows(field));
        let all: Vec<_> = written.clone().map(str::to_owned).collect();
        let may = |after: &T| {
            within(scope, after, &names)?;
            // What was not given is written, too.
            self.unasked(&T::DOES.put, scope, [item, after], |scope, item| within(scope, item, &all))
        };
        let item = match self.is_unseen(item, written).await? {
            true => desk.replace_unseen(item, desk.stamped(after), may).await?,
            false => desk.replace(item, desk.stamped(after), may).await?,
        };
        self.written(item).await
    }

    async fn make_as(
        &self,
        id: T::Id,
        new: Sent<T::New>,
        condition: Condition,
        is_taken: bool,
    ) -> Result<(bool, Written<T>), Problem> {
        let (scope, ()) = self.call.may(&T::DOES.create, ready(Ok(()))).await?;
        let names = names::<T, _>(&new);
        let new = read(&scope, new, &names)?;
        let desk = self.desk().await?;
        let item = T::new(id.clone(), new, &desk.writer);
        within(&scope, &item, &names)?;
        if is_taken {
            return Err(Error::InTheWay(format!("the id `{id}` is in use; choose another one")).into());
        }
        condition.allows(None)?;
        let may = |item: &T| {
            within(&scope, item, &names)?;
            self.unasked(&T::DOES.put, &scope, [item], |scope, item| within(scope, item, &names))
        };
        let item = desk.create_as(item, may).await?;
        Ok((true, self.written(item).await?))
    }
}

/// With what a replacement does not reach: what the caller cannot see of it, and what follows from others unless it
/// was given.
fn kept<T: Rules>(scope: &Scope<'_>, before: &T, after: T, names: &[String]) -> Result<T> {
    let Some(scope) = scope.of(&before.subject()) else { return Ok(after) };
    let before = fields_of(before)?;
    let follow = T::follows(&before);
    let stays = |field: &&&str| {
        let follows = follow.contains(*field) && !names.iter().any(|name| name == *field);
        !T::DERIVED.contains(*field) && (follows || !scope.shows(field))
    };
    let fields: Vec<_> = T::FIELDS.iter().filter(stays).copied().collect();
    if fields.is_empty() {
        return Ok(after);
    }
    let mut after = fields_of(&after)?;
    for field in fields {
        match before.get(field) {
            Some(value) => drop(after.insert(field.to_owned(), value.clone())),
            None => drop(after.remove(field)),
        }
    }
    serde_json::from_value(Value::Object(after)).map_err(Error::internal)
}
