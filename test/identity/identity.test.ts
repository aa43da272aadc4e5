import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { allowsModel, openIdentity } from '../../src/identity/index.ts';
import { type Clock, createIdSource } from '../../src/std/index.ts';
import { keyStoreConformance } from '../storage/key-store-conformance.ts';
import { MemoryKeyStore } from './memory-key-store.ts';

keyStoreConformance('memory keys', async () => {
  const store = new MemoryKeyStore();
  return { store, neighbour: store, close: async () => {} };
});

function setup(presetAdminKey?: string) {
  const clock = { now: 1_000_000, nowMs: () => clock.now, monotonicMs: () => clock.now };
  const store = new MemoryKeyStore();
  const open = () => openIdentity({ store, clock, ids: createIdSource(clock as Clock), presetAdminKey });
  return { clock, store, open };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));
const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });
const invalid = { code: 'invalid_key', status: 401 };
const missing = { code: 'missing_key', status: 401 };

test('a new key is 256 random bits, works at once, and only its digest is stored', async () => {
  const { store, open } = setup();
  const identity = await open();
  const { key, secret } = await identity.createKey({
    name: 'app',
    role: 'caller',
    project: 'shop',
    models: ['auto'],
    limits: { requestsPerMinute: 10 },
  });
  assert.match(secret, /^sk-yumen-[A-Za-z0-9_-]{43}$/);
  assert.match(key.id, /^key_/);
  assert.equal(key.prefix, secret.slice(0, 13));
  assert.deepEqual(identity.authenticate(bearer(secret)), {
    keyId: key.id,
    name: 'app',
    role: 'caller',
    project: 'shop',
    models: ['auto'],
    limits: { requestsPerMinute: 10 },
  });
  const stored = JSON.stringify(await store.list());
  assert.equal(stored.includes(secret), false);
  assert.equal(stored.includes(secret.slice(9)), false);
  assert.equal('digest' in (await identity.listKeys())[0]!, false);
  identity.close();
});

test('the three headers, any case of the scheme, and several headers that agree are understood', async () => {
  const identity = await setup().open();
  const { secret } = await identity.createKey({ name: 'app', role: 'caller' });
  const { secret: other } = await identity.createKey({ name: 'other', role: 'caller' });
  const accepted = [
    { authorization: `Bearer ${secret}` },
    { authorization: `bearer ${secret}` },
    { authorization: `BEARER   ${secret}  ` },
    { 'x-api-key': secret },
    { 'x-goog-api-key': ` ${secret} ` },
    { authorization: `Bearer ${secret}`, 'x-api-key': secret },
    // A proxy's own credentials and an empty value are not a key.
    { authorization: 'Basic dXNlcjpwYXNz', 'x-api-key': secret },
    { authorization: 'Bearer ', 'x-api-key': secret },
  ];
  for (const headers of accepted) assert.equal(identity.authenticate(headers).name, 'app');

  for (const headers of [
    {},
    { authorization: '' },
    { authorization: 'Bearer' },
    { authorization: secret },
    { 'x-api-key': ' ' },
  ]) {
    assert.throws(() => identity.authenticate(headers), missing, JSON.stringify(headers));
  }
  const refused = [
    bearer('sk-yumen-unknown'),
    bearer(`${secret}x`),
    bearer(secret.slice(0, -1)),
    bearer(secret.toUpperCase()),
    { authorization: `Bearer ${secret}`, 'x-api-key': 'something else' },
    { authorization: `Bearer ${secret}`, 'x-api-key': other },
    { 'x-api-key': `${secret}, ${secret}` },
    { 'x-api-key': [secret, other] },
    bearer("' OR 1=1 --"),
    bearer('__proto__'),
  ];
  for (const headers of refused)
    assert.throws(() => identity.authenticate(headers), invalid, JSON.stringify(headers));
  identity.close();
});

test('unknown, revoked, expired and contradicting keys get one and the same answer, without the key in it', async () => {
  const { clock, open } = setup();
  const identity = await open();
  const expiring = await identity.createKey({ name: 'a', role: 'caller', expiresAtMs: clock.now + 10 });
  const revoked = await identity.createKey({ name: 'b', role: 'caller' });
  await identity.revokeKey(revoked.key.id);
  clock.now += 10;
  const messages = [
    bearer('sk-yumen-nobody'),
    bearer(expiring.secret),
    bearer(revoked.secret),
    { ...bearer('a'), 'x-api-key': 'b' },
  ].map((headers) => {
    try {
      identity.authenticate(headers);
      return 'let in';
    } catch (error) {
      return (error as Error).message;
    }
  });
  assert.deepEqual(
    messages,
    Array(4).fill('The key is not valid: use one that exists and is not revoked or expired.'),
  );
  identity.close();
});

test('a key expires at its instant, by the clock of the call', async () => {
  const { clock, open } = setup();
  const identity = await open();
  const { secret } = await identity.createKey({ name: 'a', role: 'admin', expiresAtMs: clock.now + 10 });
  clock.now += 9;
  identity.authenticate(bearer(secret));
  assert.equal(identity.hasAdminKey(), true);
  clock.now += 1;
  assert.throws(() => identity.authenticate(bearer(secret)), invalid);
  assert.equal(identity.hasAdminKey(), false);
  identity.close();
});

test('a revoked key is refused when revokeKey resolves; an unknown id is not found', async () => {
  const identity = await setup().open();
  const { key, secret } = await identity.createKey({ name: 'a', role: 'caller' });
  assert.equal((await identity.revokeKey(key.id)).revokedAtMs, 1_000_000);
  assert.throws(() => identity.authenticate(bearer(secret)), invalid);
  assert.equal((await identity.listKeys()).length, 1);
  await assert.rejects(identity.revokeKey('key_nobody'), { code: 'not_found' });
  identity.close();
});

test('keys made and revoked elsewhere are followed', async () => {
  const { open } = setup();
  const [here, there] = [await open(), await open()];
  const { key, secret } = await there.createKey({ name: 'a', role: 'caller' });
  await settled();
  assert.equal(here.authenticate(bearer(secret)).keyId, key.id);
  await there.revokeKey(key.id);
  await settled();
  assert.throws(() => here.authenticate(bearer(secret)), invalid);
  here.close();
  there.close();
});

test('a list that was read before a key was made or revoked cannot undo it when it arrives late', async () => {
  const { store, open } = setup();
  const identity = await open();
  const old = await identity.createKey({ name: 'old', role: 'caller' });
  await settled();
  let openGate = () => {};
  store.listGate = new Promise((resolve) => {
    openGate = resolve;
  });
  store.announce();
  const made = await identity.createKey({ name: 'new', role: 'caller' });
  await identity.revokeKey(old.key.id);
  store.listGate = undefined;
  openGate();
  for (let i = 0; i < 3; i++) {
    assert.equal(identity.authenticate(bearer(made.secret)).name, 'new');
    assert.throws(() => identity.authenticate(bearer(old.secret)), invalid);
    await settled();
  }
  identity.close();
});

test('a store that fails leaves the known keys valid, says so, and is read again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { store, open } = setup();
  const identity = await open();
  const { secret } = await identity.createKey({ name: 'a', role: 'caller' });
  await settled();
  store.failing = true;
  store.announce();
  await settled();
  assert.equal(identity.authenticate(bearer(secret)).name, 'a');
  assert.deepEqual(identity.health(), { ok: false, staleSinceMs: 1_000_000 });
  store.failing = false;
  t.mock.timers.tick(1000);
  await settled();
  assert.deepEqual(identity.health(), { ok: true, staleSinceMs: undefined });
  identity.close();
});

test('a preset admin key works without being stored, and cannot be revoked', async () => {
  const preset = 'an-operator-chose-this-one';
  const { store, open } = setup(preset);
  const identity = await open();
  const principal = identity.authenticate({ 'x-api-key': preset });
  assert.equal(principal.role, 'admin');
  assert.equal(identity.hasAdminKey(), true);
  assert.deepEqual(await store.list(), []);
  await assert.rejects(identity.revokeKey(principal.keyId), { code: 'invalid_request' });
  store.announce();
  await settled();
  assert.equal(identity.authenticate({ 'x-api-key': preset }).role, 'admin');
  identity.close();
});

test('a preset admin key that is short, empty or cannot be sent in a header is refused without being shown', async () => {
  for (const weak of [
    '',
    'letmein',
    'changeme-changeme',
    'has a space in the middle',
    'umläute-sind-hier-nicht-gut',
  ]) {
    await assert.rejects(setup(weak).open(), (error: Error) => {
      assert.match(error.message, /at least 20 printable ASCII characters/);
      return weak === '' || !error.message.includes(weak);
    });
  }
});

test('what cannot be a key is refused, naming the field', async () => {
  const identity = await setup().open();
  const good = { name: 'a', role: 'caller' } as const;
  const cases: [string, object][] = [
    ['name', { name: ' ' }],
    ['name', { name: 'x'.repeat(201) }],
    ['name', { name: 'a\nb' }],
    ['role', { role: 'root' }],
    ['project', { project: '' }],
    ['models', { models: [] }],
    ['models[1]', { models: ['auto', ''] }],
    ['expiresAtMs', { expiresAtMs: 1_000_000 }],
    ['expiresAtMs', { expiresAtMs: Number.NaN }],
    ['limits.requestsPerMinute', { limits: { requestsPerMinute: 0 } }],
    ['limits.concurrentRequests', { limits: { concurrentRequests: 1.5 } }],
    ['limits.budgetNanoPerDay', { limits: { budgetNanoPerDay: -1 } }],
  ];
  for (const [param, change] of cases) {
    await assert.rejects(
      identity.createKey({ ...good, ...change }),
      { code: 'invalid_request', param },
      param,
    );
  }
  assert.deepEqual(await identity.listKeys(), []);
  identity.close();
});

test('no two secrets ever share a principal', async () => {
  const identity = await setup().open();
  const made = await Promise.all(
    Array.from({ length: 50 }, (_, n) => identity.createKey({ name: `k${n}`, role: 'caller' })),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...made),
      fc.string({ minLength: 1 }),
      fc.nat({ max: 51 }),
      ({ key, secret }, text, at) => {
        assert.equal(identity.authenticate(bearer(secret)).keyId, key.id);
        const changed = secret.slice(0, at) + text.trim() + secret.slice(at + text.trim().length);
        if (changed.trim() === secret) return;
        assert.throws(() => identity.authenticate({ 'x-api-key': changed }), invalid);
      },
    ),
  );
  identity.close();
});

test('globs of models: a star stands for any characters, everything else for itself', () => {
  const cases: [string[] | undefined, string, boolean][] = [
    [undefined, 'anything', true],
    [[], 'anything', false],
    [['auto'], 'auto', true],
    [['auto'], 'auto2', false],
    [['auto'], 'Auto', false],
    [['acme/*'], 'acme/small', true],
    [['acme/*'], 'acme/', true],
    [['acme/*'], 'other/acme/small', false],
    [['*'], '', true],
    [['*-mini'], 'gpt-mini-mini', true],
    [['a*b*c'], 'a-b-b-c', true],
    [['a*b*c'], 'a-c-b', false],
    [['gpt-4.1'], 'gpt-4x1', false],
    [['x', 'a**'], 'ab', true],
    [[`${'*'.repeat(50)}b`], 'a'.repeat(2000), false],
  ];
  for (const [models, name, expected] of cases) {
    assert.equal(allowsModel({ models }, name), expected, `${models} ${name}`);
  }
});
