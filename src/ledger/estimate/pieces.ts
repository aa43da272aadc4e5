/** The tokenizer takes time with the square of a run without breaks: 20,000 of one letter take 0.1 s, 200,000 take 15 s. */
export const pieceCharsMax = 2048;
/** Beyond this a text is counted from pieces spread evenly over it. */
const countedCharsMax = 256 * 1024;

/** Cuts a text where a word begins if one does in the piece's last quarter, and never within a surrogate pair. */
export function piecesOf(text: string): string[] {
  const pieces: string[] = [];
  for (let start = 0; start < text.length; ) {
    const end = cutAfter(text, start);
    pieces.push(text.slice(start, end));
    start = end;
  }
  return pieces;
}

function cutAfter(text: string, start: number): number {
  const end = start + pieceCharsMax;
  if (end >= text.length) return text.length;
  // A token holds the space before its word, so the cut goes before the space.
  for (let at = end; at > start + pieceCharsMax * 0.75; at--) {
    const unit = text.charCodeAt(at);
    const before = text.charCodeAt(at - 1);
    if ((unit === 0x20 || unit === 0x0a) && before !== 0x20 && before !== 0x0a) return at;
  }
  const unit = text.charCodeAt(end);
  return unit >= 0xdc00 && unit <= 0xdfff ? end - 1 : end;
}

/** Counts the tokens of a text piece by piece; of a very long text it counts evenly spread pieces and extends to the whole. */
export function countByPieces(text: string, count: (piece: string) => number): number {
  const pieces = piecesOf(text);
  const step = Math.max(1, Math.ceil(text.length / countedCharsMax));
  let tokens = 0;
  let chars = 0;
  for (let i = 0; i < pieces.length; i += step) {
    const piece = pieces[i]!;
    tokens += count(piece);
    chars += piece.length;
  }
  return chars === 0 ? 0 : (tokens * text.length) / chars;
}
