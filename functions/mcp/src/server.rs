//! What the protocol asks of a server, for the length of one call.

use crate::calling::Called;
use crate::listing::page;
use crate::tasks::Tasks;
use crate::tools::{self, TOOLS};
use crate::{completions, prompts, resources};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use domain::connection::Connection;
use rmcp::ServerHandler;
#[expect(deprecated, reason = "older clients set a level")]
use rmcp::model::SetLevelRequestParams;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, CancelTaskParams, CompleteRequestParams,
    CompleteResult, DiscoverResult, ErrorData, GetPromptRequestParams, GetPromptResponse, GetTaskParams,
    GetTaskResult, Icon, Implementation, ListPromptsResult, ListResourceTemplatesResult, ListResourcesResult,
    ListToolsResult, PaginatedRequestParams, ProtocolVersion, ReadResourceRequestParams,
    ReadResourceResponse, ServerCapabilities, ServerConfig, SetLevelRequestMethod, UpdateTaskParams,
};
use rmcp::service::{RequestContext, RoleServer};
use std::borrow::Cow;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use web::Call;

/// How long a client may keep what it was told, in milliseconds. Short, because the owner can change a grant.
const FRESH_FOR_MS: u64 = 60_000;

pub(crate) const VERSIONS: &[ProtocolVersion] = &[
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

const INSTRUCTIONS: &str = include_str!("../../../templates/instructions/mcp.md");

const ICON: &[u8] = include_bytes!("../../../templates/icons/larder.svg");

static INFO: LazyLock<ServerConfig> = LazyLock::new(|| {
    let offers = ServerCapabilities::builder().enable_tools().enable_resources();
    ServerConfig::new(offers.enable_prompts().enable_completions().enable_tasks().build())
        .with_server_info(itself())
        .with_instructions(INSTRUCTIONS)
});

/// How the server calls itself. Clients take no icon that would have to be fetched.
fn itself() -> Implementation {
    let icon = Icon::new(format!("data:image/svg+xml;base64,{}", STANDARD.encode(ICON)));
    let icon = icon.with_mime_type("image/svg+xml").with_sizes(vec!["any".to_owned()]);
    Implementation::new("larder", env!("CARGO_PKG_VERSION")).with_title("Larder").with_icons(vec![icon])
}

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) call: Call,
    /// What came of the call of a tool that was made before the library had it.
    came: Arc<Mutex<Option<Called>>>,
}

/// What waits is boxed: the library moves the future of a call from hand to hand, and one for all that can be called.
impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        INFO.clone()
    }

    fn supported_protocol_versions(&self) -> Cow<'static, [ProtocolVersion]> {
        Cow::Borrowed(VERSIONS)
    }

    async fn discover(&self, _: RequestContext<RoleServer>) -> Result<DiscoverResult, ErrorData> {
        let mut discovered = DiscoverResult::from_server_info(VERSIONS.to_vec(), self.get_info());
        discovered.ttl_ms = FRESH_FOR_MS;
        discovered.cache_scope = CacheScope::Private;
        Ok(discovered)
    }

    /// Only what the grant allows, as of every list; a connection that may do nothing sees no tool.
    async fn list_tools(
        &self,
        asked: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let (connection, at) = (self.connection().await?, self.call.at());
        let offered = TOOLS.iter().filter_map(|tool| tool.offered(connection, at));
        let (tools, next_cursor) = page(offered, |tool| &tool.name, asked)?;
        let listed = ListToolsResult { next_cursor, ..ListToolsResult::with_all_items(tools) };
        Ok(listed.with_ttl_ms(FRESH_FOR_MS).with_cache_scope(CacheScope::Private))
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let (client, is_new) = (context.client_capabilities(), is_new(&context));
        let came = match self.kept() {
            Some(came) => came,
            None => Box::pin(self.called(request, client)).await,
        };
        came?.said(is_new)
    }

    /// Makes a part more of what is asked about, and says how far it is.
    async fn get_task(
        &self,
        asked: GetTaskParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetTaskResult, ErrorData> {
        Box::pin(Tasks(&self.call).get(&asked.task_id)).await
    }

    /// Nothing here asks anything back.
    async fn update_task(
        &self,
        asked: UpdateTaskParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Box::pin(Tasks(&self.call).look(&asked.task_id)).await
    }

    async fn cancel_task(
        &self,
        asked: CancelTaskParams,
        _: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        Box::pin(Tasks(&self.call).cancel(&asked.task_id)).await
    }

    async fn list_resources(
        &self,
        asked: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourcesResult, ErrorData> {
        let (connection, at) = (self.connection().await?, self.call.at());
        let (all, next_cursor) = page(resources::fixed(connection, at), |one| &one.name, asked)?;
        let listed = ListResourcesResult { next_cursor, ..ListResourcesResult::with_all_items(all) };
        Ok(listed.with_ttl_ms(FRESH_FOR_MS).with_cache_scope(CacheScope::Private))
    }

    async fn list_resource_templates(
        &self,
        asked: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListResourceTemplatesResult, ErrorData> {
        let (connection, at) = (self.connection().await?, self.call.at());
        let (all, next_cursor) = page(resources::templates(connection, at), |one| &one.name, asked)?;
        let listed =
            ListResourceTemplatesResult { next_cursor, ..ListResourceTemplatesResult::with_all_items(all) };
        Ok(listed.with_ttl_ms(FRESH_FOR_MS).with_cache_scope(CacheScope::Private))
    }

    async fn read_resource(
        &self,
        asked: ReadResourceRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<ReadResourceResponse, ErrorData> {
        Box::pin(resources::read(&self.call, &asked.uri)).await.map(Into::into)
    }

    async fn list_prompts(
        &self,
        asked: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListPromptsResult, ErrorData> {
        let (connection, at) = (self.connection().await?, self.call.at());
        let (all, next_cursor) = page(prompts::offered(connection, at), |one| &one.name, asked)?;
        let listed = ListPromptsResult { next_cursor, ..ListPromptsResult::with_all_items(all) };
        Ok(listed.with_ttl_ms(FRESH_FOR_MS).with_cache_scope(CacheScope::Private))
    }

    async fn get_prompt(
        &self,
        asked: GetPromptRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<GetPromptResponse, ErrorData> {
        Box::pin(prompts::get(&self.call, asked)).await.map(Into::into)
    }

    async fn complete(
        &self,
        asked: CompleteRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CompleteResult, ErrorData> {
        let completed = Box::pin(completions::complete(&self.call, asked)).await;
        completed.map(CompleteResult::new).map_err(tools::refused)
    }

    /// Older clients set it before anything else, whether they were told that there are logs or not. Nothing is ever
    /// logged to a client; newer ones know no such call.
    #[expect(deprecated, reason = "older clients set a level")]
    async fn set_level(
        &self,
        _: SetLevelRequestParams,
        context: RequestContext<RoleServer>,
    ) -> Result<(), ErrorData> {
        if is_new(&context) { Err(ErrorData::method_not_found::<SetLevelRequestMethod>()) } else { Ok(()) }
    }
}

impl Server {
    pub(crate) fn of(call: Call) -> Self {
        Self { call, came: Arc::default() }
    }

    pub(crate) fn keep(&self, came: Called) {
        *self.came.lock().unwrap_or_else(PoisonError::into_inner) = Some(came);
    }

    fn kept(&self) -> Option<Called> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    async fn connection(&self) -> Result<&Connection, ErrorData> {
        Box::pin(self.call.admission()).await.map_err(tools::refused)
    }
}

fn is_new(context: &RequestContext<RoleServer>) -> bool {
    context.protocol_version().is_some_and(|version| version >= ProtocolVersion::V_2026_07_28)
}
