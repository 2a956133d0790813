//! What the official conformance runner asks a server for besides what the protocol has everywhere: tools, resources and
//! prompts of its own, answered by the same host. For tests only: no build of the product has this feature.

mod asking;
mod reading;
mod tools;

use crate::server::Server;
use rmcp::ServerHandler;
#[expect(deprecated, reason = "older clients set a level")]
use rmcp::model::SetLevelRequestParams;
use rmcp::model::{
    CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams, CompleteResult,
    DiscoverResult, ErrorData, GetPromptRequestParams, GetPromptResponse, GetTaskParams, GetTaskResult,
    ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult, ListToolsResult,
    PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams, ReadResourceResponse,
    ReadResourceResult, ServerConfig, SubscribeRequestParams, Tool, UnsubscribeRequestParams,
    UpdateTaskParams,
};
use rmcp::service::{RequestContext, RoleServer};
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::borrow::Cow;

type Context = RequestContext<RoleServer>;

/// Another word for what the protocol library would have built piece by piece.
fn read<T: DeserializeOwned>(from: Value) -> Result<T, ErrorData> {
    serde_json::from_value(from).map_err(|error| ErrorData::internal_error(error.to_string(), None))
}

/// Of a type that newer clients are told; older ones are not.
fn complete(mut result: Value) -> Value {
    if let Some(result) = result.as_object_mut() {
        result.insert("resultType".to_owned(), "complete".into());
    }
    result
}

/// The product, and beside it the fixtures.
#[derive(Clone)]
pub(crate) struct Fixtures(pub(crate) Server);

impl ServerHandler for Fixtures {
    fn get_info(&self) -> ServerConfig {
        self.0.get_info()
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        self.0.supported_protocol_versions()
    }

    async fn discover(&self, context: Context) -> Result<DiscoverResult, ErrorData> {
        self.0.discover(context).await
    }

    async fn list_tools(
        &self,
        asked: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListToolsResult, ErrorData> {
        let mut listed = self.0.list_tools(asked, context).await?;
        listed.tools.extend(tools::all()?);
        Ok(listed)
    }

    async fn call_tool(
        &self,
        asked: CallToolRequestParams,
        context: Context,
    ) -> Result<CallToolResponse, ErrorData> {
        match tools::call(&asked, &context).await? {
            Some(answer) => Ok(answer),
            None => self.0.call_tool(asked, context).await,
        }
    }

    fn get_tool(&self, name: &str) -> Option<Tool> {
        tools::all().ok()?.into_iter().find(|tool| tool.name == name)
    }

    async fn list_resources(
        &self,
        asked: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListResourcesResult, ErrorData> {
        let mut listed = self.0.list_resources(asked, context).await?;
        listed.resources.extend(reading::resources()?);
        Ok(listed)
    }

    async fn list_resource_templates(
        &self,
        asked: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let mut listed = self.0.list_resource_templates(asked, context).await?;
        listed.resource_templates.extend(reading::templates()?);
        Ok(listed)
    }

    async fn read_resource(
        &self,
        asked: ReadResourceRequestParams,
        context: Context,
    ) -> Result<ReadResourceResponse, ErrorData> {
        match reading::resource(&asked.uri) {
            Some(found) => Ok(read::<ReadResourceResult>(complete(found))?.into()),
            None => self.0.read_resource(asked, context).await,
        }
    }

    async fn list_prompts(
        &self,
        asked: Option<PaginatedRequestParams>,
        context: Context,
    ) -> Result<ListPromptsResult, ErrorData> {
        let mut listed = self.0.list_prompts(asked, context).await?;
        listed.prompts.extend(reading::prompts()?);
        Ok(listed)
    }

    async fn get_prompt(
        &self,
        asked: GetPromptRequestParams,
        context: Context,
    ) -> Result<GetPromptResponse, ErrorData> {
        match reading::prompt(&asked)? {
            Some(answer) => Ok(answer),
            None => self.0.get_prompt(asked, context).await,
        }
    }

    async fn get_task(&self, asked: GetTaskParams, context: Context) -> Result<GetTaskResult, ErrorData> {
        self.0.get_task(asked, context).await
    }

    async fn update_task(&self, asked: UpdateTaskParams, context: Context) -> Result<(), ErrorData> {
        self.0.update_task(asked, context).await
    }

    async fn cancel_task(&self, asked: CancelTaskParams, context: Context) -> Result<(), ErrorData> {
        self.0.cancel_task(asked, context).await
    }

    async fn complete(
        &self,
        asked: CompleteRequestParams,
        context: Context,
    ) -> Result<CompleteResult, ErrorData> {
        self.0.complete(asked, context).await
    }

    #[expect(deprecated, reason = "older clients set a level")]
    async fn set_level(&self, asked: SetLevelRequestParams, context: Context) -> Result<(), ErrorData> {
        self.0.set_level(asked, context).await
    }

    async fn subscribe(&self, _: SubscribeRequestParams, _: Context) -> Result<(), ErrorData> {
        Ok(())
    }

    async fn unsubscribe(&self, _: UnsubscribeRequestParams, _: Context) -> Result<(), ErrorData> {
        Ok(())
    }
}
