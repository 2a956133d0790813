//! One call of a tool: begun as a task, asked about, or done.

use crate::answer;
use crate::asks::Asked;
use crate::sampling::{Brought, Sampling};
use crate::server::Server;
use crate::tasks::{self, Tasks};
use crate::tools::{self, Told, Unanswered};
use rmcp::model::{CallToolRequestParams, CallToolResponse, ClientCapabilities, ErrorData, JsonObject};
use web::Problem;

/// What comes of a call: what its tool tells, or something else that the protocol has words for.
pub(crate) enum Came {
    Told(Told),
    Else(CallToolResponse),
}

pub(crate) type Called = Result<Came, ErrorData>;

impl Came {
    /// As the library says it.
    pub(crate) fn said(self, is_new: bool) -> Result<CallToolResponse, ErrorData> {
        match self {
            Self::Told(told) => answer::result(told, is_new)
                .map(Into::into)
                .map_err(|error| tools::refused(Problem::internal(error))),
            Self::Else(said) => Ok(said),
        }
    }
}

impl<T: Into<CallToolResponse>> From<T> for Came {
    fn from(said: T) -> Self {
        Self::Else(said.into())
    }
}

impl Server {
    pub(crate) async fn called(
        &self,
        request: CallToolRequestParams,
        client: Option<ClientCapabilities>,
    ) -> Called {
        let CallToolRequestParams { name, arguments, input_responses, request_state, .. } = request;
        let arguments = arguments.unwrap_or_default();
        if let Some(tool) = tasks::tool(&name, &arguments)
            && client.as_ref().is_some_and(ClientCapabilities::supports_tasks)
        {
            return Tasks(&self.call).begin(tool, &name, arguments).await.map(Came::Else);
        }
        let brought = (request_state.as_deref(), input_responses.as_ref());
        self.done(&name, arguments, client.as_ref(), brought).await
    }

    /// Only a tool that writes is ever asked about, or asks for words.
    async fn done(
        &self,
        name: &str,
        arguments: JsonObject,
        client: Option<&ClientCapabilities>,
        brought: Brought<'_>,
    ) -> Called {
        let may_ask = tools::named(name).is_some_and(|tool| tool.writes());
        let kept = if may_ask { arguments.clone() } else { JsonObject::new() };
        let sampling = Sampling::of(&self.call, name, &kept);
        if let Some(sampling) = &sampling
            && let Some(made) = sampling.answered(brought).await?
        {
            return Ok(made.map_or_else(Into::into, Came::Told));
        }
        let asked = Asked { call: &self.call, tool: name, arguments: &kept };
        if may_ask {
            match asked.answered(brought).await? {
                Ok(approved) => approved.into_iter().for_each(|approved| self.call.approve(approved)),
                Err(refused) => return Ok(refused.into()),
            }
        }
        match (tools::call(&self.call, name, arguments).await?, sampling) {
            (Ok(told), None) => Ok(Came::Told(told)),
            (Ok(told), Some(sampling)) => {
                Ok(sampling.asked(told, client).await?.map_or_else(Into::into, Came::Told))
            }
            (Err(Unanswered::Refused(refused)), _) => Ok(refused.into()),
            (Err(Unanswered::Asks(asking)), _) => asked.ask(&asking, client).await.map(Came::Else),
        }
    }
}
