import { type CatalogData, placeKey } from '../compile.ts';

/** Finds the catalogue's model for a name that a source uses at a vendor. */
export interface Joiner {
  find(vendor: string, native: string): string | undefined;
}

/**
 * Names are joined by what the catalogue says the vendor calls the model, then by explicit aliases, then by id or alias, then by the
 * name without organisation, cloud prefix and spelling of the version. Dates and sizes in a name are never cut off: a dated snapshot may
 * cost something else.
 */
export function createJoiner(data: CatalogData, aliases: { [name: string]: string }): Joiner {
  const servings = new Map<string, string>();
  const names = new Map<string, string>();
  const plain = new Map<string, string>();
  for (const model of data.models) {
    for (const { vendor, name } of data.servings.get(model.id) ?? [])
      servings.set(placeKey(name.toLowerCase(), vendor), model.id);
    for (const name of [model.id, ...model.aliases]) {
      names.set(name, model.id);
      const bare = normalName(name);
      if (!plain.has(bare)) plain.set(bare, model.id);
    }
  }
  for (const [name, id] of Object.entries(aliases)) if (names.has(id)) plain.set(name, id);
  return {
    find: (vendor, native) => {
      const name = native.toLowerCase();
      return servings.get(placeKey(name, vendor)) ?? names.get(name) ?? plain.get(normalName(name));
    },
  };
}

/** `us.anthropic.claude-sonnet-5@default` → `claude-sonnet-5`, `accounts/x/models/qwen3p7-plus` → `qwen3.7-plus`. */
export function normalName(native: string): string {
  return (
    native
      .toLowerCase()
      .replace(/@.*$/, '')
      .replace(/^.*\//, '')
      // Clouds put region and lab in front, in letters only: `us.anthropic.`.
      .replace(/^(?:[a-z]+\.)+(?=[a-z])/, '')
      .replace(/-v\d+:\d+$|-\d+:0$/, '')
      .replace(/-maas$/, '')
      .replace(/(?<=\d)p(?=\d)/g, '.')
      .replace(/qwen-?2-5/, 'qwen2.5')
      .replace(/\s+/g, '-')
      .replaceAll('#', '-')
  );
}
