import { anthropic } from './anthropic.ts';
import { azureOpenai } from './azure-openai.ts';
import { baichuan } from './baichuan.ts';
import { bedrock } from './bedrock.ts';
import { cohere } from './cohere.ts';
import { dashscope } from './dashscope.ts';
import { deepseek } from './deepseek.ts';
import { fireworks } from './fireworks.ts';
import { gemini } from './gemini.ts';
import { groq } from './groq.ts';
import { hunyuan } from './hunyuan.ts';
import { llamacpp } from './llamacpp.ts';
import { lmstudio } from './lmstudio.ts';
import { minimax } from './minimax.ts';
import { mistral } from './mistral.ts';
import { moonshot } from './moonshot.ts';
import { ollama } from './ollama.ts';
import { openai } from './openai.ts';
import { openaiCompatible } from './openai-compatible.ts';
import { openrouter } from './openrouter.ts';
import { qianfan } from './qianfan.ts';
import { sandbox } from './sandbox.ts';
import { sglang } from './sglang.ts';
import { siliconflow } from './siliconflow.ts';
import { spark } from './spark.ts';
import { stepfun } from './stepfun.ts';
import { tgi } from './tgi.ts';
import { together } from './together.ts';
import type { Vendor } from './vendor.ts';
import { vertex } from './vertex.ts';
import { vllm } from './vllm.ts';
import { volcengine } from './volcengine.ts';
import { xai } from './xai.ts';
import { xinference } from './xinference.ts';
import { zhipu } from './zhipu.ts';

/** Every vendor there is. Adding one is its file and its line here. */
export const vendors: readonly Vendor[] = [
  openai,
  anthropic,
  azureOpenai,
  gemini,
  vertex,
  bedrock,
  mistral,
  xai,
  cohere,
  groq,
  together,
  fireworks,
  openrouter,
  baichuan,
  dashscope,
  deepseek,
  hunyuan,
  minimax,
  moonshot,
  qianfan,
  siliconflow,
  spark,
  stepfun,
  volcengine,
  zhipu,
  openaiCompatible,
  vllm,
  sglang,
  llamacpp,
  ollama,
  lmstudio,
  tgi,
  xinference,
  sandbox,
];

export function findVendor(id: string): Vendor | undefined {
  return vendors.find((vendor) => vendor.id === id);
}
