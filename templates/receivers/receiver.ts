// Receives Larder's webhooks: checks that they are genuine, drops what came before, and hands each event on once.
//
//     WEBHOOK_SECRET=whsec_… PORT=9000 node receiver.ts        (Node 22.18 or newer; nothing has to be installed)
//
// The secret is the `whsec_…` that was shown when the webhook was made, or, of one that signs by `v1a`, its public key
// `whpk_…`.

import { createHmac, createPublicKey, timingSafeEqual, verify as verifyKey } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

const TOLERANCE = 5 * 60; // seconds that the sender's clock and this one may be apart
const MOST_BYTES = 1024 * 1024;
const REMEMBERED = 10_000;

type Event = { type: string; timestamp: string; data: Record<string, unknown> };

/** What is to be done with an event: yours to write. Whoever throws here is told again later. */
async function handle(event: Event): Promise<void> {
  console.log(JSON.stringify(event));
}

/** Whether these very bytes were signed by who knows the secret, a moment ago. */
export function verify(secret: string, headers: IncomingHttpHeaders, body: Buffer): boolean {
  const [id, sent, given] = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => headers[name]);
  if (typeof id !== 'string' || typeof sent !== 'string' || typeof given !== 'string') return false;
  if (!/^\d{1,12}$/.test(sent) || Math.abs(Date.now() / 1000 - Number(sent)) > TOLERANCE) return false;
  const [kind, text = ''] = secret.split('_');
  const key = Buffer.from(text, 'base64');
  if (key.length < 24) return false;
  const signed = Buffer.concat([Buffer.from(`${id}.${sent}.`), body]);
  const [version, fits] = kind === 'whpk' ? ['v1a,', signedWithKey] as const : ['v1,', signedWithSecret] as const;
  return given.split(' ').some((one) => {
    const signature = Buffer.from(one.slice(version.length), 'base64');
    // Node's base64 is lenient: only the one way to write these bytes is right.
    return one === version + signature.toString('base64') && fits(key, signed, signature);
  });
}

function signedWithSecret(secret: Buffer, signed: Buffer, signature: Buffer): boolean {
  const right = createHmac('sha256', secret).update(signed).digest();
  return right.length === signature.length && timingSafeEqual(right, signature);
}

function signedWithKey(key: Buffer, signed: Buffer, signature: Buffer): boolean {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: key.toString('base64url') };
  return verifyKey(null, signed, createPublicKey({ key: jwk, format: 'jwk' }), signature);
}

async function read(request: IncomingMessage): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request) {
    parts.push(part);
    length += part.length;
    if (length > MOST_BYTES) return undefined;
  }
  return Buffer.concat(parts);
}

const seen = new Set<string>(); // by `webhook-id`; who is started anew should find them in a database
let turn: Promise<unknown> = Promise.resolve(); // one event after the other

async function once(id: string, event: Event): Promise<void> {
  if (seen.has(id)) return;
  await handle(event);
  seen.add(id);
  const [oldest] = seen;
  if (oldest !== undefined && seen.size > REMEMBERED) seen.delete(oldest);
}

async function receive(request: IncomingMessage): Promise<number> {
  if (request.method !== 'POST') return 405;
  const body = await read(request);
  if (body === undefined) return 413;
  if (!verify(process.env.WEBHOOK_SECRET ?? '', request.headers, body)) return 401;
  const event = JSON.parse(body.toString());
  const done = turn.then(() => once(String(request.headers['webhook-id']), event));
  turn = done.catch(() => undefined);
  await done;
  return 204;
}

const server = createServer({ requestTimeout: 10_000 }, (request, response) => {
  receive(request).catch((error) => (console.error(error), 500)).then((status) => response.writeHead(status).end());
});
server.listen(Number(process.env.PORT ?? 9000), process.env.HOST ?? '127.0.0.1', () => {
  const { address, port } = server.address() as AddressInfo;
  console.error(`listening on http://${address}:${port}`);
});
