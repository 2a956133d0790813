//! How a plan is come by: whoever calls makes it, or, without a model, a template does.

use super::{Applied, Applying, no_such_goal};
use crate::body::Sent;
use crate::nouns::Nouns;
use crate::problem::Problem;
use domain::access::{Action, Resource, Scope, Shown};
use domain::fit::fit;
use domain::goal::Goal;
use domain::id::GoalId;
use domain::number::Whole;
use domain::operation::{APPLY_GOAL_PLAN, DECOMPOSE_GOAL};
use domain::plan::{self, Plan};
use domain::table::Put;
use domain::text::Text;
use domain::{Error, Result};
use futures_util::future::try_join;
use jiff::civil::Date;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Decomposing {
    /// The goal.
    #[serde(default)]
    goal_id: Option<GoalId>,
    /// The goal in a few words, if there is none yet.
    #[serde(default)]
    goal_description: Option<Text<1, 2000>>,
    /// What else there is to know.
    #[serde(default)]
    context: Option<Text<0, 4000>>,
    /// 12 if it is absent.
    #[serde(default)]
    max_tasks: Option<Whole<1, 30>>,
    #[serde(default)]
    method: Method,
    /// Where there is a plan at once (`template`, `sampling`), make its tasks, too.
    #[serde(default)]
    apply: bool,
}

/// Who makes the plan: `prompt`, whoever calls, of a text and a schema; `sampling`, the model of an MCP client that lends
/// it, if its owner allows that, else as `prompt`; `template`, nobody: a usual one of its kind; `auto`, whoever can do it
/// best, which is that model or whoever calls.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Method {
    #[default]
    Auto,
    Prompt,
    Sampling,
    Template,
}

#[derive(Debug, Clone, Copy, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
enum Status {
    /// Make one that fits `schema`, as `prompt` says.
    NeedsPlan,
    /// `plan` is one; nothing is made yet.
    Planned,
    /// `applied` says what was made of `plan`.
    Applied,
}

#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct Decomposed {
    status: Status,
    method: Method,
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    schema: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    applied: Option<Applied>,
    /// What takes the plan, and makes its tasks.
    #[serde(skip_serializing_if = "Option::is_none")]
    next_tool: Option<&'static str>,
}

/// What there is to know of a goal for whoever plans.
const TOLD: [&str; 7] =
    ["title", "description", "success_criteria", "priority", "tags", "start_date", "target_date"];

const USUAL_TASKS: i64 = 12;

impl Nouns<'_, Goal> {
    /// `made` is the plan of a model that was lent, if it made one; `beside` is what is kept of the answer, if something
    /// is made.
    pub async fn decompose(
        &self,
        sent: Sent<Decomposing>,
        made: Option<Map<String, Value>>,
        beside: impl Fn(&Decomposed) -> Result<Option<Put>> + Sync,
    ) -> Result<Decomposed, Problem> {
        let id = sent.peek().and_then(|sent| sent.goal_id);
        let may = self.call.may(&DECOMPOSE_GOAL, self.goal(id));
        let ((scope, found), today) = try_join(may, self.today()).await?;
        let asked = sent.read()?;
        let goal = asked.goal(found, &scope)?;
        let planned = match (asked.method, made) {
            (Method::Template, _) => {
                let plan = asked.template(&goal, today)?;
                self.planned(Method::Template, plan).await?
            }
            // A model's plan is input like any other: one that is none is asked for anew.
            (_, Some(plan)) => match asked.sampled(plan) {
                Ok(plan) => self.planned(Method::Sampling, plan).await?,
                Err(_) => return self.ask(&asked, goal, today).await,
            },
            _ => return self.ask(&asked, goal, today).await,
        };
        if !asked.apply {
            return Ok(planned);
        }
        let applied = |applied: Applied| Decomposed {
            status: Status::Applied,
            applied: Some(applied),
            next_tool: None,
            ..planned.clone()
        };
        let sent = asked.applying(&planned)?;
        let beside = |made: &Applied| beside(&applied(made.clone()));
        match self.apply_plan(sent, beside).await {
            // Nobody can say yes to what only this answer knows: it is asked about when it is sent to be applied.
            Err(asks) if asks.asks().is_some() && planned.method == Method::Sampling => Ok(planned),
            made => Ok(applied(made?)),
        }
    }

    async fn ask(
        &self,
        asked: &Decomposing,
        goal: Map<String, Value>,
        today: Date,
    ) -> Result<Decomposed, Problem> {
        let most = asked.most();
        let known = json!({
            "today": today.to_string(),
            "most_tasks": most,
            "goal_id": asked.goal_id,
            "goal": goal,
            "context": asked.context,
        });
        let known = known.as_object().cloned().unwrap_or_default();
        let known = known.into_iter().filter(|(_, value)| !value.is_null()).collect();
        let (sees, next_tool) = self.sees().await?;
        let is_hidden = |name: &str| sees.as_ref().is_some_and(|sees| plan::is_hidden(sees, name));
        Ok(Decomposed {
            status: Status::NeedsPlan,
            method: Method::Prompt,
            prompt: Some(plan::prompt(known)),
            schema: Some(plan::schema(most, is_hidden)),
            plan: None,
            applied: None,
            next_tool,
        })
    }

    async fn planned(&self, method: Method, plan: Plan) -> Result<Decomposed, Problem> {
        let (sees, next_tool) = self.sees().await?;
        let mut plan = serde_json::to_value(plan).map_err(Error::internal)?;
        let tasks = plan.get_mut("suggested_tasks").and_then(Value::as_array_mut);
        for task in tasks.into_iter().flatten().filter_map(Value::as_object_mut) {
            task.retain(|name, _| !sees.as_ref().is_some_and(|sees| plan::is_hidden(sees, name)));
        }
        let (status, plan) = (Status::Planned, plan.as_object().cloned());
        Ok(Decomposed { status, method, prompt: None, schema: None, plan, applied: None, next_tool })
    }

    /// What of tasks the caller may know of, and what it may do with a plan.
    async fn sees(&self) -> Result<(Option<Scope<'_>>, Option<&'static str>), Problem> {
        let writes = self.call.admission().await?.allows(&APPLY_GOAL_PLAN, self.call.at()).ok();
        let next_tool = writes.as_ref().map(|_| APPLY_GOAL_PLAN.tool);
        let reads = self.call.scope(Action::Read, Resource::Tasks).await?.ok();
        Ok((writes.or(reads), next_tool))
    }
}

impl Decomposing {
    fn template(&self, goal: &Map<String, Value>, today: Date) -> Result<Plan> {
        let said = |name: &str| goal.get(name).and_then(Value::as_str).unwrap_or_default();
        let target: Option<Date> = said("target_date").parse().ok();
        let days = target.map(|target| i64::from((target - today).get_days()));
        let words = format!("{} {}", said("title"), said("description"));
        plan::template(&words, days, self.most())
    }

    fn sampled(&self, made: Map<String, Value>) -> Result<Plan> {
        let plan = fit::<Plan>(Value::Object(made), "")?.checked()?;
        let fits = plan.suggested_tasks.iter().len() <= self.most();
        fits.then_some(plan).ok_or_else(|| Error::invalid("", "more tasks than were asked for"))
    }

    fn most(&self) -> usize {
        usize::try_from(self.max_tasks.map_or(USUAL_TASKS, Whole::get)).unwrap_or(plan::MOST_TASKS)
    }

    /// As the caller sees it.
    fn goal(&self, found: Option<Goal>, scope: &Scope<'_>) -> Result<Map<String, Value>, Problem> {
        match (&self.goal_id, &self.goal_description) {
            (Some(_), None) => {
                let shown = found.map(|goal| Shown::of(goal, scope)).transpose()?.flatten();
                let mut goal = shown.ok_or_else(no_such_goal)?.fields()?;
                goal.retain(|name, _| TOLD.contains(&&**name));
                Ok(goal)
            }
            (None, Some(text)) => {
                Ok([("description".to_owned(), text.as_str().into())].into_iter().collect())
            }
            _ => Err(Problem::invalid("/goal_id", "give either `goal_id` or `goal_description`")),
        }
    }

    /// The same as who applies the plan says it; a goal that is not there yet is called by its first words.
    fn applying(&self, planned: &Decomposed) -> Result<Sent<Applying>, Problem> {
        let mut sent = Map::new();
        sent.insert("plan".to_owned(), planned.plan.clone().into());
        sent.extend(self.goal_id.map(|id| ("goal_id".to_owned(), json!(id))));
        if let Some(text) = &self.goal_description {
            let title: String = text.as_str().trim().chars().take(200).collect();
            let rest = Some(text).filter(|text| title != text.as_str());
            let rest = rest.map(|text| ("description".to_owned(), json!(text)));
            let goal: Map<_, _> = [("title".to_owned(), json!(title))].into_iter().chain(rest).collect();
            sent.insert("goal".to_owned(), goal.into());
        }
        Ok(Sent::of(sent))
    }
}
