import assert from 'node:assert/strict';
import { test } from 'node:test';
import { dialects, errorTable } from '../../src/protocol/index.ts';
import {
  chatUrl,
  countUrl,
  createProvider,
  modelsUrl,
  type Provider,
  type ProviderSettings,
  serviceUrl,
  type Vendor,
  vendors,
} from '../../src/providers/index.ts';

const model = 'org/name:1@2';

/** Settings that leave nothing open: a value for every part that only an operator knows. */
function complete(vendor: Vendor, region: string | undefined): ProviderSettings {
  const parameters = Object.fromEntries(Object.keys(vendor.parameters ?? {}).map((name) => [name, 'own-1']));
  // Addresses may have parts that the vendor's file does not explain.
  for (const { baseUrl } of Object.values(vendor.regions)) {
    for (const [, name] of baseUrl.matchAll(/\{(\w+)\}/g)) if (name !== 'region') parameters[name!] = 'own-1';
  }
  const settings = { id: 'p', vendor: vendor.id, apiKey: 'key-0123456789', parameters };
  return region === undefined ? { ...settings, baseUrl: 'http://127.0.0.1:9/v1' } : { ...settings, region };
}

function providersOf(vendor: Vendor): Provider[] {
  const regions = Object.keys(vendor.regions);
  const places = regions.length === 0 ? [undefined] : regions;
  return places.map((region) => createProvider(complete(vendor, region)));
}

/** A sentence for a person: it begins like one, ends like one, and is no wall of text. */
function assertSentence(text: string, where: string): void {
  assert.match(text, /^[\p{Lu}`]/u, `${where} must begin with a capital letter: ${text}`);
  assert.match(text, /[.)]$/, `${where} must end like a sentence: ${text}`);
  assert.ok(text.length >= 15 && text.length <= 500, `${where} is too short or too long: ${text}`);
}

function assertUrl(url: URL, provider: Provider): void {
  const { vendor } = provider;
  assert.doesNotMatch(decodeURIComponent(url.href), /[{}]/, `${vendor.id}: ${url.href} has an open part`);
  assert.doesNotMatch(url.pathname, /\/\//, `${vendor.id}: ${url.href} has two slashes together`);
  assert.equal(
    url.origin,
    new URL(provider.baseUrl).origin,
    `${vendor.id}: calls must not go to another host`,
  );
}

test('ids of vendors are unique, lower case, and without what separates them from models', () => {
  assert.equal(new Set(vendors.map(({ id }) => id)).size, vendors.length);
  for (const { id, name } of vendors) {
    assert.match(id, /^[a-z0-9][a-z0-9-]*$/);
    assert.ok(name.length > 0);
  }
});

test('every vendor of the product’s list is here', () => {
  const wanted =
    'openai azure-openai anthropic gemini vertex bedrock mistral xai cohere groq together fireworks openrouter ' +
    'dashscope deepseek qianfan baichuan moonshot zhipu minimax volcengine hunyuan siliconflow stepfun spark ' +
    'vllm sglang llamacpp ollama lmstudio tgi xinference openai-compatible sandbox';
  const ids = new Set(vendors.map(({ id }) => id));
  for (const id of wanted.split(' ')) assert.ok(ids.has(id), `no vendor ${id}`);
});

test('each region of each vendor resolves to addresses without open parts, in every dialect, for chat and for services', () => {
  for (const vendor of vendors) {
    for (const provider of providersOf(vendor)) {
      assert.match(provider.baseUrl, /^https?:\/\/[^{}]*[^/{}]$/);
      const own = vendor.headquarters === undefined;
      assert.ok(own || provider.baseUrl.startsWith('https://'), `${vendor.id} is called in the open`);
      const spoken = [vendor.dialect, ...(vendor.mounts ?? []).map(({ dialect }) => dialect)];
      for (const dialect of spoken) {
        const settings = complete(
          vendor,
          Object.keys(vendor.regions).length === 0 ? undefined : provider.region,
        );
        const { wires } = createProvider({ ...settings, dialect });
        const wire = wires[0]!;
        assert.equal(wire.dialect, dialect);
        for (const stream of [false, true]) assertUrl(chatUrl(provider, wire, { model, stream }), provider);
        const count = countUrl(provider, wire, model);
        if (count !== undefined) assertUrl(count, provider);
        const named = `${wire.chatPath}${wire.streamPath ?? wire.chatPath}`.split('{model}').length === 3;
        assert.equal(wire.modelInBody === false, named, `${vendor.id} ${dialect}: is the model named once?`);
        for (const [header, value] of Object.entries(wire.headers)) {
          assert.match(header, /^[a-z][a-z0-9-]*$/);
          assert.doesNotMatch(value, /[{}\r\n]/);
        }
        for (const header of wire.forwardHeaders ?? []) assert.match(header, /^[a-z][a-z0-9-]*$/);
      }
      const models = modelsUrl(provider);
      if (models !== undefined) assertUrl(models, provider);
      for (const service of Object.values(vendor.services ?? {})) {
        assert.match(service.path, /^\/[^/].*[^/]$/);
        assertUrl(serviceUrl(provider, service, model), provider);
      }
    }
  }
});

test('each dialect that a vendor lists exists, and none twice', () => {
  for (const vendor of vendors) {
    const spoken = [vendor.dialect, ...(vendor.mounts ?? []).map(({ dialect }) => dialect)];
    for (const dialect of spoken) assert.equal(dialects[dialect].name, dialect);
    assert.equal(new Set(spoken).size, spoken.length, `${vendor.id} lists a dialect twice`);
  }
});

test('without a named dialect a provider speaks its own, and others only where all models or those it claims are served that way', () => {
  for (const vendor of vendors) {
    const [provider] = providersOf(vendor);
    const expected = (vendor.mounts ?? []).flatMap(({ use, models, dialect }) =>
      use === 'same-dialect' || models !== undefined ? [dialect] : [],
    );
    assert.deepEqual(
      provider!.wires.map(({ dialect }) => dialect),
      [vendor.dialect, ...expected],
    );
  }
});

test('every error row has a condition and a code of ours, and every hint and note is a sentence', () => {
  for (const { id, errorClasses, notes } of vendors) {
    for (const row of errorClasses) {
      assert.ok(row.status ?? row.code ?? row.message, `${id}: a row without a condition catches everything`);
      assert.ok(row.is in errorTable);
      assert.ok(
        !row.message?.global && !row.message?.sticky,
        `${id}: a stateful expression matches every second time`,
      );
      if (row.hint !== undefined) assertSentence(row.hint, `${id}: the hint`);
    }
    for (const note of notes ?? []) assertSentence(note, `${id}: the note`);
  }
});

test('places are ISO 3166 codes or the words for zones, and a default region exists', () => {
  const place = /^([A-Z]{2}|global|global-except-cn|local)$/;
  for (const { id, regions, defaultRegion, proxiedRegion, headquarters, processingByModel } of vendors) {
    for (const name of [defaultRegion, proxiedRegion]) {
      if (name !== undefined) assert.ok(regions[name], id);
    }
    if (headquarters !== undefined) assert.match(headquarters, /^[A-Z]{2}$/);
    for (const { processing, storage } of [...Object.values(regions), ...(processingByModel ?? [])].map(
      (row) => ({ storage: undefined, ...row }),
    )) {
      if (processing !== undefined) assert.match(processing, place, id);
      if (storage !== undefined) assert.match(storage, place, id);
    }
  }
});

test('variables are written like variables, and no two vendors take the same key', () => {
  const keys = new Map<string, string>();
  for (const vendor of vendors) {
    const variables = [
      ...vendor.keyVariables,
      ...(vendor.regionVariables ?? []),
      ...(vendor.switchVariables ?? []),
      ...Object.values(vendor.parameterVariables ?? {}).flat(),
      ...(vendor.baseUrlVariable === undefined ? [] : [vendor.baseUrlVariable]),
    ];
    for (const variable of variables) assert.match(variable, /^[A-Z][A-Z0-9_]*$/);
    for (const variable of vendor.keyVariables) {
      assert.equal(keys.get(variable), undefined, `${variable} is claimed by ${vendor.id} and another`);
      keys.set(variable, vendor.id);
    }
    for (const parameter of Object.keys(vendor.parameterVariables ?? {})) {
      assert.ok(vendor.parameters?.[parameter], `${vendor.id}: ${parameter} has a variable but no meaning`);
    }
  }
});

test('effort words are words of ours, and given only where an effort is how thinking is switched', () => {
  const words = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'];
  for (const { id, quirks, mounts } of vendors) {
    for (const each of [quirks, ...(mounts ?? []).map((mount) => ({ ...quirks, ...mount.quirks }))]) {
      for (const effort of each.reasoningEfforts ?? []) assert.ok(words.includes(effort), `${id}: ${effort}`);
    }
  }
});
