import type { BiasMemory } from './cost-bias.ts';
import type { CurveMemory } from './response-curve.ts';
import type { TrafficMemory } from './traffic-forecast.ts';

/** What a pacer knows that a restart should know too. Plain JSON. */
export interface PacerMemory {
  version: 1;
  dayStartMs: number;
  spentNano: number;
  curve: CurveMemory;
  traffic: TrafficMemory;
  bias: BiasMemory;
  /** What decisions chose to spend, and what the curve foresaw. */
  chosen: { real: number; foreseen: number };
}

/** Undefined when the value was not written by this version: the pacer then begins anew. */
export function readPacerMemory(value: unknown): PacerMemory | undefined {
  if (!isRecord(value) || value['version'] !== 1) return undefined;
  const { dayStartMs, spentNano, curve, traffic, bias, chosen } = value;
  if (!isAmount(dayStartMs) || !isAmount(spentNano)) return undefined;
  if (!isRecord(curve) || !isAmount(curve['weight']) || !isAmount(curve['cheapest'])) return undefined;
  if (!areAmounts(curve['spend'])) return undefined;
  if (!isRecord(traffic) || !isAmount(traffic['dayStartMs']) || !isAmount(traffic['seenFrom']))
    return undefined;
  if (!areAmounts(traffic['counts'])) return undefined;
  if (traffic['usual'] !== undefined && !areAmounts(traffic['usual'])) return undefined;
  if (!isRecord(bias) || !Array.isArray(bias['options']) || !bias['options'].every(isBias)) return undefined;
  if (!isRecord(chosen) || !isAmount(chosen['real']) || !isAmount(chosen['foreseen'])) return undefined;
  return value as unknown as PacerMemory;
}

function isBias(value: unknown): boolean {
  return Array.isArray(value) && typeof value[0] === 'string' && isAmount(value[1]) && isAmount(value[2]);
}

function isRecord(value: unknown): value is { [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isAmount(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function areAmounts(value: unknown): boolean {
  return Array.isArray(value) && value.every(isAmount);
}
