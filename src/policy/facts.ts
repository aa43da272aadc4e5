import { type Deployment, obligationsOf } from '../catalog/index.ts';
import type { Principal } from '../identity/index.ts';
import { type EndpointFacts, endpointFacts } from '../providers/index.ts';
import { areaOf } from './places.ts';

/** What a request's text is sent or kept for. */
const uses = ['serve', 'shadow', 'judge', 'signal', 'guardrail', 'capture', 'conversation'] as const;
export type Use = (typeof uses)[number];

/** `undefined` = not known; `null` = known to be none. */
export type FactValue = string | number | boolean | readonly string[] | null | undefined;

/** What a fact is: that decides how a rule can ask for it. */
export type FactKind = 'text' | 'place' | 'set' | 'number' | 'yes-no';

/** Every fact that a rule may name. */
export const factTable = {
  'model.id': { kind: 'text', about: 'catalogue name of the model' },
  'model.family': { kind: 'text', about: 'family of the model, e.g. qwen' },
  'model.lab': { kind: 'text', about: 'who made the weights' },
  'model.origin': { kind: 'place', about: 'country of the lab (ISO 3166)' },
  'model.licence': { kind: 'text', about: 'id of the licence, `proprietary` for closed models' },
  'model.open_weights': { kind: 'yes-no', about: 'the weights can be had' },
  'model.commercial_use': { kind: 'text', about: '`yes`, `no` or `conditions`' },
  'licence.place_excluded': {
    kind: 'yes-no',
    about: 'the licence of weights that you run does not hold where they run',
  },
  'licence.non_commercial': {
    kind: 'yes-no',
    about: 'using the model here for business needs a permission that the licence does not give',
  },
  'endpoint.provider': { kind: 'text', about: 'id of the provider in the configuration' },
  'endpoint.vendor': { kind: 'text', about: 'id of the vendor' },
  'endpoint.operator': { kind: 'text', about: 'who runs the endpoint; `self` where you do' },
  'endpoint.headquarters': {
    kind: 'place',
    about: 'country of the operator’s headquarters; none where you are the operator',
  },
  'endpoint.region': { kind: 'text', about: 'region as the vendor names it' },
  'endpoint.processing': { kind: 'place', about: 'where inference runs' },
  'endpoint.storage': { kind: 'place', about: 'where the endpoint keeps data' },
  'endpoint.retention_days': { kind: 'number', about: 'how long it keeps prompts, as you state it' },
  'endpoint.trains_on_input': { kind: 'yes-no', about: 'whether it trains on prompts, as you state it' },
  'endpoint.self_hosted': { kind: 'yes-no', about: 'you run it' },
  'request.data_class': {
    kind: 'set',
    about: 'classes of the data in it: stated by route or client, or found',
  },
  'request.purpose': { kind: 'text', about: 'e.g. production, experiment, training' },
  'request.subject_region': { kind: 'place', about: 'where the people live whom the data is about' },
  'request.tags': { kind: 'set', about: 'tags of the client' },
  'request.route': { kind: 'text', about: 'name of the route; none where a model was called by its name' },
  'request.use': { kind: 'text', about: `what the text is used for: ${uses.join(', ')}` },
  'tenant.key': { kind: 'text', about: 'id of the key' },
  'tenant.project': { kind: 'text', about: 'project of the key' },
} as const satisfies { [fact: string]: { kind: FactKind; about: string } };

export type FactName = keyof typeof factTable;
export type Facts = { readonly [name in FactName]?: FactValue };

/** What is said of a request, beside who sends it. */
export interface RequestFacts {
  dataClasses: readonly string[];
  purpose: string | undefined;
  subjectRegion: string | undefined;
  tags: readonly string[];
}

export const nothingSaid: RequestFacts = {
  dataClasses: [],
  purpose: undefined,
  subjectRegion: undefined,
  tags: [],
};

/** Where this installation stands: what it keeps is kept there, and `local` means that place. */
export type Home = Pick<EndpointFacts, 'processing' | 'storage'>;

export function candidateFacts(deployment: Deployment, home: Home): Facts {
  const { model, provider } = deployment;
  const place = endpointSide(endpointFacts(provider), home);
  return {
    'model.id': model.id,
    'model.family': known(model.family),
    'model.lab': known(model.lab),
    'model.origin': model.origin === 'ZZ' ? undefined : model.origin,
    'model.licence': known(model.licence.id),
    'model.open_weights': model.licence.id === 'unknown' ? undefined : model.licence.openWeights,
    'model.commercial_use': known(model.licence.commercialUse),
    ...licenceFacts(deployment, place['endpoint.processing']),
    'endpoint.provider': provider.id,
    'endpoint.vendor': provider.vendor.id,
    'endpoint.region': provider.region,
    ...place,
  };
}

const nothingKnown: EndpointFacts = {
  operator: undefined,
  headquarters: undefined,
  processing: undefined,
  storage: undefined,
  retentionDays: undefined,
  trainsOnInput: undefined,
  selfHosted: undefined,
};

/** Of a service or a store that has no model and no provider. */
export function placeFacts(stated: Partial<EndpointFacts>, home: Home): Facts {
  return { ...noModel, ...endpointSide({ ...nothingKnown, ...stated }, home) };
}

const noModel: Facts = Object.fromEntries(
  Object.keys(factTable).flatMap((name) =>
    /^(model|licence)\.|^endpoint\.(provider|vendor|region)$/.test(name) ? [[name, null]] : [],
  ),
);

function endpointSide(endpoint: EndpointFacts, home: Home) {
  return {
    'endpoint.operator': endpoint.operator,
    'endpoint.headquarters': endpoint.headquarters,
    'endpoint.processing': placed(endpoint.processing, home.processing, endpoint),
    'endpoint.storage': placed(endpoint.storage, home.storage, endpoint),
    'endpoint.retention_days': endpoint.retentionDays,
    'endpoint.trains_on_input': endpoint.trainsOnInput,
    'endpoint.self_hosted': endpoint.selfHosted,
  } satisfies Facts;
}

export function requestFacts(
  { dataClasses, purpose, subjectRegion, tags }: RequestFacts,
  route: string | undefined,
  { keyId, project }: Pick<Principal, 'keyId' | 'project'>,
): Facts {
  return {
    'request.data_class': dataClasses,
    'request.purpose': purpose,
    'request.subject_region': subjectRegion,
    'request.tags': tags,
    'request.route': route ?? null,
    'tenant.key': keyId,
    'tenant.project': project ?? null,
  };
}

function licenceFacts(deployment: Deployment, processing: string | undefined): Facts {
  const { licence } = deployment.model;
  const obligations = obligationsOf(deployment);
  const territories = obligations.flatMap((one) => (one.kind === 'territory' ? (one.territories ?? []) : []));
  const outside = areaOf(territories).excludes(processing);
  return {
    'licence.place_excluded': territories.length === 0 ? false : outside === undefined ? undefined : !outside,
    'licence.non_commercial':
      licence.commercialUse === 'unknown'
        ? undefined
        : obligations.some(({ kind }) => kind === 'non-commercial'),
  };
}

const known = (text: string): string | undefined => (text === 'unknown' ? undefined : text);

/** A server of this machine stands where the installation does, unless somebody else's is behind its address. */
const placed = (
  place: string | undefined,
  home: string | undefined,
  { selfHosted }: Pick<EndpointFacts, 'selfHosted'>,
): string | undefined => (place !== 'local' ? place : selfHosted === true ? (home ?? place) : undefined);
