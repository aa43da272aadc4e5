/** Some SDKs take no `fetch` of one's own: they get the watched one in the place of the platform's, by the address they call. */
const watched = new Map<string, typeof fetch>();
const network = globalThis.fetch;

export function watchGlobalFetch(url: string, fetch: typeof globalThis.fetch): void {
  watched.set(new URL(url).origin, fetch);
  globalThis.fetch = routed;
}

const routed: typeof fetch = (input, init) => {
  const { origin } = new URL(input instanceof Request ? input.url : String(input));
  return (watched.get(origin) ?? network)(input, init);
};
