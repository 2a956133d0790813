//! What the protocol asks of a server, for the length of one call.

use crate::answer::Answer;
use crate::tools::{self, TOOLS};
use rmcp::ServerHandler;
use rmcp::model::{
    CacheScope, CallToolRequestParams, CallToolResponse, DiscoverResult, ErrorData, Implementation,
    ListToolsResult, PaginatedRequestParams, ProtocolVersion, ServerCapabilities, ServerConfig,
};
use rmcp::service::{RequestContext, RoleServer};
use std::borrow::Cow;
use web::Call;

/// How long a client may keep what it was told, in milliseconds. Short, because the owner can change a grant.
const FRESH_FOR_MS: u64 = 60_000;

const VERSIONS: &[ProtocolVersion] = &[
    ProtocolVersion::V_2025_03_26,
    ProtocolVersion::V_2025_06_18,
    ProtocolVersion::V_2025_11_25,
    ProtocolVersion::V_2026_07_28,
];

const INSTRUCTIONS: &str = include_str!("../../../templates/instructions/mcp.md");

#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) call: Call,
    pub(crate) answer: Answer,
}

impl ServerHandler for Server {
    fn get_info(&self) -> ServerConfig {
        ServerConfig::new(ServerCapabilities::builder().enable_tools().build())
            .with_server_info(Implementation::new("larder", env!("CARGO_PKG_VERSION")))
            .with_instructions(INSTRUCTIONS)
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

    /// Only what the grant allows; a connection that may do nothing sees no tool.
    async fn list_tools(
        &self,
        _: Option<PaginatedRequestParams>,
        _: RequestContext<RoleServer>,
    ) -> Result<ListToolsResult, ErrorData> {
        let connection = self.call.admission().await.map_err(tools::refused)?;
        let offered = TOOLS.iter().filter_map(|tool| tool.offered(connection, self.call.at()));
        let mut listed = ListToolsResult::with_all_items(offered.collect());
        listed.ttl_ms = Some(FRESH_FOR_MS);
        listed.cache_scope = Some(CacheScope::Private);
        Ok(listed)
    }

    async fn call_tool(
        &self,
        request: CallToolRequestParams,
        _: RequestContext<RoleServer>,
    ) -> Result<CallToolResponse, ErrorData> {
        let arguments = request.arguments.unwrap_or_default();
        let result = match tools::call(&self.call, &request.name, arguments).await? {
            Ok(answer) => self.answer.give(answer),
            Err(refused) => refused,
        };
        Ok(result.into())
    }
}
