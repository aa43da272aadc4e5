/**
 * Remembers the beginnings of prompts, so that a prompt that repeats one is told how much of it was «cached», in whole blocks, as
 * vendors do. Nothing is really saved: only digests are kept, and the oldest go first.
 */
export interface PromptCache {
  /** Tokens of the prompt that an earlier one began with; from now on the prompt itself counts as seen. */
  see(model: string, text: string): number;
}

const blockTokens = 64;
/** Prompts shorter than this are never cached, as at real vendors (there about 1,024). */
const cachedTokensMin = 128;
/** Later blocks of one prompt are not remembered. */
const blocksPerPromptMax = 512;

export function createPromptCache(entriesMax: number): PromptCache {
  const seen = new Set<string>();
  return {
    see(model, text) {
      const marks = blockMarks(text, model);
      let cached = 0;
      for (const mark of marks) {
        if (!seen.has(mark.key)) break;
        cached = mark.tokens;
      }
      for (const { key } of marks) {
        seen.delete(key);
        seen.add(key);
      }
      for (const oldest of seen) {
        if (seen.size <= entriesMax) break;
        seen.delete(oldest);
      }
      return cached < cachedTokensMin ? 0 : cached;
    },
  };
}

/** A key for each beginning that ends at a block's edge. Four characters count as a token here: an edge must not move as text is added. */
function blockMarks(text: string, model: string): { key: string; tokens: number }[] {
  const marks: { key: string; tokens: number }[] = [];
  const blockChars = blockTokens * 4;
  let first = 0x811c9dc5;
  let second = 0x1b873593;
  for (let index = 0; index < text.length && marks.length < blocksPerPromptMax; index++) {
    const code = text.charCodeAt(index);
    first = Math.imul(first ^ code, 0x01000193);
    second = Math.imul(second ^ code, 0x85ebca6b) + 1;
    if ((index + 1) % blockChars === 0) {
      marks.push({
        key: `${model}\n${(first >>> 0).toString(36)}${(second >>> 0).toString(36)}`,
        tokens: ((index + 1) / blockChars) * blockTokens,
      });
    }
  }
  return marks;
}
