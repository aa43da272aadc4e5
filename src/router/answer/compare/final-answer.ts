/*
 * Where an answer says what it finally answers. Models write it in a few fixed ways; the last of them counts, because reasoning before it may name answers
 * that it gives up again.
 */

const finalCharsMax = 300;

/** The content of the last `\boxed{…}`, braces balanced. */
export function lastBoxed(text: string): string | undefined {
  const start = Math.max(text.lastIndexOf('\\boxed{'), text.lastIndexOf('\\fbox{'));
  if (start === -1) return undefined;
  const open = text.indexOf('{', start);
  let depth = 0;
  for (let at = open; at < Math.min(text.length, open + finalCharsMax); at++) {
    if (text[at] === '{') depth += 1;
    else if (text[at] === '}') {
      depth -= 1;
      if (depth === 0) return text.slice(open + 1, at);
    }
  }
  return undefined;
}

const phrase =
  /(?:\b(?:final |correct |right |best |my |the )?(?:answer|option|choice)(?: to [^\n:.]{1,80})?(?: is| would be| should be|:|=)+|\banswer ?\*{0,2}:|(?:正确|最终|最後の|最終|标准|正しい)?(?:答案|答え|解答|回答|选项|選択肢|正解)\]?(?:应该|應該)?(?:是|为|為|选|は|：|:|】)+|\[正确答案\]|故选|因此选|所以选|应选|我选|选择|정답(?:은|:)|답(?:은|:)|####)/gi;

const field =
  /"(?:final_?answer|answer|答案|答え|정답)"\s*:\s*(?:"((?:[^"\\]|\\.){1,300})"|([^\s",}\]][^,}\]\n]{0,100}))/gi;

/** The answer's own field, where it was written as JSON. */
function answerField(text: string): string | undefined {
  const last = [...text.matchAll(field)].at(-1);
  return last === undefined ? undefined : (last[1]?.replace(/\\(["\\/])/g, '$1') ?? last[2]!.trim());
}

/** What follows the last phrase that announces an answer, up to the end of its line. */
export function lastAnnounced(text: string): string | undefined {
  const written = answerField(text);
  if (written !== undefined) return written;
  let found: string | undefined;
  for (const match of text.matchAll(phrase)) {
    const from = match.index + match[0].length;
    const rest = text.slice(from, from + finalCharsMax).replace(/^[\s:：*_=]*(?:is|是|为|は)?[\s:：*_]*/, '');
    const line = rest.split('\n', 1)[0]!.trim();
    if (line !== '') found = line;
  }
  return found;
}

export function lastLine(text: string): string {
  return text.trimEnd().split('\n').at(-1)!.slice(-finalCharsMax).trim();
}

/** Marks of Markdown and LaTeX around what is meant. */
export function withoutMarks(text: string): string {
  return text
    .replace(/\\(?:text|textbf|mathrm|mathbf|boxed|mbox)\{([^{}]*)\}/g, '$1')
    .replace(/\*\*(?=\S)([^*\n]*\S)\*\*/g, '$1')
    .replace(/(?<![\w\d)\]])\*\*|\*\*(?![\w\d([])|__|`|\\\(|\\\)|\\\[|\\\]|(?<!\\)\$(?=[^\d\s-])/g, '')
    .trim();
}
