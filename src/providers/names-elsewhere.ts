import type { DialectName } from '../protocol/index.ts';

/** What another gateway means by one of its names for a vendor. */
export interface VendorNamed {
  /** Id of one of our vendors. */
  vendor: string;
  /** The region whose address the other gateway calls unless it is told another; absent = our default. */
  region?: string | undefined;
  /** Its built-in address, where the vendor is `openai-compatible` and has none. */
  baseUrl?: string | undefined;
  /** How models are spoken with there, by their name; the first row that matches wins. */
  dialects?: { name: RegExp; dialect: DialectName }[] | undefined;
  /** The vendor that is meant where the address is not this one's. */
  elsewhere?: string | undefined;
  /** The other gateway turns usual names of models into the vendor's own; ours come from the catalogue. */
  translatesNames?: boolean | undefined;
  /** For the operator: what does not carry over as it is. */
  note?: string | undefined;
}

export type NamesElsewhere = { readonly [name: string]: VendorNamed };

function at(baseUrl: string): VendorNamed {
  return { vendor: 'openai-compatible', baseUrl };
}

const compatible: VendorNamed = { vendor: 'openai-compatible' };
const openai: VendorNamed = { vendor: 'openai', elsewhere: 'openai-compatible' };

const vertexAi: VendorNamed = {
  vendor: 'vertex',
  region: 'us-central1',
  dialects: [
    { name: /^claude/, dialect: 'anthropic-messages' },
    // Models of other publishers are served by the endpoint that speaks chat completions.
    { name: /\//, dialect: 'openai-chat' },
  ],
};

const foundry: VendorNamed = {
  vendor: 'azure-openai',
  note: 'Models of Azure AI Foundry are called by the v1 API of the resource: check that base_url ends in /openai/v1 and that name is the deployment’s.',
};

/**
 * LiteLLM: what stands before the first slash of `litellm_params.model`, or in `custom_llm_provider`. Source: the provider pages of
 * BerriAI/litellm-docs (2026-05 to 2026-10).
 */
const litellm: NamesElsewhere = {
  openai,
  'text-completion-openai': openai,
  azure: { vendor: 'azure-openai' },
  azure_text: { vendor: 'azure-openai' },
  azure_ai: foundry,
  anthropic: { vendor: 'anthropic' },
  anthropic_text: { vendor: 'anthropic' },
  gemini: { vendor: 'gemini' },
  vertex_ai: vertexAi,
  vertex_ai_beta: vertexAi,
  bedrock: { vendor: 'bedrock' },
  bedrock_converse: { vendor: 'bedrock' },
  mistral: { vendor: 'mistral' },
  xai: { vendor: 'xai' },
  cohere: { vendor: 'cohere' },
  cohere_chat: { vendor: 'cohere' },
  groq: { vendor: 'groq' },
  together_ai: { vendor: 'together' },
  fireworks_ai: { vendor: 'fireworks' },
  openrouter: { vendor: 'openrouter' },
  deepseek: { vendor: 'deepseek' },
  dashscope: { vendor: 'dashscope', region: 'ap-southeast-1' },
  qwencloud: { vendor: 'dashscope', region: 'ap-southeast-1' },
  qwen_ai_platform: { vendor: 'dashscope', region: 'cn-beijing' },
  moonshot: { vendor: 'moonshot', region: 'global' },
  zai: { vendor: 'zhipu', region: 'global' },
  minimax: { vendor: 'minimax', region: 'global' },
  volcengine: { vendor: 'volcengine', region: 'cn-beijing' },
  siliconflow: { vendor: 'siliconflow' },
  ollama: { vendor: 'ollama' },
  ollama_chat: { vendor: 'ollama' },
  vllm: { vendor: 'vllm' },
  hosted_vllm: { vendor: 'vllm' },
  lm_studio: { vendor: 'lmstudio' },
  llamafile: { vendor: 'llamacpp' },
  xinference: { vendor: 'xinference' },
  custom_openai: compatible,
  openai_like: compatible,
  litellm_proxy: compatible,
  docker_model_runner: compatible,
  perplexity: at('https://api.perplexity.ai'),
  deepinfra: at('https://api.deepinfra.com/v1/openai'),
  cerebras: at('https://api.cerebras.ai/v1'),
  sambanova: at('https://api.sambanova.ai/v1'),
  nvidia_nim: at('https://integrate.api.nvidia.com/v1'),
  novita: at('https://api.novita.ai/v3/openai'),
};

/** What one-api and new-api number alike. Sources: relay/channeltype of songquanpeng/one-api, constant/channel.go of QuantumNous/new-api. */
const channelsOfBoth: NamesElsewhere = {
  1: openai,
  3: { vendor: 'azure-openai' },
  6: at('https://api.openaimax.com/v1'),
  7: at('https://api.ohmygpt.com/v1'),
  8: compatible,
  9: at('https://api.caipacity.com/v1'),
  10: at('https://api.aiproxy.io/v1'),
  12: at('https://api.api2gpt.com/v1'),
  13: at('https://api.aigc2d.com/v1'),
  14: { vendor: 'anthropic' },
  15: {
    vendor: 'qianfan',
    region: 'cn',
    note: 'This channel exchanges an API key and a secret for a token; make a key of the form bce-v3/ALTAK-… in the Qianfan console instead.',
  },
  16: { vendor: 'zhipu', region: 'cn' },
  17: { vendor: 'dashscope', region: 'cn-beijing' },
  18: {
    vendor: 'spark',
    region: 'cn',
    note: 'This channel signs a WebSocket; set the variable to the APIPassword of the model, or to APIKey:APISecret.',
  },
  19: at('https://api.360.cn/v1'),
  20: { vendor: 'openrouter' },
  22: at('https://fastgpt.run/api/openapi/v1'),
  23: {
    vendor: 'hunyuan',
    region: 'cn',
    note: 'This channel signs with SecretId and SecretKey; make an API key in the Hunyuan console instead.',
  },
  24: { vendor: 'gemini' },
  25: { vendor: 'moonshot', region: 'cn' },
  31: at('https://api.lingyiwanwu.com/v1'),
  33: { vendor: 'bedrock', translatesNames: true },
};

/** Numbers after 25 differ between the two, as do 2, 4 and 5. */
const oneApi: NamesElsewhere = {
  ...channelsOfBoth,
  2: at('https://oa.api2d.net/v1'),
  4: at('https://api.closeai-proxy.xyz/v1'),
  5: at('https://api.openai-sb.com/v1'),
  26: { vendor: 'baichuan' },
  27: { vendor: 'minimax', region: 'cn' },
  28: { vendor: 'mistral' },
  29: { vendor: 'groq' },
  30: { vendor: 'ollama' },
  32: { vendor: 'stepfun', region: 'cn' },
  35: { vendor: 'cohere' },
  36: { vendor: 'deepseek' },
  39: { vendor: 'together' },
  40: { vendor: 'volcengine', region: 'cn-beijing' },
  41: at('https://api.novita.ai/v3/openai'),
  42: { ...vertexAi, translatesNames: true },
  44: { vendor: 'siliconflow', region: 'cn' },
  45: { vendor: 'xai' },
  47: { vendor: 'qianfan', region: 'cn' },
  48: { vendor: 'spark', region: 'cn' },
  49: { vendor: 'dashscope', region: 'cn-beijing' },
  50: compatible,
  51: { vendor: 'gemini' },
};

const newApi: NamesElsewhere = {
  ...channelsOfBoth,
  4: { vendor: 'ollama' },
  26: { vendor: 'zhipu', region: 'cn' },
  27: at('https://api.perplexity.ai'),
  34: { vendor: 'cohere' },
  35: { vendor: 'minimax', region: 'cn' },
  40: { vendor: 'siliconflow', region: 'cn' },
  41: { ...vertexAi, translatesNames: true },
  42: { vendor: 'mistral' },
  43: { vendor: 'deepseek' },
  45: { vendor: 'volcengine', region: 'cn-beijing' },
  46: { vendor: 'qianfan', region: 'cn' },
  47: { vendor: 'xinference' },
  48: { vendor: 'xai' },
};

/** Portkey: `provider` of a target. Source: src/globals.ts and src/providers/<name>/api.ts of Portkey-AI/gateway (2026). */
const portkey: NamesElsewhere = {
  openai,
  'azure-openai': { vendor: 'azure-openai' },
  'azure-ai': foundry,
  anthropic: { vendor: 'anthropic' },
  google: { vendor: 'gemini' },
  'vertex-ai': { ...vertexAi, region: undefined },
  bedrock: { vendor: 'bedrock' },
  'mistral-ai': { vendor: 'mistral' },
  'x-ai': { vendor: 'xai' },
  cohere: { vendor: 'cohere' },
  groq: { vendor: 'groq' },
  'together-ai': { vendor: 'together' },
  'fireworks-ai': { vendor: 'fireworks' },
  openrouter: { vendor: 'openrouter' },
  deepseek: { vendor: 'deepseek' },
  dashscope: { vendor: 'dashscope', region: 'ap-southeast-1' },
  moonshot: { vendor: 'moonshot', region: 'cn' },
  zhipu: { vendor: 'zhipu', region: 'cn' },
  'z-ai': { vendor: 'zhipu', region: 'global' },
  siliconflow: { vendor: 'siliconflow', region: 'cn' },
  ollama: { vendor: 'ollama' },
  lingyi: at('https://api.lingyiwanwu.com/v1'),
  'perplexity-ai': at('https://api.perplexity.ai'),
  deepinfra: at('https://api.deepinfra.com/v1/openai'),
  cerebras: at('https://api.cerebras.ai/v1'),
  sambanova: at('https://api.sambanova.ai/v1'),
  'novita-ai': at('https://api.novita.ai/v3/openai'),
};

/** How other gateways name the vendors, for importing their configurations. */
export const namesElsewhere = { litellm, oneApi, newApi, portkey } as const;

/** What is meant where the other gateway names nobody: for a model, and for an address. */
export const unnamedElsewhere = { model: openai, address: compatible } as const;

/** Hosts that vendors have left or use beside the ones of their regions: the same place under another name. */
export const otherHosts: { readonly [host: string]: { vendor: string; region: string } } = {
  'api.minimax.chat': { vendor: 'minimax', region: 'cn' },
  'api.minimaxi.chat': { vendor: 'minimax', region: 'global' },
  'api.together.xyz': { vendor: 'together', region: 'global' },
  'api.cohere.com': { vendor: 'cohere', region: 'global' },
};

/** Models that are called by names of the operator's own, so that the name does not say which model it is. */
export const namesOfOnesOwn: { readonly [vendor: string]: RegExp } = {
  'azure-openai': /./,
  volcengine: /^ep-/,
  bedrock: /^arn:/,
};
