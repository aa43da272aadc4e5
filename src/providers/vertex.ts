import { gemini } from './gemini.ts';
import { googleErrorClasses } from './google-errors.ts';
import { messagesMount } from './mounts.ts';
import type { Vendor, VendorRegion } from './vendor.ts';

const inProject = '/v1/projects/{project}/locations/{region}';

/** A region that the data-residency page lists: inference stays in it for the models the page names there. */
function region(country: string): VendorRegion {
  return {
    baseUrl: `https://{region}-aiplatform.googleapis.com${inProject}`,
    processing: country,
    storage: country,
  };
}

/** A region that the page does not list: it promises where data rests, not where inference runs. */
function regionWithoutPromise(country: string): VendorRegion {
  return { ...region(country), processing: undefined };
}

/**
 * Gemini and partner models on Google Cloud (Vertex AI, now Gemini Enterprise Agent Platform). Sources: docs.cloud.google.com: locations,
 * data residency, API errors (2026-10); platform.claude.com: Claude on Vertex AI (model in the path, `anthropic_version` in the body).
 */
export const vertex: Vendor = {
  id: 'vertex',
  name: 'Google Cloud Vertex AI',
  headquarters: 'US',
  dialect: 'gemini',
  chatPath: '/publishers/google/models/{model}:generateContent',
  streamPath: '/publishers/google/models/{model}:streamGenerateContent?alt=sse',
  countPath: '/publishers/google/models/{model}:countTokens',
  modelInBody: false,
  mounts: [
    messagesMount('adaptive-thinking', {
      models: /^claude-/,
      chatPath: '/publishers/anthropic/models/{model}:rawPredict',
      streamPath: '/publishers/anthropic/models/{model}:streamRawPredict',
      modelInBody: false,
      headers: {},
      forwardHeaders: ['anthropic-beta'],
      quirks: {
        heartbeats: true,
        promptCache: { lifetimeMs: 300_000, tokensMin: 1024, marked: true },
        extraBody: { anthropic_version: 'vertex-2023-10-16' },
      },
    }),
    {
      dialect: 'openai-chat',
      // Open models, whose names begin with their makers’.
      models: /\//,
      chatPath: '/endpoints/openapi/chat/completions',
      use: 'named',
      modelInBody: true,
      quirks: {
        maxTokensField: 'max_tokens',
        usageNeedsStreamOption: true,
        reasoningControl: 'reasoning_effort',
      },
    },
  ],
  modelsPath: undefined,
  regions: {
    global: {
      baseUrl: `https://aiplatform.googleapis.com${inProject}`,
      processing: 'global',
      storage: undefined,
    },
    us: {
      baseUrl: `https://aiplatform.us.rep.googleapis.com${inProject}`,
      processing: 'US',
      storage: 'US',
    },
    eu: {
      baseUrl: `https://aiplatform.eu.rep.googleapis.com${inProject}`,
      processing: 'EU',
      storage: 'EU',
    },
    'us-central1': region('US'),
    'us-east1': region('US'),
    'us-east4': region('US'),
    'us-east5': region('US'),
    'us-south1': region('US'),
    'us-west1': region('US'),
    'us-west4': region('US'),
    'northamerica-northeast1': region('CA'),
    'europe-west2': region('GB'),
    'europe-west3': region('DE'),
    'europe-west4': region('NL'),
    'europe-west9': region('FR'),
    'europe-central2': regionWithoutPromise('PL'),
    'europe-north1': regionWithoutPromise('FI'),
    'europe-southwest1': regionWithoutPromise('ES'),
    'europe-west1': regionWithoutPromise('BE'),
    'europe-west6': regionWithoutPromise('CH'),
    'europe-west8': regionWithoutPromise('IT'),
    'asia-east1': regionWithoutPromise('TW'),
    'asia-east2': regionWithoutPromise('HK'),
    'asia-northeast1': regionWithoutPromise('JP'),
    'asia-northeast3': regionWithoutPromise('KR'),
    'asia-south1': regionWithoutPromise('IN'),
    'asia-southeast1': regionWithoutPromise('SG'),
    'australia-southeast1': regionWithoutPromise('AU'),
    'southamerica-east1': regionWithoutPromise('BR'),
    'me-central1': regionWithoutPromise('QA'),
    'me-central2': regionWithoutPromise('SA'),
    'me-west1': regionWithoutPromise('IL'),
  },
  // It promises nothing about the place, so nobody is surprised by where a prompt went.
  defaultRegion: 'global',
  parameters: { project: 'the id of the Google Cloud project' },
  parameterVariables: { project: ['GOOGLE_CLOUD_PROJECT', 'GOOGLE_VERTEX_PROJECT'] },
  regionVariables: ['GOOGLE_CLOUD_LOCATION', 'GOOGLE_VERTEX_LOCATION'],
  switchVariables: ['GOOGLE_GENAI_USE_VERTEXAI'],
  auth: 'google-oauth',
  headers: {},
  keyVariables: [],
  baseUrlVariable: undefined,
  quirks: gemini.quirks,
  errorClasses: [
    ...googleErrorClasses,
    {
      message: /Permission .* denied on resource/i,
      is: 'upstream_auth',
      hint: 'Give the service account the role Vertex AI User in this project, and check that project and region are right.',
    },
    {
      message:
        /Publisher Model .* (was not found|is not (available|servable|supported))|not servable in region/i,
      is: 'upstream_rejected',
      hint: 'The model is not offered in this region, or must first be enabled in the Model Garden.',
    },
    {
      status: 429,
      is: 'upstream_rate_limited',
      hint: 'The region’s shared capacity or the project’s quota is used up; the global endpoint has more.',
    },
    {
      status: 401,
      is: 'upstream_auth',
      hint: 'The credentials are expired or not Google’s; check the credentials file or the application default credentials.',
    },
  ],
  simulated: false,
};
