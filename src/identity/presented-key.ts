/** Request headers as `node:http` gives them: lower-case names. */
export interface RequestHeaders {
  readonly [name: string]: string | readonly string[] | undefined;
}

const bearer = /^bearer(?: +(.*))?$/is;

/**
 * The distinct keys that a request presents. Another scheme of `authorization` (a proxy's Basic, for example) and an empty
 * value are not a key. More than one element means that the headers contradict each other.
 */
export function presentedKeys(headers: RequestHeaders): string[] {
  const found = new Set<string>();
  for (const value of valuesOf(headers['authorization'])) {
    const credentials = bearer.exec(value.trim())?.[1]?.trim() ?? '';
    if (credentials !== '') found.add(credentials);
  }
  for (const name of ['x-api-key', 'x-goog-api-key']) {
    for (const value of valuesOf(headers[name])) {
      const key = value.trim();
      if (key !== '') found.add(key);
    }
  }
  return [...found];
}

function valuesOf(header: string | readonly string[] | undefined): readonly string[] {
  if (header === undefined) return [];
  return typeof header === 'string' ? [header] : header;
}
