import { capped } from './scan.ts';

/**
 * Words that tell what kind of work is asked for, in English, Chinese, Japanese and Korean. They are looked for only where an
 * instruction stands, at either end of the ask: in pasted material between they would say nothing about the request.
 */
export const cueNames = [
  'translate',
  'summarise',
  'rewrite',
  'extract',
  'code',
  'maths',
  'proof',
  'creative',
  'reason',
  'lookup',
  'quantity',
  'negation',
  'format',
  'stepwise',
  'short',
] as const;

export type Cue = (typeof cueNames)[number];

/** One bit per cue, in the order of `cueNames`. */
export type CueBits = number;

export const cueBit = (cue: Cue): CueBits => 1 << cueNames.indexOf(cue);

/** Single words and two-word phrases, lower case. */
const english: Record<Cue, string> = {
  translate: 'translate|translation|translated|translating|traduce|traduis|übersetze',
  summarise: 'summarize|summarise|summary|tldr|tl dr|key points|condense|abstract of',
  rewrite:
    'rewrite|rephrase|paraphrase|proofread|reword|polish|edit this|fix grammar|grammar|shorten|spelling|improve wording|correct the',
  extract:
    'extract|classify|categorize|categorise|label|tag|identify all|list all|parse|convert|sentiment|which category|fill in|named entities|entities',
  code: 'code|function|implement|refactor|debug|bug|python|javascript|typescript|java|rust|golang|sql|regex|compile|compiler|stack trace|traceback|exception|api endpoint|unit test|unit tests|script|algorithm|assert|def|class|import|dockerfile|kubernetes|css|html|bash|shell|git',
  maths:
    'calculate|compute|solve|equation|integral|derivative|probability|sum of|triangle|polynomial|matrix|percent|remainder|divisible|perimeter|area of|velocity|how many|how much|volume of|angle|square root|value of|integers|integer|real numbers|sequence',
  proof: 'prove|proof|theorem|lemma|show that|if and|necessary and',
  creative:
    'story|poem|essay|lyrics|novel|haiku|write a|slogan|brainstorm|joke|screenplay|blog post|tagline|sonnet|fiction',
  reason:
    'why|explain|compare|analyze|analyse|evaluate|trade offs|tradeoffs|argue|infer|deduce|because|therefore|implies|statement|statements|conclusion|pros and|strategy|recommend|diagnose|best explains|most likely',
  lookup:
    'who|when|where|which|what is|what are|what was|capital of|name of|define|definition|meaning of|known as',
  quantity: 'how many|how much|total|each|per|more than|less than|twice|half|average',
  negation: 'not|except|false|incorrect|least|never|cannot|neither|without',
  format: 'json|yaml|xml|csv|table|format|schema|markdown|only output|answer only|respond only|output only',
  stepwise: 'step by|steps|reasoning|think|carefully|show your',
  short: 'one word|one sentence|yes or|briefly|short answer|single word|true or|answer with',
};

/** Sequences of characters; these scripts do not separate words, so they are searched as they stand. */
const cjk: Record<Cue, string> = {
  translate: '翻译|译成|译为|翻譯|翻訳|訳して|英訳|和訳|번역',
  summarise: '总结|摘要|概括|概述|归纳|總結|要約|まとめて|요약|정리해',
  rewrite: '改写|润色|校对|改寫|重写|缩写|语法|書き直|言い換|校正|添削|다듬|고쳐|바꿔 써|교정',
  extract: '提取|抽取|分类|归类|标注|识别|列出所有|填入|抽出|分類|ラベル|추출|분류|라벨',
  code: '代码|函数|编程|程序|脚本|算法|报错|调试|编译|正则|接口|コード|関数|実装|プログラム|バグ|スクリプト|코드|함수|구현|프로그램|버그|스크립트',
  maths:
    '计算|求解|方程|概率|积分|导数|多少|几个|等于|面积|三角形|計算|方程式|確率|何個|いくつ|いくら|계산|방정식|확률|몇 개|얼마|면적',
  proof: '求证|试证|请证明|证明：|证明:|证明以下|定理|證明：|証明せよ|証明して|증명하|증명해',
  creative: '写一篇|写一首|故事|诗|小说|文案|剧本|口号|物語|小説|詩を|作文|이야기|소설|시를|광고 문구',
  reason:
    '为什么|分析|比较|解释|推理|评价|论述|建议|原因|なぜ|理由|比較|説明して|分析して|왜|분석|비교|설명해|이유',
  lookup: '是什么|是谁|什么时候|哪里|哪个|哪一|定义|とは|だれ|誰|いつ|どこ|누구|언제|어디|무엇|뭐야',
  quantity: '多少|几个|总共|平均|每个|合計|いくつ|それぞれ|모두 몇|평균|총',
  negation: '不正确|错误的|不是|不属于|除了|没有|ではない|誤って|以外|아닌|틀린|제외',
  format: '格式|JSON|json|表格|只输出|只需|形式で|表形式|출력만|형식|표로',
  stepwise: '一步一步|逐步|步骤|思考|ステップ|段階|단계',
  short: '一句话|简短|是或否|一言で|簡潔|はいか|한 문장|간단히|한마디',
};

const hashStart = 0x811c9dc5 | 0;
const hashPrime = 0x01000193;

/** Words by a hash of their letters, phrases of two by a hash of both: the zone is read once, without making strings of its words. */
const byWord = new Map<number, CueBits>();
const byPhrase = new Map<number, CueBits>();
const phraseStarts = new Set<number>();
/** Sequences by their first character, and whether there are any. */
const bySequence = new Map<number, [string, CueBits][]>();
const startsSequence = new Uint8Array(1 << 16);
for (const cue of cueNames) {
  const add = (map: Map<number, CueBits>, key: number) => map.set(key, (map.get(key) ?? 0) | cueBit(cue));
  for (const entry of english[cue].split('|')) {
    const [first, second] = entry.split(' ').map(hashOf);
    if (second === undefined) add(byWord, first!);
    else {
      add(byPhrase, phraseOf(first!, second));
      phraseStarts.add(first!);
    }
  }
  for (const entry of cjk[cue].split('|')) {
    const starting = bySequence.get(entry.charCodeAt(0)) ?? [];
    bySequence.set(entry.charCodeAt(0), starting);
    starting.push([entry, cueBit(cue)]);
    startsSequence[entry.charCodeAt(0)] = 1;
  }
}

function hashOf(word: string): number {
  let hash = hashStart;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), hashPrime);
  return hash;
}

function phraseOf(first: number, second: number): number {
  return Math.imul(first, 0x9e3779b1) ^ second;
}

const zoneChars = 400;

/** Where instructions stand: the first and the last characters of the ask. */
export function instructionZone(ask: string): string {
  return capped(ask, 2 * zoneChars);
}

/** The cues of an instruction zone. `hasCjk` spares other texts the search for character sequences. */
export function cuesOf(zone: string, hasCjk: boolean): CueBits {
  let bits = 0;
  let previous = 0;
  let hash = hashStart;
  let inWord = false;
  for (let i = 0; i <= zone.length; i++) {
    const c = i < zone.length ? lowered(zone.charCodeAt(i)) : 0;
    if ((c >= 97 && c <= 122) || isMarkedLatin(c)) {
      hash = Math.imul(hash ^ c, hashPrime);
      inWord = true;
      continue;
    }
    if (inWord) {
      bits |= byWord.get(hash) ?? 0;
      if (phraseStarts.has(previous)) bits |= byPhrase.get(phraseOf(previous, hash)) ?? 0;
      previous = hash;
      hash = hashStart;
      inWord = false;
    }
  }
  return hasCjk ? bits | sequencesOf(zone) : bits;
}

function lowered(c: number): number {
  return (c >= 65 && c <= 90) || (c >= 0xc0 && c <= 0xde) ? c + 32 : c;
}

const isMarkedLatin = (c: number) =>
  (c >= 0xc0 && c <= 0x24f && c !== 0xd7 && c !== 0xf7) || (c >= 0x1e00 && c <= 0x1eff);

function sequencesOf(zone: string): CueBits {
  let bits = 0;
  for (let i = 0; i < zone.length; i++) {
    const c = zone.charCodeAt(i);
    if (startsSequence[c] === 0) continue;
    for (const [sequence, bit] of bySequence.get(c) ?? []) if (zone.startsWith(sequence, i)) bits |= bit;
  }
  return bits;
}
