/** A fenced block of an answer. */
export interface CodeBlock {
  /** The first word after the fence, lower case; empty where none stands there. */
  language: string;
  code: string;
  /** False where the answer ends before the fence is closed. */
  closed: boolean;
}

export interface FencedText {
  /** The text with its blocks left out. */
  prose: string;
  blocks: CodeBlock[];
}

const blocksMax = 64;
const fence = /^ {0,12}(`{3,}|~{3,})[ \t]*([^\s`]*)/;

/** Splits a Markdown text into prose and fenced blocks, line by line. Blocks beyond `blocksMax` are left out of both. */
export function splitFences(text: string): FencedText {
  if (!text.includes('```') && !text.includes('~~~')) return { prose: text, blocks: [] };
  const prose: string[] = [];
  const blocks: CodeBlock[] = [];
  let open: { mark: string; language: string; lines: string[] } | undefined;
  const finish = (closed: boolean) => {
    if (open !== undefined && blocks.length < blocksMax) {
      blocks.push({ language: open.language, code: open.lines.join('\n'), closed });
    }
    open = undefined;
  };
  for (const line of text.split('\n')) {
    const [, mark, word] = fence.exec(line) ?? [];
    if (open === undefined) {
      if (mark === undefined) prose.push(line);
      else open = { mark, language: word!.toLowerCase(), lines: [] };
    } else if (mark?.startsWith(open.mark) === true && word === '') finish(true);
    else open.lines.push(line);
  }
  finish(false);
  return { prose: prose.join('\n'), blocks };
}
