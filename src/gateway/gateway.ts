import type { Identity } from '../identity/index.ts';
import type { Ledger, TokenEstimator } from '../ledger/index.ts';
import type { Limits } from '../limits/index.ts';
import type { KillSwitch } from '../policy/index.ts';
import type { DecideInput, Decision, OutputLengths, Predictor } from '../router/index.ts';
import type { Clock, IdSource } from '../std/index.ts';
import type {
  CircuitBreakers,
  Fleet,
  RetryBudget,
  RetryPolicy,
  Signers,
  Transport,
} from '../upstream/index.ts';
import type { CanaryHook } from './canary-hook.ts';
import type { KeptOutcomes } from './feedback/kept-outcomes.ts';
import type { Heartbeat } from './heartbeat.ts';
import type { OpenRequests } from './open-requests.ts';
import type { ProofHook } from './proof-hook.ts';
import type { KeptResponses } from './responses/kept-responses.ts';
import type { Sealer } from './responses/sealer.ts';
import type { RoutePacing } from './route-pacing.ts';
import type { ProviderObjects } from './services/provider-objects.ts';
import type { SessionMemory } from './session-memory.ts';
import type { SignalDesk } from './signals/signal-desk.ts';
import type { Snapshot } from './snapshot.ts';
import type { ThoughtMemory } from './thought-memory.ts';

/** What the operator should know of, without prompts or keys. */
export interface GatewayLog {
  warn(facts: { [name: string]: unknown }, message: string): void;
  error(facts: { [name: string]: unknown }, message: string): void;
}

/** Everything a request needs, made once by the composition root. */
export interface GatewayDeps {
  clock: Clock;
  ids: IdSource;
  /** In [0, 1). */
  random(): number;
  identity: Identity;
  limits: Limits;
  /** The router. Never throws. */
  decide(input: DecideInput, predictor: Predictor): Decision;
  ledger: Ledger;
  /** Whose files and batches providers keep. */
  objects: ProviderObjects;
  /** Answers of the Responses API that a later request may go on from. */
  responses: KeptResponses;
  /** Closes what clients carry for us. */
  sealer: Sealer;
  estimator: TokenEstimator;
  transport: Transport;
  breakers: CircuitBreakers;
  fleet: Fleet;
  signers: Signers;
  retryBudget: RetryBudget;
  retryPolicy: RetryPolicy;
  heartbeat: Heartbeat;
  sessions: SessionMemory;
  /** How long answers become. */
  lengths: OutputLengths;
  /** How own requests turned out, and what that has taught. */
  outcomes: KeptOutcomes;
  /** What routes may spend today, and which keys take too many upgrades. */
  pacing: RoutePacing;
  /** Whoever proves routes; absent where none is being proved. */
  proof?: ProofHook | undefined;
  /** Whoever tries other forms of routes; absent = nobody. */
  canary?: CanaryHook | undefined;
  /** How those fare whom routes ask where they are undecided. */
  signals: SignalDesk;
  thoughts: ThoughtMemory;
  openRequests: OpenRequests;
  /** What is switched off now. */
  switches(): readonly KillSwitch[];
  /** The configuration in force now. */
  snapshot(): Snapshot;
  log: GatewayLog;
}
