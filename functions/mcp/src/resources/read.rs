//! What each resource says.

use super::uri::Address;
use crate::parts::{allowed, answer, fitting, page, value};
use crate::tools::goals;
use domain::filter::Day;
use domain::goal::Goal;
use domain::id::Me;
use domain::life_area::LifeArea;
use domain::memory::Memory;
use domain::noun::Rules;
use domain::preferences::Preferences;
use domain::profile::Profile;
use domain::record::Record;
use domain::shelf::Entity;
use futures_util::FutureExt as _;
use futures_util::future::try_join;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use web::approval::own;
use web::{Analytics, Call, Nouns, Place, Problem, Within};

impl Address {
    pub(super) async fn read(self, call: &Call) -> Result<String, Problem> {
        let json = match self {
            Self::Today => return day(call, Analytics(call).today().await?).await,
            Self::Daily(date) => return day(call, date).await,
            Self::Profile => fitting(|most| profile(call, most.unwrap_or(50))).await?,
            Self::Goal(id) => goals::with_all(call, id).await?,
            Self::LifeAreas => fitting(|most| areas(call, most.unwrap_or(100))).await?,
            Self::Approval(id) => answer(&own(call, id).await?)?,
            Self::Memory(id) => answer(&Nouns::<Memory>::of(call).get(id).await?.0)?,
            Self::Record(within, id) => {
                answer(&Nouns::<Record>::of(call).within(Within(Some(within))).get(id).await?.0)?
            }
        };
        Ok(json.get().to_owned())
    }
}

async fn day(call: &Call, Day(date): Day) -> Result<String, Problem> {
    Ok(Analytics(call).daily(date, Place::default()).await?.markdown())
}

async fn areas(call: &Call, most: usize) -> Result<(Box<RawValue>, usize), Problem> {
    let areas = page::<LifeArea>(call, [("limit", json!(most))]).await?;
    Ok((answer(&areas)?, areas.data.len()))
}

/// The person, and what they are after now.
async fn profile(call: &Call, most: usize) -> Result<(Box<RawValue>, usize), Problem> {
    let goals = |status, most| async move {
        value(&page::<Goal>(call, [("status", json!(status)), ("limit", json!(most))]).await?.data)
    };
    let known = allowed(vec![
        ("preferences", one::<Preferences>(call).boxed()),
        ("active_goals", goals("active", most).boxed()),
        ("recently_completed", goals("completed", most.min(10)).boxed()),
    ]);
    let (profile, mut said) = try_join(one::<Profile>(call), known).await?;
    let count = said.get("active_goals").and_then(Value::as_array).map_or(0, Vec::len);
    said.insert("profile".to_owned(), profile);
    Ok((answer(&said)?, count))
}

async fn one<T: Rules + Entity<Id = Me>>(call: &Call) -> Result<Value, Problem> {
    value(&Nouns::<T>::of(call).get(Me::Me).await?.0)
}
