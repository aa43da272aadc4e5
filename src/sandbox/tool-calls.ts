import { isObject, type Json } from '../protocol/index.ts';
import type { Ask, AskedTool } from './ask.ts';
import type { Mentions } from './mentions.ts';
import type { Random } from './random.ts';
import { valueFor } from './schema-value.ts';

export interface ToolCall {
  id: string;
  name: string;
  arguments: string;
}

/** Calls in one turn, at most. */
const callsMax = 5;

/** Words of an ask in other scripts, and the English a tool's name would use. */
const synonyms: [RegExp, string][] = [
  [/天气|天氣|天気|날씨|气温|気温|기온/, 'weather temperature forecast'],
  [/时间|時間|几点|何時|시간|몇 시/, 'time clock'],
  [/搜索|查找|查询|検索|調べ|검색/, 'search find query lookup'],
  [/计算|計算|계산|等于|多少/, 'calculate calculator compute math'],
  [/翻译|翻訳|번역/, 'translate translation'],
  [/邮件|メール|메일/, 'email mail send'],
  [/预订|预定|予約|예약/, 'book booking reserve'],
  [/股票|株価|주가/, 'stock price'],
  [/汇率|為替|환율/, 'exchange currency rate'],
  [/文件|ファイル|파일/, 'file read write'],
  [/\d\s*[+\-*/×÷^]\s*\d/, 'calculate calculator compute math'],
];

/** Whether the model would call a tool now, and which with what: undefined means it answers in words. */
export function toolCallsFor(
  ask: Ask,
  mentions: Mentions,
  random: Random,
  nowMs: number,
): ToolCall[] | undefined {
  if (ask.tools.length === 0 || ask.toolChoice === 'none' || ask.toolResults.length > 0) return undefined;
  if (ask.toolChoice === 'auto' && isSmallTalk(ask.text)) return undefined;
  const tool = chosenTool(ask);
  const asked = ask.parallelTools ? distinctAsks(tool, mentions) : [];
  const each =
    asked.length > 1 ? asked.slice(0, callsMax).map((name) => ({ ...mentions, names: [name] })) : [mentions];
  return each.map((part) => {
    const made: Json = valueFor(tool.parameters, { text: ask.text, mentions: part, random, nowMs });
    return {
      id: `call_sim${Math.floor(random() * 2 ** 40)
        .toString(36)
        .padStart(8, '0')}`,
      name: tool.name,
      arguments: JSON.stringify(isObject(made) ? made : {}),
    };
  });
}

function isSmallTalk(text: string): boolean {
  return /^\s*(hi|hello|hey|thanks|thank you|good (morning|evening)|你好|您好|谢谢|こんにちは|ありがとう|안녕하세요|감사합니다)[\s!.,！。、]*$/i.test(
    text.slice(0, 60),
  );
}

function chosenTool(ask: Ask): AskedTool {
  const { toolChoice } = ask;
  const named =
    typeof toolChoice === 'object' ? ask.tools.find((tool) => tool.name === toolChoice.name) : undefined;
  if (named !== undefined) return named;
  const asked = wordsOf(ask.text.slice(0, 2000));
  for (const [pattern, english] of synonyms)
    if (pattern.test(ask.text.slice(0, 2000))) for (const word of english.split(' ')) asked.add(word);
  let best = ask.tools[0]!;
  let bestScore = 0;
  for (const tool of ask.tools) {
    const score =
      3 * overlap(asked, wordsOf(tool.name)) + overlap(asked, wordsOf(tool.description.slice(0, 1000)));
    if (score > bestScore) {
      best = tool;
      bestScore = score;
    }
  }
  return best;
}

function overlap(a: Set<string>, b: Set<string>): number {
  let shared = 0;
  for (const word of b) if (a.has(word)) shared += 1;
  return shared;
}

function wordsOf(text: string): Set<string> {
  const spaced = text.replace(/([a-z])([A-Z])/g, '$1 $2').toLowerCase();
  return new Set((spaced.match(/[\p{L}\p{N}]{3,40}/gu) ?? []).map((word) => word.replace(/(ing|s)$/, '')));
}

/** Several things of one kind that a tool takes one at a time, e.g. the cities of a weather question. */
function distinctAsks(tool: AskedTool, mentions: Mentions): string[] {
  const properties = isObject(tool.parameters['properties']) ? tool.parameters['properties'] : {};
  const takesOne = Object.entries(properties).some(
    ([name, schema]) =>
      /city|location|place|town|country|region|company|stock|symbol|ticker|person|name|item|product/i.test(
        name,
      ) &&
      isObject(schema) &&
      schema['type'] === 'string' &&
      schema['enum'] === undefined,
  );
  return takesOne ? mentions.names : [];
}
