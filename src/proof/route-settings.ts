import type { Candidate } from '../catalog/index.ts';
import type { GraderSettings } from './graders/settings.ts';

/** How a route is proved. */
export interface RouteProofSettings {
  /** As far as the route may go by itself. */
  goal: 'observe' | 'assist' | 'certified';
  /** To keep, 0.5..1. */
  quality: number;
  /** 1 − confidence. */
  delta: number;
  /** In order of preference, each with its deployments. */
  judges: { family: string; candidates: readonly Candidate[] }[];
  /** Ways of grading without a judge, tried in order. */
  graders: readonly GraderSettings[];
  unit: 'request' | 'session';
  shareMax: number;
  shareCertified: number;
  shareMin: number;
  budgetUsdPerDay: number | undefined;
  anchorsPerWeek: number;
  require: 'judge' | 'human';
  learnPairs: number;
  idleMs: number;
  /** Between two times that candidates are probed; undefined = never. */
  probeMs: number | undefined;
  capture: 'none' | 'pairs' | 'all';
  captureDays: number;
}
