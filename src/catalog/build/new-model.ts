import type { PartialModelEntry } from '../data-file.ts';
import type { BuildSource, Offer } from './offer.ts';
import type { OpenWeights } from './read-atom.ts';

/**
 * An entry for a model that the catalogue does not know, from what the sources agree it can do; undefined where none of them states its
 * size. The licence of open weights is unknown until somebody has read it.
 */
export function newModel(
  id: string,
  offers: Offer[],
  sources: Map<string, BuildSource>,
  atom: { weights: OpenWeights; source: BuildSource } | undefined,
): PartialModelEntry | undefined {
  const [first] = offers;
  const context = offers.map((each) => each.contextTokens).find((each) => each !== undefined);
  if (first === undefined || context === undefined || !/^[^\sA-Z#]+$/.test(id)) return undefined;
  const output = offers.map((each) => each.outputTokensMax).find((each) => each !== undefined);
  const organisation = atom?.weights.organisations.get(id);
  const country = atom?.weights.countries.get(organisation?.toLowerCase() ?? '');
  const open = organisation !== undefined || offers.some((each) => each.openWeights === true);
  const { kind } = first;
  const every = (can: (offer: Offer) => boolean) => offers.every(can);
  const cite = (source: BuildSource) => ({ source: source.citation, asOf: source.asOf });
  return {
    id,
    aliases: [],
    name: offers.map((each) => each.name).find((each) => each !== undefined) ?? id,
    ...(kind === 'chat' ? {} : { kind }),
    family: id.split(/[-.:]/)[0]!,
    lab: organisation ?? 'unknown',
    origin: country ?? 'ZZ',
    licence: open
      ? {
          id: 'unknown',
          openWeights: true,
          commercialUse: 'unknown',
          notes: 'Its licence text has not been read.',
        }
      : { id: 'proprietary', openWeights: false, commercialUse: 'conditions' },
    released: offers.map((each) => each.released).find((each) => each !== undefined) ?? null,
    contextTokens: context,
    outputTokensMax: kind === 'chat' ? Math.min(output ?? context, context) : 0,
    capabilities: {
      tools: every((each) => each.tools),
      parallelTools: every((each) => each.parallelTools),
      jsonSchema: every((each) => each.jsonSchema),
      imageInput: every((each) => each.imageInput),
      documentInput: every((each) => each.documentInput),
      reasoning: first.reasoning,
    },
    scores: [],
    facts: [...new Set(offers.map((each) => each.source))]
      .map((key) => cite(sources.get(key)!))
      .concat(organisation === undefined || atom === undefined ? [] : [cite(atom.source)]),
    simulated: false,
    servedBy: servingsOf(offers),
  };
}

function servingsOf(offers: Offer[]): NonNullable<PartialModelEntry['servedBy']> {
  const servings: NonNullable<PartialModelEntry['servedBy']> = [];
  for (const { vendor, region, native } of offers.toSorted((a, b) => a.native.length - b.native.length)) {
    const there = servings.find((each) => each.vendor === vendor);
    if (there === undefined)
      servings.push({ vendor, name: native, ...(region === undefined ? {} : { regions: [region] }) });
    else if (region !== undefined && there.regions?.includes(region) === false) there.regions.push(region);
  }
  return servings;
}
