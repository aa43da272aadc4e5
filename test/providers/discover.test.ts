import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createProvider, discoverProviders, type ProviderSettings } from '../../src/providers/index.ts';

function found(env: { [name: string]: string | undefined }): ProviderSettings[] {
  return discoverProviders((name) => env[name]);
}

function vendorsIn(env: { [name: string]: string | undefined }): string[] {
  return found(env).map(({ vendor }) => vendor);
}

test('nothing is found in an empty environment, nor where variables are set to nothing', () => {
  assert.deepEqual(found({}), []);
  assert.deepEqual(found({ OPENAI_API_KEY: '', DEEPSEEK_API_KEY: '  ', YUMEN_CLOUDS: '' }), []);
});

test('a vendor is found by its key, and called at the address that the environment gives', () => {
  const settings = found({
    OPENAI_API_KEY: ' a\n',
    ANTHROPIC_API_KEY: 'b',
    ANTHROPIC_BASE_URL: 'https://proxy.example',
    DASHSCOPE_API_KEY: 'c',
    DASHSCOPE_BASE_URL: 'https://dashscope.aliyuncs.com/compatible-mode/v1',
    OPENAI_COMPATIBLE_BASE_URL: 'http://10.0.0.9/v1',
    OPENAI_BASE_URL: undefined,
  });
  const providers = new Map(settings.map((each) => [each.id, createProvider(each)]));
  assert.deepEqual([...providers.keys()].sort(), ['anthropic', 'dashscope', 'openai', 'openai-compatible']);
  assert.equal(providers.get('openai')?.keys[0]?.secret, 'a');
  assert.equal(providers.get('anthropic')?.baseUrl, 'https://proxy.example/v1');
  assert.equal(providers.get('dashscope')?.region, 'cn-beijing');
});

test('each hosted vendor is found by each of its key variables', () => {
  const cases: [string, string][] = [
    ['GEMINI_API_KEY', 'gemini'],
    ['GOOGLE_GENERATIVE_AI_API_KEY', 'gemini'],
    ['MISTRAL_API_KEY', 'mistral'],
    ['XAI_API_KEY', 'xai'],
    ['COHERE_API_KEY', 'cohere'],
    ['CO_API_KEY', 'cohere'],
    ['GROQ_API_KEY', 'groq'],
    ['TOGETHER_API_KEY', 'together'],
    ['FIREWORKS_API_KEY', 'fireworks'],
    ['OPENROUTER_API_KEY', 'openrouter'],
  ];
  for (const [variable, vendor] of cases) {
    assert.deepEqual(vendorsIn({ [variable]: 'k' }), [vendor]);
    assert.doesNotThrow(() => found({ [variable]: 'k' }).map(createProvider));
  }
});

test('a key that may be for something else finds nothing', () => {
  assert.deepEqual(vendorsIn({ GOOGLE_API_KEY: 'AIza-maps' }), []);
});

test('Azure is found once its address is known as well, by endpoint or by resource', () => {
  assert.deepEqual(vendorsIn({ AZURE_OPENAI_API_KEY: 'k' }), []);
  const byEndpoint = found({
    AZURE_OPENAI_API_KEY: 'k',
    AZURE_OPENAI_ENDPOINT: 'https://r1.openai.azure.com/',
  });
  const byResource = found({ AZURE_OPENAI_API_KEY: 'k', AZURE_RESOURCE_NAME: 'r1' });
  for (const settings of [byEndpoint, byResource]) {
    assert.equal(createProvider(settings[0]!).baseUrl, 'https://r1.openai.azure.com/openai/v1');
  }
});

const awsKeys = { AWS_ACCESS_KEY_ID: 'AKIAEXAMPLE', AWS_SECRET_ACCESS_KEY: 'secret-example' };

test('credentials of AWS alone do not mean Bedrock; a Bedrock key or the operator’s word does', () => {
  assert.deepEqual(vendorsIn({ ...awsKeys, AWS_REGION: 'eu-central-1' }), []);
  assert.deepEqual(vendorsIn({ AWS_BEARER_TOKEN_BEDROCK: 'b' }), [], 'without a region there is no address');
  const [byKey] = found({ AWS_BEARER_TOKEN_BEDROCK: 'b', AWS_REGION: 'eu-central-1' });
  const keyed = createProvider(byKey!);
  assert.equal(keyed.baseUrl, 'https://bedrock-runtime.eu-central-1.amazonaws.com');
  assert.equal(keyed.processing, 'DE');
  const [named] = found({
    ...awsKeys,
    AWS_SESSION_TOKEN: 'token-example',
    AWS_DEFAULT_REGION: 'ap-northeast-1',
    YUMEN_CLOUDS: 'bedrock',
  });
  assert.deepEqual(createProvider(named!).cloud, {
    kind: 'aws',
    accessKeyId: 'AKIAEXAMPLE',
    secretAccessKey: 'secret-example',
    sessionToken: 'token-example',
  });
});

test('a Google Cloud project alone does not mean Vertex; Google’s own switch or the operator’s word does', () => {
  const project = { GOOGLE_CLOUD_PROJECT: 'p1', GOOGLE_APPLICATION_CREDENTIALS: '/secrets/sa.json' };
  assert.deepEqual(vendorsIn(project), []);
  assert.deepEqual(vendorsIn({ ...project, GOOGLE_GENAI_USE_VERTEXAI: 'false' }), []);
  assert.deepEqual(
    vendorsIn({ GOOGLE_GENAI_USE_VERTEXAI: 'true' }),
    [],
    'a switch for other programs, without a project',
  );
  const [switched] = found({
    ...project,
    GOOGLE_GENAI_USE_VERTEXAI: 'True',
    GOOGLE_CLOUD_LOCATION: 'europe-west4',
  });
  const provider = createProvider(switched!);
  assert.equal(
    provider.baseUrl,
    'https://europe-west4-aiplatform.googleapis.com/v1/projects/p1/locations/europe-west4',
  );
  assert.deepEqual(provider.cloud, { kind: 'google', credentialsFile: '/secrets/sa.json' });
  const [named] = found({ ...project, YUMEN_CLOUDS: 'vertex, bedrock' });
  assert.equal(
    createProvider(named!).baseUrl,
    'https://aiplatform.googleapis.com/v1/projects/p1/locations/global',
  );
});

test('a cloud that was named but lacks something is an error that says what, not silence', () => {
  const cases: [{ [name: string]: string }, RegExp][] = [
    [{ YUMEN_CLOUDS: 'vertex' }, /give parameters\.project/],
    [{ YUMEN_CLOUDS: 'bedrock' }, /give region/],
    [{ YUMEN_CLOUDS: 'bedrock', AWS_REGION: 'us-east-1' }, /needs an api_key .* or aws with access_key_id/],
    [{ YUMEN_CLOUDS: 'nimbus' }, /there is no vendor «nimbus»/],
  ];
  for (const [env, message] of cases) assert.throws(() => found(env).map(createProvider), message);
});

test('OpenAI’s organisation and project go along as headers where they are set', () => {
  const [settings] = found({ OPENAI_API_KEY: 'k', OPENAI_ORG_ID: 'org-1' });
  assert.deepEqual(createProvider(settings!).wires[0]?.headers, { 'openai-organization': 'org-1' });
});
