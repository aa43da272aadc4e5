import assert from 'node:assert/strict';
import { createVerify, generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { createGoogleSigner } from '../../src/upstream/credentials/google-token.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const folder = mkdtempSync(join(tmpdir(), 'google-token-'));
const file = join(folder, 'key.json');
const account = {
  type: 'service_account',
  project_id: 'p',
  private_key_id: 'k1',
  private_key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  client_email: 'gateway@p.iam.gserviceaccount.com',
};
writeFileSync(file, JSON.stringify(account));

/** Google's token endpoint: gives a token for an assertion that the account signed. */
const granted: { claims: { [name: string]: unknown } }[] = [];
let answer = { status: 200, expiresInSeconds: 3600 };
const server = createServer(async (request, response) => {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  const form = new URLSearchParams(body);
  if (form.get('grant_type') === 'refresh_token') {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ access_token: `token-of-${form.get('refresh_token')}`, expires_in: 60 }));
    return;
  }
  const [head, claims, signature] = form.get('assertion')!.split('.') as [string, string, string];
  const signed = createVerify('RSA-SHA256')
    .update(`${head}.${claims}`)
    .verify(publicKey, Buffer.from(signature, 'base64url'));
  const status = signed ? answer.status : 401;
  response.writeHead(status, { 'content-type': 'application/json' });
  if (status !== 200) {
    response.end(JSON.stringify({ error: 'invalid_grant', error_description: 'Invalid JWT Signature.' }));
    return;
  }
  granted.push({
    claims: JSON.parse(Buffer.from(claims, 'base64url').toString()) as { [name: string]: unknown },
  });
  const { expiresInSeconds: expires_in } = answer;
  response.end(JSON.stringify({ access_token: `token-${granted.length}`, expires_in, token_type: 'Bearer' }));
}).listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
after(() => {
  rmSync(folder, { recursive: true });
  server.closeAllConnections();
  server.close();
});

const called: string[] = [];
/** Google's addresses, answered on loopback. */
const toLoopback: typeof fetch = (input, init) => {
  const url = new URL(String(input));
  called.push(url.href);
  return fetch(origin + url.pathname, init);
};

const request = {
  method: 'POST',
  url: new URL('https://europe-west4-aiplatform.googleapis.com/v1/x'),
  headers: {},
  body: new Uint8Array(),
};

function signer(nowMs: () => number = Date.now, credentialsFile = file) {
  return createGoogleSigner({ credentialsFile, clock: { nowMs }, fetch: toLoopback });
}

test('nothing is asked before the first request; requests that meet share one token', async () => {
  answer = { status: 200, expiresInSeconds: 3600 };
  const before = granted.length;
  const google = signer();
  assert.deepEqual([granted.length, called.length], [before, 0]);
  const all = await Promise.all([1, 2, 3].map(() => google.sign(request)));
  const again = await google.sign(request);
  for (const headers of [...all, again]) {
    assert.deepEqual(headers, { authorization: `Bearer token-${before + 1}` });
  }
  assert.equal(granted.length, before + 1);
  assert.deepEqual(called, ['https://oauth2.googleapis.com/token']);
  const { claims } = granted.at(-1)!;
  assert.equal(claims['iss'], account.client_email);
  assert.equal(claims['scope'], 'https://www.googleapis.com/auth/cloud-platform');
});

test('a token is replaced a minute before it expires', async () => {
  answer = { status: 200, expiresInSeconds: 600 };
  const before = granted.length;
  const startMs = Date.now();
  let nowMs = startMs;
  const google = signer(() => nowMs);
  await google.sign(request);
  nowMs = startMs + 530_000;
  await google.sign(request);
  assert.equal(granted.length, before + 1);
  nowMs = startMs + 560_000;
  assert.deepEqual(await google.sign(request), { authorization: `Bearer token-${before + 2}` });
});

test('a user’s own credentials are exchanged too', async () => {
  const path = join(folder, 'user.json');
  const user = { type: 'authorized_user', client_id: 'c', client_secret: 's', refresh_token: 'r' };
  writeFileSync(path, JSON.stringify(user));
  assert.deepEqual(await signer(Date.now, path).sign(request), { authorization: 'Bearer token-of-r' });
});

test('refused credentials are the operator’s to correct, and the next request asks again', async () => {
  answer = { status: 400, expiresInSeconds: 0 };
  const google = signer();
  await assert.rejects(google.sign(request), (error: Error & { code: string; detail: string }) => {
    assert.equal(error.code, 'upstream_auth');
    assert.match(
      error.detail,
      /Google refused the credentials \(400: .*invalid_grant.*\): check that the key exists/,
    );
    assert.ok(!error.detail.includes('PRIVATE KEY') && !error.message.includes(file));
    return true;
  });
  answer = { status: 200, expiresInSeconds: 3600 };
  const { authorization } = await google.sign(request);
  assert.match(authorization!, /^Bearer token-\d+$/);
});

test('a failure of the token service is no fault of the credentials', async () => {
  answer = { status: 503, expiresInSeconds: 0 };
  await assert.rejects(signer().sign(request), {
    code: 'upstream_unavailable',
    detail: /^no access token: /,
  });
  const unreachable = createGoogleSigner({
    credentialsFile: file,
    clock: { nowMs: Date.now },
    fetch: () => Promise.reject(Object.assign(new TypeError('fetch failed'), { code: 'ECONNREFUSED' })),
  });
  await assert.rejects(unreachable.sign(request), { code: 'upstream_unavailable' });
});

test('a file that cannot be used is named with what would be right, and never quoted', async () => {
  const secret = 'not-json-but-secret';
  const cases: [string, string | undefined, RegExp][] = [
    ['absent.json', undefined, /cannot be read \(ENOENT\): give the path/],
    ['text.json', secret, /is not one of Google's: it must be the JSON file/],
    ['other.json', `{"key":"${secret}"}`, /is not one of Google's/],
    [
      'program.json',
      `{"type":"external_account","x":"${secret}"}`,
      /set GOOGLE_APPLICATION_CREDENTIALS to the file/,
    ],
    [
      'broken.json',
      JSON.stringify({ ...account, private_key: `-----BEGIN PRIVATE KEY-----\n${secret}` }),
      /the credentials cannot be used \(.*\): give the whole JSON file/,
    ],
  ];
  for (const [name, content, detail] of cases) {
    const path = join(folder, name);
    if (content !== undefined) writeFileSync(path, content);
    await assert.rejects(
      signer(Date.now, path).sign(request),
      (error: Error & { code: string; detail: string }) => {
        assert.equal(error.code, 'upstream_auth', name);
        assert.match(error.detail, detail);
        assert.ok(!`${error.message} ${error.detail}`.includes(secret), name);
        return true;
      },
    );
  }
});
