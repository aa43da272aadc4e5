import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createCatalog } from '../../src/catalog/index.ts';
import type { Principal } from '../../src/identity/index.ts';
import {
  createPolicy,
  factTable,
  type KillSwitch,
  killedBy,
  nothingSaid,
  openGate,
  policiesSchema,
  type RequestFacts,
  shippedPacks,
} from '../../src/policy/index.ts';
import { createProvider } from '../../src/providers/index.ts';

const catalog = createCatalog({
  providers: [
    createProvider({ id: 'openai', vendor: 'openai', apiKey: 'k' }),
    createProvider({ id: 'qwen-sg', vendor: 'dashscope', region: 'ap-southeast-1', apiKey: 'k' }),
    createProvider({ id: 'qwen-cn', vendor: 'dashscope', region: 'cn-beijing', apiKey: 'k' }),
    createProvider({ id: 'gpu', vendor: 'vllm', baseUrl: 'http://10.0.0.5:8000/v1', region: 'DE' }),
    createProvider({ id: 'here', vendor: 'vllm', baseUrl: 'http://127.0.0.1:8000/v1' }),
    createProvider({ id: 'elsewhere', vendor: 'openai-compatible', baseUrl: 'https://llm.example.com/v1' }),
    createProvider({
      id: 'rented',
      vendor: 'vllm',
      baseUrl: 'https://gpu.example.com/v1',
      endpoint: {
        processing: 'FR',
        storage: 'FR',
        operator: 'Rent SA',
        headquarters: 'FR',
        trainsOnInput: false,
      },
    }),
  ],
  deployments: ['gpu', 'here', 'elsewhere', 'rented'].map((provider) => ({
    model: 'qwen2.5-72b-instruct',
    provider,
  })),
});

const anyone: Principal = {
  keyId: 'key_1',
  name: 'test',
  role: 'caller',
  project: 'invoices',
  models: undefined,
  limits: {},
};
const names = [
  'openai/gpt-4o',
  ...['gpu', 'here', 'elsewhere', 'rented'].map((id) => `${id}/qwen2.5-72b-instruct`),
];
const qwen = catalog.deployments().filter(({ provider }) => provider.id.startsWith('qwen-'));
const deployments = [
  ...names.map((name) => catalog.findDeployment(name)!),
  qwen.find(({ provider }) => provider.id === 'qwen-sg')!,
  qwen.find(({ provider }) => provider.id === 'qwen-cn')!,
];

interface Asked {
  policies: unknown;
  stated?: Partial<RequestFacts>;
  claimed?: Partial<RequestFacts>;
  home?: string;
  nowMs?: number;
  switches?: KillSwitch[];
}

function gate({ policies, stated, claimed, home, nowMs = Date.parse('2026-11-24'), switches = [] }: Asked) {
  return openGate({
    principal: anyone,
    route: 'auto',
    stated: { ...nothingSaid, ...stated },
    claimed: claimed && { ...nothingSaid, ...stated, ...claimed },
    policy: createPolicy(policiesSchema.parse(policies), { processing: home, storage: home }),
    switches: () => switches,
    nowMs: () => nowMs,
  });
}

/** Provider → the rule that refuses its deployment, or undefined. */
function refusals(asked: Asked): { [provider: string]: string | undefined } {
  const opened = gate(asked);
  return Object.fromEntries(deployments.map((one) => [one.provider.id, opened.refusal(one, 'serve')?.rule]));
}

test('a shipped pack keeps requests in its places, and refuses where the place is not known', () => {
  assert.deepEqual(refusals({ policies: [{ use: 'eu-only' }], home: 'DE' }), {
    openai: 'policy.eu-only/processing',
    'qwen-sg': 'policy.eu-only/processing',
    'qwen-cn': 'policy.eu-only/processing',
    gpu: undefined,
    // What runs on this machine stands where the installation does.
    here: undefined,
    elsewhere: 'policy.eu-only/processing',
    rented: undefined,
  });
  assert.equal(refusals({ policies: [{ use: 'eu-only' }] })['here'], 'policy.eu-only/processing');
  const china = refusals({ policies: [{ use: 'mainland-china-only' }] });
  assert.deepEqual(
    Object.keys(china).filter((id) => china[id] === undefined),
    ['qwen-cn'],
  );
});

test('who operates an endpoint is told from its vendor; of an engine at a public address nobody knows', () => {
  const found = refusals({ policies: [{ use: 'no-prc-operated' }], home: 'DE' });
  assert.deepEqual(
    Object.keys(found)
      .filter((id) => found[id] === undefined)
      .sort(),
    ['gpu', 'here', 'rented'],
  );
  assert.equal(found['qwen-sg'], 'policy.no-prc-operated/headquarters');
  assert.equal(found['elsewhere'], 'policy.no-prc-operated/headquarters');
  // Its place is not told by the vendor, and may then be anywhere.
  assert.equal(found['openai'], 'policy.no-prc-operated/processing');
});

test('a rule about data of a class concerns requests with that class only', () => {
  const policies = [{ use: 'on-prem-for-tagged' }];
  const onPrem = { gpu: undefined, here: undefined };
  assert.equal(refusals({ policies })['openai'], undefined);
  for (const asked of [
    { policies, stated: { dataClasses: ['health'] } },
    { policies, claimed: { dataClasses: ['health'] } },
    { policies, claimed: { tags: ['confidential'] } },
  ]) {
    const found = refusals(asked);
    assert.equal(found['openai'], 'policy.on-prem-for-tagged/self-hosted');
    for (const id of Object.keys(onPrem)) assert.equal(found[id], undefined);
  }
});

test('what a client claims cannot buy what nobody stated', () => {
  const policies = [
    {
      id: 'house',
      rules: [
        {
          id: 'research-only',
          when: { not: { 'request.purpose': ['research'] } },
          deny: { 'endpoint.provider': 'openai' },
          why: 'for research only',
        },
      ],
    },
  ];
  assert.equal(refusals({ policies })['openai'], 'policy.house/research-only');
  assert.equal(
    refusals({ policies, claimed: { purpose: 'research' } })['openai'],
    'policy.house/research-only',
  );
  assert.equal(refusals({ policies, stated: { purpose: 'research' } })['openai'], undefined);
  // A claim of the opposite makes it stricter.
  assert.equal(
    refusals({ policies, stated: { purpose: 'research' }, claimed: { purpose: 'production' } })['openai'],
    'policy.house/research-only',
  );
});

test('deny wins over packs and levels; the refusal names the first rule by level, the others and the facts', () => {
  const deny = (id: string, level: string) => ({
    id,
    level,
    rules: [{ id: 'no', deny: { 'endpoint.provider': ['openai'] }, why: `says ${id}` }],
  });
  const opened = gate({ policies: [deny('ours', 'team'), deny('states', 'law'), deny('deal', 'contract')] });
  assert.deepEqual(opened.refusal(deployments[0]!, 'serve'), {
    rule: 'policy.states/no',
    why: 'says states',
    also: ['policy.deal/no', 'policy.ours/no'],
    facts: { 'endpoint.provider': 'openai' },
  });
});

test('a pack is in force from its first instant to the one before its last', () => {
  const policies = [
    {
      id: 'spring',
      from: '2026-03-01',
      until: '2026-04-01',
      rules: [{ id: 'all', deny: { 'model.id': { known: true } }, why: 'spring' }],
    },
  ];
  const at = (time: string) => refusals({ policies, nowMs: Date.parse(time) })['openai'];
  assert.equal(at('2026-02-28T23:59:59.999Z'), undefined);
  assert.equal(at('2026-03-01T00:00:00Z'), 'policy.spring/all');
  assert.equal(at('2026-03-31T23:59:59.999Z'), 'policy.spring/all');
  assert.equal(at('2026-04-01T00:00:00Z'), undefined);
});

test('a pack for one project leaves the others alone; `unknown: allow` lets pass what nobody knows', () => {
  const pack = (applies_to: unknown, unknown: string) => ({
    id: 'p',
    applies_to,
    rules: [{ id: 'eu', require: { 'endpoint.processing': { within: ['EU'] } }, why: 'eu', unknown }],
  });
  const rule = (policies: unknown[]) => refusals({ policies })['elsewhere'];
  assert.equal(rule([pack({ 'tenant.project': 'other' }, 'refuse')]), undefined);
  assert.equal(rule([pack({ 'tenant.project': 'invoices' }, 'refuse')]), 'policy.p/eu');
  assert.equal(rule([pack({ 'tenant.project': 'invoices' }, 'allow')]), undefined);
  assert.equal(
    refusals({ policies: [pack({ 'tenant.project': 'invoices' }, 'allow')] })['qwen-cn'],
    'policy.p/eu',
  );
});

test('what may be kept here follows where the installation stands', () => {
  const keeps = (home?: string) =>
    gate({ policies: [{ use: 'eu-only' }], ...(home !== undefined && { home }) }).keepRefusal('capture')
      ?.rule;
  assert.equal(keeps('FR'), undefined);
  assert.equal(keeps('US'), 'policy.eu-only/processing');
  assert.equal(keeps(), 'policy.eu-only/processing');
});

test('a kill switch names deployments by any of their properties, and beats every allowance', () => {
  const [openai] = deployments;
  for (const [target, value] of [
    ['vendor', 'OpenAI'],
    ['provider', 'openai'],
    ['model', 'gpt-4o'],
    ['origin', 'us'],
    ['deployment', 'openai/gpt-4o'],
  ] as const) {
    const one = { id: 'kill_1', target, value, reason: 'breach', setBy: 'key_1', atMs: 0 };
    assert.equal(killedBy(openai!, [one])?.id, 'kill_1', target);
    const opened = gate({ policies: [], switches: [one] });
    assert.deepEqual(opened.refusal(openai!, 'judge'), {
      rule: `kill.${target}`,
      why: `${target} ${value} is switched off: breach`,
    });
  }
});

test('every shipped pack compiles, has a date, and says where unknown facts lead', () => {
  for (const pack of shippedPacks) {
    assert.ok(pack.as_of !== undefined && pack.title !== undefined, pack.id);
    assert.ok(
      pack.rules.every((rule) => rule.unknown === 'refuse'),
      pack.id,
    );
    assert.notEqual(
      createPolicy(policiesSchema.parse([{ use: pack.id }]), { processing: undefined, storage: undefined })
        .version,
      'none',
    );
  }
});

const faults: [rule: unknown, message: RegExp][] = [
  [
    { require: { 'endpoint.proccessing': ['DE'] } },
    /no fact «endpoint.proccessing»; there are .*endpoint.processing/,
  ],
  [{ require: {} }, /is empty/],
  [{}, /either `require` or `deny`/],
  [{ require: { 'endpoint.self_hosted': 'yes' } }, /must be true or false/],
  [{ require: { 'request.tags': { within: ['EU'] } } }, /asked by has, lacks/],
  [{ require: { any: [] } }, /a list of conditions/],
  [{ require: { 'endpoint.processing': [] } }, /must be text/],
];

test('a pack that cannot be meant is refused with the field at fault', () => {
  for (const [rule, message] of faults) {
    const policies = [{ id: 'p', rules: [{ id: 'r', why: 'w', ...(rule as object) }] }];
    assert.throws(() => refusals({ policies }), message);
  }
  assert.throws(
    () => refusals({ policies: [{ use: 'nowhere' }] }),
    /no pack «nowhere» comes with the product/,
  );
});

const place = fc.constantFrom(
  undefined,
  'DE',
  'US',
  'CN',
  'SG',
  'EU',
  'global',
  'global-except-cn',
  'on-prem',
);
const textFact = fc.constantFrom('request.purpose', 'endpoint.provider', 'model.lab', 'tenant.project');
const condition: fc.Arbitrary<object> = fc.letrec((tie) => ({
  one: fc.oneof(
    { depthSize: 'small' },
    fc
      .record({
        fact: textFact,
        values: fc.array(fc.constantFrom('research', 'openai', 'invoices', 'Alibaba'), {
          minLength: 1,
          maxLength: 2,
        }),
        by: fc.constantFrom('in', 'not_in'),
      })
      .map(({ fact, values, by }) => ({ [fact]: { [by]: values } })),
    fc
      .record({
        fact: fc.constantFrom('endpoint.processing', 'request.subject_region'),
        values: fc.array(fc.constantFrom('EU', 'CN', 'US', 'SG'), { minLength: 1, maxLength: 2 }),
        by: fc.constantFrom('within', 'outside'),
      })
      .map(({ fact, values, by }) => ({ [fact]: { [by]: values } })),
    fc
      .record({
        values: fc.array(fc.constantFrom('health', 'secret'), { minLength: 1 }),
        by: fc.constantFrom('has', 'lacks'),
      })
      .map(({ values, by }) => ({ 'request.data_class': { [by]: values } })),
    fc.record({ known: fc.boolean() }).map(({ known }) => ({ 'request.purpose': { known } })),
    tie('one').map((inner) => ({ not: inner })),
    fc.array(tie('one'), { minLength: 1, maxLength: 2 }).map((any) => ({ any })),
  ),
})).one as fc.Arbitrary<object>;
const facts = fc.record({
  dataClasses: fc.subarray(['health', 'secret']),
  purpose: fc.constantFrom(undefined, 'research', 'production'),
  subjectRegion: place,
  tags: fc.constant([]),
});

test('no claim ever allows what is refused without it, whatever the rules', () => {
  const rule = fc.record({
    when: condition,
    demand: condition,
    deny: fc.boolean(),
    unknown: fc.constantFrom('refuse', 'allow'),
  });
  fc.assert(
    fc.property(fc.array(rule, { minLength: 1, maxLength: 4 }), facts, facts, (rules, stated, claimed) => {
      const policies = [
        {
          id: 'p',
          rules: rules.map(({ when, demand, deny, unknown }, i) => ({
            id: `r${i}`,
            why: 'w',
            when,
            [deny ? 'deny' : 'require']: demand,
            unknown,
          })),
        },
      ];
      const without = refusals({ policies, stated });
      const having = refusals({ policies, stated, claimed });
      for (const id of Object.keys(without))
        if (having[id] === undefined) assert.equal(without[id], undefined);
    }),
    { numRuns: 300 },
  );
});

test('every fact has a kind and words', () => {
  for (const [name, { about }] of Object.entries(factTable)) assert.ok(about.length > 5, name);
});
