"""The real MCP client, driven from plain code."""

from contextlib import asynccontextmanager, contextmanager

import httpx2
from anyio.from_thread import start_blocking_portal
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError
from mcp_types import CreateMessageResult, ElicitResult, TextContent

from .calls import require

# How the client is told to connect, and the version that must come of it.
ERAS = {"legacy": "2025-11-25", "2026-07-28": "2026-07-28", "auto": "2026-07-28"}


class ToolRefused(Exception):
    """The tool ran, and said why it would not."""


class Agent:
    def __init__(self, client, portal, statuses):
        self.client, self.portal = client, portal
        self.statuses = statuses  # of every HTTP answer so far

    @property
    def version(self):
        return self.client.protocol_version

    def tools(self):
        return {tool.name: tool for tool in self.portal.call(self.client.list_tools).tools}

    def use(self, name, **arguments):
        result = self.portal.call(self.client.call_tool, name, arguments)
        if result.is_error:
            raise ToolRefused(" ".join(content.text for content in result.content))
        return result.structured_content

    def refused(self, name, **arguments):
        """Why the tool refused; it must."""
        try:
            answer = self.use(name, **arguments)
        except ToolRefused as refusal:
            return str(refusal)
        require(False, f"the tool {name} should refuse {arguments}, but answered {answer}")

    def unknown(self, name, **arguments):
        """Whether it is told that there is no such tool."""
        try:
            self.use(name, **arguments)
        except MCPError as error:
            return error.error.code == -32602 and f"no tool `{name}`" in error.error.message
        except ToolRefused:
            pass
        return False

    def turned_away(self, name, **arguments):
        """The HTTP status of a call that does not even reach the tool."""
        try:
            answer = self.use(name, **arguments)
        except MCPError:
            return self.statuses[-1]
        require(False, f"the call of {name} should be turned away, but it was answered: {answer}")


@asynccontextmanager
async def connected(url, era, statuses, person, model, **how):
    async def note(response):
        statuses.append(response.status_code)

    async def answer(_, asked):
        content = {name: person(asked.message) for name in asked.requested_schema["properties"]}
        said_yes = all(content.values())
        return ElicitResult(action="accept" if said_yes else "decline", content=content if said_yes else None)

    async def think(_, asked):
        words = TextContent(type="text", text=model(asked.messages[0].content.text))
        return CreateMessageResult(role="assistant", content=words, model="the journey's")

    http = httpx2.AsyncClient(**how, trust_env=False, timeout=60, event_hooks={"response": [note]})
    transport = streamable_http_client(url, http_client=http)
    can = {"elicitation_callback": person and answer, "sampling_callback": model and think}
    async with http, Client(transport, mode=era, read_timeout_seconds=60, **can) as client:
        yield client


@contextmanager
def connects(url, era="auto", person=None, model=None, **how):
    statuses = []
    with start_blocking_portal() as portal:
        with portal.wrap_async_context_manager(connected(url, era, statuses, person, model, **how)) as client:
            yield Agent(client, portal, statuses)


def agent(url, key, era="auto", person=None, model=None):
    return connects(url, era, person, model, headers={"Authorization": f"Bearer {key}"})
