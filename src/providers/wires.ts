import type { ClientDialectName } from '../protocol/index.ts';
import type { ProviderSettings } from './provider.ts';
import type { Provider, Quirks, Vendor, Wire } from './vendor.ts';

/** The ways of speaking with a vendor, the one to take by default first. Throws an Error naming the dialects there are. */
export function wiresOf(
  { id, dialect, parameters }: Pick<ProviderSettings, 'id' | 'dialect' | 'parameters'>,
  vendor: Vendor,
): Wire[] {
  const own: Wire = {
    dialect: vendor.dialect,
    chatPath: vendor.chatPath,
    streamPath: vendor.streamPath,
    countPath: vendor.countPath,
    modelInBody: vendor.modelInBody,
    auth: vendor.auth,
    headers: filledHeaders(vendor.headers, parameters ?? {}, id),
    forwardHeaders: vendor.forwardHeaders,
  };
  const mounts = (vendor.mounts ?? []).map(
    ({ use: _use, ...mount }): Wire => ({
      ...own,
      streamPath: undefined,
      countPath: undefined,
      ...mount,
      headers: mount.headers === undefined ? own.headers : filledHeaders(mount.headers, parameters ?? {}, id),
    }),
  );
  if (dialect === undefined) {
    const automatic = (vendor.mounts ?? []).flatMap(({ use, models }, index) =>
      use === 'same-dialect' || models !== undefined ? [mounts[index]!] : [],
    );
    return [own, ...automatic];
  }
  const named = [own, ...mounts].find((wire) => wire.dialect === dialect);
  if (named !== undefined) return [named];
  const known = [own, ...mounts].map((wire) => wire.dialect).join(', ');
  throw new Error(`provider «${id}»: vendor «${vendor.id}» does not speak ${dialect}; it speaks ${known}`);
}

/** The fixed headers, and those of the operator's parameters that are given. */
function filledHeaders(
  headers: Wire['headers'],
  parameters: { [name: string]: string },
  id: string,
): Wire['headers'] {
  const filled: Wire['headers'] = {};
  for (const [header, value] of Object.entries(headers)) {
    const name = /^\{(\w+)\}$/.exec(value)?.[1];
    const sent = name === undefined ? value : parameters[name];
    if (sent === undefined || sent === '') continue;
    if (name !== undefined && !/^[\w.-]+$/.test(sent)) {
      throw new Error(
        `provider «${id}»: parameters.${name} must be letters, digits, dots, dashes and underscores`,
      );
    }
    filled[header] = sent;
  }
  return filled;
}

/**
 * The provider as it serves one model, by its upstream name: the ways of speaking, and the place of inference where the name says it. Where a
 * way claims the model, its quirks are the provider's for this model.
 */
export function providerFor(provider: Provider, model: string): Provider {
  const { vendor, wires, quirks } = provider;
  const place = vendor.processingByModel?.find(({ name }) => name.test(model));
  const placed = place === undefined ? provider : { ...provider, processing: place.processing };
  const claiming = wires.find(({ models }) => models?.test(model) === true);
  if (claiming !== undefined) {
    return {
      ...placed,
      wires: [{ ...claiming, quirks: undefined }],
      quirks: { ...quirks, ...claiming.quirks },
    };
  }
  const open = wires.filter(({ models }) => models === undefined);
  // The one way that the operator named is taken for all models.
  return open.length === 0 ? placed : { ...placed, wires: open };
}

/** How to speak with a provider on behalf of a client: in the client's own dialect where that is possible, so that nothing is lost. */
export function wireFor(provider: Provider, clientDialect: ClientDialectName): Wire {
  return provider.wires.find((wire) => wire.dialect === clientDialect) ?? provider.wires[0]!;
}

/** The provider's quirks as they are over one wire. */
export function quirksOver(provider: Pick<Provider, 'quirks'>, wire: Wire | undefined): Quirks {
  return { ...provider.quirks, ...wire?.quirks };
}
