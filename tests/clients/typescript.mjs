// The TypeScript client: prints what it sees, in one line of JSON.
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
const { URL: url, KEY: key, PACKAGES: packages, PYTHON: python, BROWSER: browser } = process.env;
const [mode, way] = process.argv.slice(2);
const { Client, StreamableHTTPClientTransport } = createRequire(`${packages}/`)('@modelcontextprotocol/client');
const client = new Client(
  { name: 'clients', version: '1' },
  { versionNegotiation: { mode } },
);
const reached = (how) => new StreamableHTTPClientTransport(new globalThis.URL(url), how);

// Nothing is kept but in memory, and the owner's browser is at hand.
class App {
  redirectUrl = 'http://127.0.0.1:9/callback'; // nobody waits there: what the browser is sent to is read
  clientMetadata = { client_name: 'TypeScript', redirect_uris: [this.redirectUrl], token_endpoint_auth_method: 'none' };
  clientInformation() { return this.client; }
  saveClientInformation(client) { this.client = client; }
  tokens() { return this.given; }
  saveTokens(tokens) { this.given = tokens; }
  codeVerifier() { return this.verifier; }
  saveCodeVerifier(verifier) { this.verifier = verifier; }
  redirectToAuthorization(to) { this.came = execFileSync(python, [browser, String(to)], { encoding: 'utf8' }).trim(); }
}

if (way === 'key') {
  await client.connect(reached({ requestInit: { headers: { authorization: `Bearer ${key}` } } }));
} else {
  const authProvider = new App();
  const first = reached({ authProvider });
  await client.connect(first).catch((error) => { if (!authProvider.came) throw error; });
  await first.finishAuth(new globalThis.URL(authProvider.came).searchParams);
  await client.connect(reached({ authProvider }));
}
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
