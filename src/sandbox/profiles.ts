/** How a simulated model behaves. Its price, limits and scores are the catalogue's; here is what makes answers differ. */
export interface Profile {
  id: string;
  /** Shown in answers. */
  name: string;
  contextTokens: number;
  outputTokensMax: number;
  /** Milliseconds from the request to the first token, at speed 1. */
  firstTokenMs: number;
  tokensPerSecond: number;
  /** 0..1: how hard a sum may be before the answer is likely wrong. */
  ability: number;
  reasoning: 'none' | 'optional' | 'always';
  parallelTools: boolean;
  imageInput: boolean;
}

export const profiles: readonly Profile[] = [
  {
    id: 'sandbox/frontier',
    name: 'Sandbox Frontier',
    contextTokens: 400_000,
    outputTokensMax: 64_000,
    firstTokenMs: 600,
    tokensPerSecond: 60,
    ability: 0.98,
    reasoning: 'optional',
    parallelTools: true,
    imageInput: true,
  },
  {
    id: 'sandbox/standard',
    name: 'Sandbox Standard',
    contextTokens: 200_000,
    outputTokensMax: 32_000,
    firstTokenMs: 350,
    tokensPerSecond: 90,
    ability: 0.8,
    reasoning: 'none',
    parallelTools: true,
    imageInput: true,
  },
  {
    id: 'sandbox/reasoner',
    name: 'Sandbox Reasoner',
    contextTokens: 200_000,
    outputTokensMax: 32_000,
    firstTokenMs: 500,
    tokensPerSecond: 70,
    ability: 0.95,
    reasoning: 'always',
    parallelTools: true,
    imageInput: false,
  },
  {
    id: 'sandbox/mini-open',
    name: 'Sandbox Mini Open',
    contextTokens: 32_000,
    outputTokensMax: 8_000,
    firstTokenMs: 150,
    tokensPerSecond: 160,
    ability: 0.45,
    reasoning: 'none',
    parallelTools: false,
    imageInput: false,
  },
];

/** By id, with or without the vendor's name before it. */
export function findProfile(model: string): Profile | undefined {
  return profiles.find((profile) => profile.id === model || profile.id === `sandbox/${model}`);
}
