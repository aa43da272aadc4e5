export {
  type BesideAnswer,
  type BesideCall,
  type BesideDeps,
  callBeside,
} from './beside/call-beside.ts';
export type { AnswerSink, ClientCall } from './call.ts';
export type { CanaryHook } from './canary-hook.ts';
export { errorHeaders } from './error-headers.ts';
export {
  type Feedback,
  type FeedbackNote,
  type FeedbackTaken,
  type FeedbackTexts,
  giveFeedback,
  gradedOutcomes,
} from './feedback/give-feedback.ts';
export { KeptOutcomes, outcomesKeptMax } from './feedback/kept-outcomes.ts';
export type { GradedOutcome, OutcomeStore, StoredCounts, StoredOutcome } from './feedback/outcome-store.ts';
export { type GateDeps, gateAgain, gateOf, saysNothing } from './gate-of.ts';
export type { GatewayDeps, GatewayLog } from './gateway.ts';
export { createGuardrail, guardrailSettingsSchema, guardrailsMax } from './guardrails/guardrail.ts';
export { handle } from './handle.ts';
export { Heartbeat } from './heartbeat.ts';
export { informedPreview, recordedPreview } from './informed-preview.ts';
export { KeptLengths, type LearnedStore } from './kept-lengths.ts';
export { KillSwitches, type KillSwitchStore } from './kill-switches.ts';
export { OpenRequests } from './open-requests.ts';
export { type DryRunReport, dryRunMax, policyDryRun } from './policy-dry-run.ts';
export { type PreviewDeps, preview } from './preview.ts';
export type {
  FrozenKnowledge,
  ProofHook,
  ProofTicket,
  ProvedRequest,
  RouteStance,
} from './proof-hook.ts';
export { type ArtefactStore, ReplayPredictors } from './replay/replay-predictors.ts';
export {
  type DecisionReplay,
  type Outlook,
  type ReplayQuestion,
  replayRecord,
} from './replay/replay-record.ts';
export { replayWindow, type WindowReplay, windowMax } from './replay/replay-window.ts';
export { requestIdHeaders } from './response-headers.ts';
export { handleCompaction } from './responses/handle-compaction.ts';
export { handleResponses } from './responses/handle-responses.ts';
export { KeptResponses } from './responses/kept-responses.ts';
export { RecentResponses } from './responses/recent-responses.ts';
export type { ResponseStore, StoredResponse } from './responses/response-store.ts';
export { createSealer } from './responses/sealer.ts';
export {
  cancelResponse,
  deleteResponse,
  listInputItems,
  retrieveResponse,
} from './responses/stored-responses.ts';
export { RoutePacing } from './route-pacing.ts';
export type { BodySource, ServiceCall } from './services/call.ts';
export { handleCountTokens } from './services/count-tokens.ts';
export { handleEmbeddings, handleRerank } from './services/json-services.ts';
export { handlePassThrough, type PassService } from './services/pass-through.ts';
export type { ProviderObject, ProviderObjects } from './services/provider-objects.ts';
export { handleCreation, handleListing, handleObject, type ObjectCall } from './services/stored-objects.ts';
export { SessionMemory } from './session-memory.ts';
export { type RouteSignals, routeSignalsSchema } from './signals/settings.ts';
export { type SignalCounts, SignalDesk } from './signals/signal-desk.ts';
export type { Route, Snapshot } from './snapshot.ts';
export { ThoughtMemory } from './thought-memory.ts';
