import type { ImageSource, Part } from '../request.ts';

/** Reads `data:image/png;base64,…` or an http(s) address; undefined when it is neither. */
export function sourceFromUrl(url: string): ImageSource | undefined {
  if (url.startsWith('https://') || url.startsWith('http://')) {
    return URL.canParse(url) ? { kind: 'url', url } : undefined;
  }
  if (!url.startsWith('data:')) return undefined;
  const comma = url.indexOf(',');
  const header = comma === -1 ? '' : url.slice(5, comma);
  if (!header.endsWith(';base64') || comma === url.length - 1) return undefined;
  const mediaType = header.slice(0, header.indexOf(';')).toLowerCase();
  return { kind: 'base64', mediaType, data: url.slice(comma + 1) };
}

export function urlFromSource(source: ImageSource): string {
  return source.kind === 'url' ? source.url : `data:${source.mediaType};base64,${source.data}`;
}

/** A document that is plain text goes anywhere as text; its name is kept because questions may refer to it. */
export function textDocument(part: Extract<Part, { type: 'document' }>): string | undefined {
  if (part.source.kind !== 'base64' || !part.source.mediaType.startsWith('text/')) return undefined;
  const content = Buffer.from(part.source.data, 'base64').toString('utf8');
  return part.name === undefined ? content : `${part.name}:\n${content}`;
}
