/** What stands where a part of an ask was left out. */
const omission = '\n[…]\n';

/** An ask as signals are shown it: whole, or its beginning and its end, where most instructions stand. Never more than `charsMax` characters. */
export function shownAsk(ask: string, charsMax: number): string {
  if (ask.length <= charsMax) return ask;
  const kept = charsMax - omission.length;
  const head = Math.ceil((2 * kept) / 3);
  return `${whole(ask.slice(0, head))}${omission}${whole(ask.slice(ask.length - (kept - head)))}`;
}

/** Without the halves of characters that the cuts left at the ends. */
function whole(piece: string): string {
  const from = isLow(piece.charCodeAt(0)) ? 1 : 0;
  const to = isHigh(piece.charCodeAt(piece.length - 1)) ? piece.length - 1 : piece.length;
  return piece.slice(from, to);
}

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;
