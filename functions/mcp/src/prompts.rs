//! The prompts: what people start from a menu. Their texts are fixed; what was given or stored is data behind them.

use crate::resources;
use domain::connection::Connection;
use domain::operation::{APPLY_GOAL_PLAN, MEMORIES, Operation, SEARCH_MEMORIES, TASKS};
use jiff::Timestamp;
use rmcp::model::{
    ContentBlock, ErrorData, GetPromptRequestParams, GetPromptResult, JsonObject, Prompt, PromptArgument,
    PromptMessage, Role,
};
use serde_json::Value;
use web::{Call, Problem};

pub(crate) struct Kind {
    pub(crate) name: &'static str,
    title: &'static str,
    says: &'static str,
    text: &'static str,
    arguments: &'static [Argument],
    /// What lies behind the text.
    shows: &'static [Shows],
    /// The tool that it cannot do without.
    needs: &'static Operation,
}

struct Argument {
    name: &'static str,
    says: &'static str,
    is_required: bool,
}

enum Shows {
    /// This resource, if it may be read.
    Known(&'static str),
    /// The one to which an argument leads, or, where that is absent, the other.
    Named { template: &'static str, argument: &'static str, otherwise: Option<&'static str> },
}

/// How many characters an argument has at most.
const MOST: usize = 2_000;

pub(crate) static DAILY_PLANNING: Kind = Kind {
    name: "daily_planning",
    title: "Plan a day",
    says: "Plan a day with what is due, overdue and in progress.",
    text: include_str!("../../../templates/prompts/daily_planning.md"),
    arguments: &[Argument {
        name: "date",
        says: "The day (YYYY-MM-DD); today if it is absent.",
        is_required: false,
    }],
    shows: &[Shows::Named {
        template: "larder://me/daily/{}",
        argument: "date",
        otherwise: Some("larder://me/today"),
    }],
    needs: &TASKS.list,
};

static WEEKLY_REVIEW: Kind = Kind {
    name: "weekly_review",
    title: "Review the week",
    says: "Go through what was done in the last week, and what comes next.",
    text: include_str!("../../../templates/prompts/weekly_review.md"),
    arguments: &[],
    shows: &[Shows::Known("larder://me/profile"), Shows::Known("larder://me/today")],
    needs: &TASKS.list,
};

pub(crate) static DECOMPOSE_GOAL: Kind = Kind {
    name: "decompose_goal",
    title: "Break down a goal",
    says: "Break a goal down into tasks: one of the person's, by its id, or one in their own words.",
    text: include_str!("../../../templates/prompts/decompose_goal.md"),
    arguments: &[
        Argument { name: "goal_id", says: "The id of a goal that there is.", is_required: false },
        Argument { name: "goal", says: "The goal in a few words, if there is none yet.", is_required: false },
        Argument { name: "context", says: "What else there is to know.", is_required: false },
    ],
    shows: &[Shows::Named { template: "larder://goals/{}/context", argument: "goal_id", otherwise: None }],
    needs: &APPLY_GOAL_PLAN,
};

static REFLECT: Kind = Kind {
    name: "reflect",
    title: "Reflect",
    says: "Three questions about something that happened, and a memory of the answers.",
    text: include_str!("../../../templates/prompts/reflect.md"),
    arguments: &[Argument { name: "topic", says: "What about.", is_required: false }],
    shows: &[],
    needs: &MEMORIES.create,
};

static PLAN_FROM_MEMORY: Kind = Kind {
    name: "plan_from_memory",
    title: "Plan from memory",
    says: "Make a plan out of what is remembered of a topic.",
    text: include_str!("../../../templates/prompts/plan_from_memory.md"),
    arguments: &[Argument { name: "topic", says: "What it is about.", is_required: true }],
    shows: &[],
    needs: &SEARCH_MEMORIES,
};

static ALL: [&Kind; 5] = [&DAILY_PLANNING, &WEEKLY_REVIEW, &DECOMPOSE_GOAL, &REFLECT, &PLAN_FROM_MEMORY];

/// Of this name, if the connection may use it.
pub(crate) fn named(name: &str, connection: &Connection, at: Timestamp) -> Option<&'static Kind> {
    ALL.into_iter().find(|kind| kind.name == name && kind.is_for(connection, at))
}

pub(crate) fn offered(connection: &Connection, at: Timestamp) -> impl Iterator<Item = Prompt> {
    ALL.into_iter().filter(move |kind| kind.is_for(connection, at)).map(Kind::spec)
}

pub(crate) async fn get(call: &Call, asked: GetPromptRequestParams) -> Result<GetPromptResult, ErrorData> {
    made(call, &asked.name, &asked.arguments.unwrap_or_default()).await.map_err(|problem| {
        problem.log(call.request());
        let said = problem.detail().to_owned();
        let is_ours = problem.status.is_server_error();
        call.set_refusal(problem);
        if is_ours { ErrorData::internal_error(said, None) } else { ErrorData::invalid_params(said, None) }
    })
}

async fn made(call: &Call, name: &str, given: &JsonObject) -> Result<GetPromptResult, Problem> {
    let connection = call.admission().await?;
    let unknown = || Problem::invalid("/name", format!("there is no prompt `{name}`"));
    let kind = named(name, connection, call.at()).ok_or_else(unknown)?;
    let given = kind.checked(given)?;
    let mut messages = vec![PromptMessage::new_text(Role::User, kind.said(&given))];
    for shows in kind.shows {
        let Some((uri, argument)) = shows.uri(&given) else { continue };
        match resources::found(call, &uri).await {
            Ok(found) => {
                let blocks = found.contents.into_iter().map(ContentBlock::resource);
                messages.extend(blocks.map(|block| PromptMessage::new(Role::User, block)));
            }
            Err(problem) if problem.status.is_server_error() => return Err(problem),
            Err(_) => {
                let Some(name) = argument else { continue };
                return Err(wrong(name, "it leads to nothing that you may read"));
            }
        }
    }
    Ok(GetPromptResult::new(messages).with_description(kind.says))
}

fn wrong(argument: &str, said: impl Into<String>) -> Problem {
    Problem::invalid(format!("/arguments/{argument}"), said)
}

impl Kind {
    pub(crate) fn is_for(&self, connection: &Connection, at: Timestamp) -> bool {
        connection.allows(self.needs, at).is_ok()
    }

    fn spec(&self) -> Prompt {
        let arguments = self.arguments.iter().map(|argument| {
            PromptArgument::new(argument.name)
                .with_description(argument.says)
                .with_required(argument.is_required)
        });
        let arguments = Some(arguments.collect::<Vec<_>>()).filter(|all| !all.is_empty());
        Prompt::new(self.name, Some(self.says), arguments).with_title(self.title)
    }

    /// The arguments in their order.
    fn checked<'a>(&self, given: &'a JsonObject) -> Result<Given<'a>, Problem> {
        let known: Vec<_> = self.arguments.iter().map(|argument| argument.name).collect();
        if let Some(name) = given.keys().find(|name| !known.contains(&name.as_str())) {
            return Err(wrong(name, format!("there is no such argument; there are: {}", known.join(", "))));
        }
        let mut checked = Vec::new();
        for Argument { name, says, is_required } in self.arguments {
            match given.get(*name) {
                None if *is_required => return Err(wrong(name, format!("it is needed. {says}"))),
                None => {}
                Some(Value::String(text)) if text.chars().count() <= MOST => checked.push((*name, &**text)),
                Some(_) => {
                    return Err(wrong(name, format!("a text of at most {MOST} characters is expected")));
                }
            }
        }
        Ok(checked)
    }

    /// The text, and behind it what was given, quoted.
    fn said(&self, given: &Given<'_>) -> String {
        let mut said = self.text.to_owned();
        if !given.is_empty() {
            said.push_str("\nWhat I give you for it:\n");
        }
        for (name, text) in given {
            said.push_str(&format!("* {name}: {}\n", Value::from(*text)));
        }
        said
    }
}

type Given<'a> = Vec<(&'static str, &'a str)>;

impl Shows {
    /// Where it is, and by which argument it was asked for.
    fn uri(&self, given: &Given<'_>) -> Option<(String, Option<&'static str>)> {
        match self {
            Self::Known(uri) => Some(((*uri).to_owned(), None)),
            Self::Named { template, argument, otherwise } => {
                let named = given.iter().find(|(name, _)| name == argument);
                let named = named.map(|(_, text)| (template.replace("{}", text), Some(*argument)));
                named.or_else(|| otherwise.map(|uri| (uri.to_owned(), None)))
            }
        }
    }
}
