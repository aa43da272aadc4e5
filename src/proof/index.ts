export { Canaries, type CanaryStatus } from './canary/canaries.ts';
export { ProofDesk } from './desk/proof-desk.ts';
export type { ProvedRoute } from './desk/proved-route.ts';
export type { ConfiguredRoute } from './desk/route-proof.ts';
export { feedbackTexts } from './feedback/feedback-texts.ts';
export type { EstimateDeps } from './forecast/estimate.ts';
export {
  judgedForecastOf,
  type PreparedForecast,
  prepareForecast,
  priorForecastOf,
} from './forecast/forecast.ts';
export { captureRecords } from './forecast/logs/captures.ts';
export { logFormats } from './forecast/logs/list.ts';
export { type ReadLog, readLogs, readRecords } from './forecast/logs/read-log.ts';
export { forecastSvg } from './forecast/report/plot.ts';
export { type ForecastReport, forecastJsonSchema } from './forecast/report/report.ts';
export { forecastText } from './forecast/report/text.ts';
export { gatewayRunner, type Judge, type RunnerDeps } from './forecast/run/gateway-runner.ts';
export { pairsMin, planRun } from './forecast/run/plan.ts';
export { appendPair, readPairs } from './forecast/run/resume.ts';
export { type KeptPair, runPairs } from './forecast/run/run-pairs.ts';
export type { PairRunner } from './forecast/run/runner.ts';
export { gradeAnswers } from './graders/grade-answers.ts';
export type { LabelTask } from './labels/labelling.ts';
export type {
  Certificate,
  FrozenPolicy,
  StoryEvent,
} from './lifecycle/state.ts';
export type { Capture, Label, Pair } from './pairs/pair.ts';
export type { RouteProofSettings } from './route-settings.ts';
export { makeReport, type Savings, type SavingsSources, savingsOf } from './savings/make-report.ts';
export { type Period, periodOf } from './savings/period.ts';
export { renderReport } from './savings/render-report.ts';
export { type ReportData, rowFigures, savingsGroups } from './savings/report-data.ts';
export { reportText } from './savings/report-text.ts';
export type { ReportLanguage } from './savings/report-words.ts';
export { savingsCsv } from './savings/savings-csv.ts';
export { fingerprintOf, signReport } from './savings/sign-report.ts';
export { verifyReport } from './savings/verify-report.ts';
export { routeProofSchema } from './settings.ts';
export type { NewNote, PairQuery, ProofStore, StoredNote } from './store.ts';
export {
  type Counts,
  type WhatIfReport,
  type WhatIfSources,
  whatIf,
  whatIfMax,
} from './what-if/what-if.ts';
export { whatIfText } from './what-if/what-if-text.ts';
