import { anthropic } from './anthropic.ts';
import { dashscope } from './dashscope.ts';
import { deepseek } from './deepseek.ts';
import { openai } from './openai.ts';
import { engines, engineVendor, openaiCompatible } from './openai-compatible.ts';
import { sandbox } from './sandbox.ts';
import type { Vendor } from './vendor.ts';

/** Every vendor there is. Adding one is its file and its line here. */
export const vendors: readonly Vendor[] = [
  openai,
  anthropic,
  deepseek,
  dashscope,
  openaiCompatible,
  ...engines.map(engineVendor),
  sandbox,
];

export function findVendor(id: string): Vendor | undefined {
  return vendors.find((vendor) => vendor.id === id);
}
