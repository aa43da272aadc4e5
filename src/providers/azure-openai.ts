import { responsesMount } from './mounts.ts';
import { openai } from './openai.ts';
import type { Vendor, VendorRegion } from './vendor.ts';

const baseUrl = 'https://{resource}.openai.azure.com/openai/v1';

/** Data at rest stays in the geography of the resource, which the address does not name. */
function zone(processing: string): VendorRegion {
  return { baseUrl, processing, storage: undefined };
}

/**
 * The v1 API of Azure OpenAI (Microsoft Foundry): no `api-version`, a model is named by its deployment. Where inference runs is a
 * property of the deployment and not of the address, so the operator says it as the region: `global` for Global Standard, `us` and
 * `eu` for Data Zone deployments; for Standard ones `processing` of the provider. Sources: learn.microsoft.com: api-version-lifecycle,
 * deployment types (MicrosoftDocs/azure-ai-docs, 2026-08), content filtering.
 */
export const azureOpenai: Vendor = {
  id: 'azure-openai',
  name: 'Azure OpenAI (Microsoft Foundry)',
  headquarters: 'US',
  dialect: 'openai-chat',
  chatPath: '/chat/completions',
  mounts: [responsesMount('same-dialect')],
  services: {
    embeddings: { path: '/embeddings' },
    completions: { path: '/completions' },
    images: { path: '/images' },
    files: { path: '/files' },
    batches: { path: '/batches' },
  },
  modelsPath: '/models',
  regions: { global: zone('global'), us: zone('US'), eu: zone('EU') },
  defaultRegion: 'global',
  versionPath: '/openai/v1',
  parameters: { resource: 'the name of the Azure resource, the first part of its endpoint' },
  parameterVariables: { resource: ['AZURE_OPENAI_RESOURCE', 'AZURE_RESOURCE_NAME'] },
  auth: 'api-key',
  forwardHeaders: ['openai-beta'],
  headers: {},
  keyVariables: ['AZURE_OPENAI_API_KEY'],
  baseUrlVariable: 'AZURE_OPENAI_ENDPOINT',
  quirks: openai.quirks,
  errorClasses: [
    {
      code: 'content_filter',
      is: 'content_filtered',
      hint: 'Azure’s content filter refused the prompt; the filter is configured per deployment in the Foundry portal.',
    },
    { code: 'ResponsibleAIPolicyViolation', is: 'content_filtered' },
    { message: /content management policy/i, is: 'content_filtered' },
    {
      code: 'DeploymentNotFound',
      is: 'upstream_rejected',
      hint: 'Name the model by its deployment’s name in this resource; a new deployment answers after some minutes.',
    },
    {
      status: 401,
      message: /invalid subscription key or wrong API endpoint/i,
      is: 'upstream_auth',
      hint: 'The key is wrong, or it belongs to another resource: a key works only at the endpoint of the resource that issued it.',
    },
    {
      message: /Virtual Network|Firewall rules/i,
      is: 'upstream_auth',
      hint: 'The resource’s network rules do not admit the address this gateway calls from.',
    },
    { code: 'context_length_exceeded', is: 'upstream_rejected' },
    {
      code: 'OperationNotSupported',
      is: 'upstream_rejected',
      hint: 'The deployment’s model does not serve this operation; deploy a model that does, or call it in another dialect.',
    },
    {
      code: 'insufficient_quota',
      is: 'upstream_quota',
      hint: 'Raise the quota of the subscription or use another deployment.',
    },
    {
      status: 429,
      is: 'upstream_rate_limited',
      hint: 'The deployment’s tokens per minute are used up; raise its share of the quota or add a deployment.',
    },
  ],
  simulated: false,
};
