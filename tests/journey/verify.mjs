// Says of each delivery, a line of JSON each, whether the reference library of Standard Webhooks accepts it. The library
// knows no `v1a`: there Node's own cryptography is asked.
import { createPublicKey, verify } from 'node:crypto';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';

const { Webhook } = createRequire(`${process.argv[2]}/`)('standardwebhooks');

function genuine({ secret, headers, body }) {
  const bytes = Buffer.from(body, 'base64');
  if (!secret.startsWith('whpk_')) return void new Webhook(secret).verify(bytes.toString(), headers);
  const signed = Buffer.concat([Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.`), bytes]);
  const x = Buffer.from(secret.slice('whpk_'.length), 'base64').toString('base64url');
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
  const fits = (one) => verify(null, signed, key, Buffer.from(one.replace('v1a,', ''), 'base64'));
  if (!headers['webhook-signature'].split(' ').some(fits)) throw new Error('not genuine');
}

const accepts = (delivery) => {
  try {
    genuine(delivery);
    return true;
  } catch {
    return false;
  }
};

const lines = readFileSync(0, 'utf8').split('\n').filter(Boolean);
console.log(JSON.stringify(lines.map((line) => accepts(JSON.parse(line)))));
