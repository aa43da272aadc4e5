/** What an image part shows of itself without being looked at. */
export type ImageFacts =
  | { kind: 'inline'; format: string; bytes: number; width: number | undefined; height: number | undefined }
  | { kind: 'remote'; host: string };

/** Enough of a file to hold its dimensions. */
const headBase64CharsMax = 400_000;

/** Reads an image URL; undefined for one that is neither a data URI of an image nor a web address. */
export function imageFacts(url: string): ImageFacts | undefined {
  const comma = url.indexOf(',');
  if (url.startsWith('data:')) {
    const header = comma < 0 ? '' : url.slice(5, Math.min(comma, 200));
    const type = /^image\/([a-z0-9.+-]+)(;[^,]*)?$/i.exec(header)?.[1];
    if (type === undefined || !header.endsWith(';base64')) return undefined;
    const payload = url.length - comma - 1;
    const head = Buffer.from(url.slice(comma + 1, comma + 1 + headBase64CharsMax), 'base64');
    if (head.length === 0) return undefined;
    const found = dimensions(head);
    return {
      kind: 'inline',
      format: (found?.format ?? type).toUpperCase(),
      bytes: Math.floor((payload * 3) / 4) - (url.endsWith('==') ? 2 : url.endsWith('=') ? 1 : 0),
      width: found?.width,
      height: found?.height,
    };
  }
  try {
    const parsed = new URL(url);
    return parsed.protocol === 'http:' || parsed.protocol === 'https:'
      ? { kind: 'remote', host: parsed.host }
      : undefined;
  } catch {
    return undefined;
  }
}

interface Dimensions {
  format: string;
  width: number;
  height: number;
}

function dimensions(bytes: Buffer): Dimensions | undefined {
  if (bytes.length >= 24 && bytes.readUInt32BE(0) === 0x89504e47) {
    return { format: 'png', width: bytes.readUInt32BE(16), height: bytes.readUInt32BE(20) };
  }
  if (bytes.length >= 10 && bytes.toString('latin1', 0, 3) === 'GIF') {
    return { format: 'gif', width: bytes.readUInt16LE(6), height: bytes.readUInt16LE(8) };
  }
  if (
    bytes.length >= 30 &&
    bytes.toString('latin1', 0, 4) === 'RIFF' &&
    bytes.toString('latin1', 8, 12) === 'WEBP'
  ) {
    return webp(bytes);
  }
  return bytes.length >= 4 && bytes.readUInt16BE(0) === 0xffd8 ? jpeg(bytes) : undefined;
}

function webp(bytes: Buffer): Dimensions | undefined {
  const format = 'webp';
  switch (bytes.toString('latin1', 12, 16)) {
    case 'VP8X':
      return { format, width: bytes.readUIntLE(24, 3) + 1, height: bytes.readUIntLE(27, 3) + 1 };
    case 'VP8 ':
      return { format, width: bytes.readUInt16LE(26) & 0x3fff, height: bytes.readUInt16LE(28) & 0x3fff };
    case 'VP8L': {
      const bits = bytes.readUInt32LE(21);
      return { format, width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
    }
    default:
      return undefined;
  }
}

/** Walks the segments to the frame header. */
function jpeg(bytes: Buffer): Dimensions | undefined {
  let at = 2;
  while (at + 9 < bytes.length && bytes[at] === 0xff) {
    const marker = bytes[at + 1]!;
    const isFrame = marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc;
    if (isFrame)
      return { format: 'jpeg', height: bytes.readUInt16BE(at + 5), width: bytes.readUInt16BE(at + 7) };
    at += 2 + Math.max(2, bytes.readUInt16BE(at + 2));
  }
  return undefined;
}
