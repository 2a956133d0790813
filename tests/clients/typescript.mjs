// The TypeScript client: prints what it sees, in one line of JSON.
import { createRequire } from 'node:module';
const { URL: url, KEY: key, PACKAGES: packages } = process.env;
const { Client, StreamableHTTPClientTransport } = createRequire(`${packages}/`)('@modelcontextprotocol/client');
const client = new Client(
  { name: 'clients', version: '1' },
  { versionNegotiation: { mode: process.argv[2] } },
);
const requestInit = { headers: { authorization: `Bearer ${key}` } };
await client.connect(new StreamableHTTPClientTransport(new globalThis.URL(url), { requestInit }));
const { tools } = await client.listTools();
const called = await client.callTool({ name: 'list_tasks', arguments: {} });
const read = await client.readResource({ uri: 'larder://me/today' });
const prompt = await client.getPrompt({ name: 'daily_planning', arguments: {} });
console.log(JSON.stringify({
  version: client.getNegotiatedProtocolVersion(),
  tools: tools.length,
  called: called.structuredContent.data[0].title,
  read: read.contents[0].text,
  prompt: prompt.messages[1].content.resource.text,
}));
await client.close();
