// Stands for a Larder where only a command can be started: each line on standard input is a message for its MCP
// address, each line on standard output one of its answers. `larder mcp-stdio` keeps to the same rules.
const { BRIDGE_URL, BRIDGE_TOKEN } = process.env;
const MOST_AT_ONCE = 8;
const VERSION = 'io.modelcontextprotocol/protocolVersion';
const NAMED_BY = { 'tools/call': 'name', 'prompts/get': 'name', 'resources/read': 'uri' };
let agreed; // the version that `initialize` settled

const parsed = (text) => { try { return JSON.parse(text); } catch { return undefined; } };
const told = (what) => console.error(`larder: ${what}`);
const plain = (text) => (/^[ -~]*$/.test(text) && text.trim() === text && !text.startsWith('=?base64?')
  ? text : `=?base64?${Buffer.from(text).toString('base64')}?=`);

function headers({ method, params } = {}) {
  const [version, by] = [params?._meta?.[VERSION], NAMED_BY[method] ?? (method?.startsWith?.('tasks/') ? 'taskId' : '')];
  const said = typeof version === 'string'
    ? { 'mcp-protocol-version': version, 'mcp-method': method, 'mcp-name': params[by] } : { 'mcp-protocol-version': agreed };
  const all = Object.entries(said).filter(([, value]) => typeof value === 'string').map(([name, value]) => [name, plain(value)]);
  return { accept: 'application/json, text/event-stream', 'content-type': 'application/json',
    authorization: `Bearer ${BRIDGE_TOKEN}`, ...Object.fromEntries(all) };
}

function messages(body) {
  const events = body.replaceAll('\r\n', '\n').split('\n\n').map((event) => event.split('\n')
    .filter((line) => line.startsWith('data:')).map((line) => line.slice(5)).join(''));
  return [body, ...events].filter((text) => parsed(text)?.jsonrpc !== undefined).map((text) => text.trim().replace(/[\r\n]/g, ' '));
}

async function answers(text, said) {
  let detail, problem;
  try {
    const sent = { method: 'POST', headers: headers(said), body: text, redirect: 'manual', signal: AbortSignal.timeout(20_000) };
    const answer = await fetch(BRIDGE_URL, sent);
    const body = await answer.text();
    const found = messages(body);
    if (found.length > 0 || answer.status === 202) return found;
    problem = parsed(body);
    detail = problem?.detail ?? `it answered ${answer.status}, but no message; is the address right?`;
  } catch (error) { detail = `no answer: ${error.cause?.message ?? error.message}`; }
  if (said?.id === undefined) return told(detail) ?? [];
  return [JSON.stringify({ jsonrpc: '2.0', id: said.id, error: { code: -32000, message: detail, data: problem } })];
}

async function* lines(rest = '') {
  for await (const chunk of process.stdin.setEncoding('utf8')) {
    const whole = (rest + chunk).split('\n');
    rest = whole.pop();
    yield* whole;
  }
  yield rest;
}

const { protocol, hostname } = new URL(BRIDGE_URL);
const isHere = ['localhost', '127.0.0.1', '[::1]'].includes(hostname);
const isSafe = protocol === 'https:' || (isHere && protocol === 'http:');
if (!isSafe || !BRIDGE_TOKEN) {
  told('a key is needed, and an address: https, or on this machine');
  process.exit(1);
}
const inHand = new Set();
for await (const line of lines()) {
  const text = line.trim();
  if (text === '') continue;
  const said = parsed(text) ?? undefined;
  const asked = answers(text, said).then((all) => { all.forEach((one) => process.stdout.write(`${one}\n`)); inHand.delete(asked); return all; });
  inHand.add(asked);
  if (said?.method === 'initialize') agreed = (await asked).map((one) => parsed(one)?.result?.protocolVersion).find(Boolean) ?? agreed;
  else if (inHand.size >= MOST_AT_ONCE) await Promise.race(inHand);
}
await Promise.all(inHand);
