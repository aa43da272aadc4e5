/**
 * Complexity by keywords, in the manner of the rule that gateways ship: seven dimensions, each 0..1, one weighted sum, thresholds for four
 * tiers. The lists are our own. Weights and thresholds are fixed: such a rule has never seen an outcome.
 */
interface Dimension {
  id: string;
  weight: number;
  measure: (text: string, lower: string) => number;
}

const saturating = (count: number, full: number) => Math.min(1, count / full);
const matches = (text: string, pattern: RegExp) => text.match(pattern)?.length ?? 0;

const code =
  /```|\b(function|class|def|import|return|const|async|await|sql|regex|api|endpoint|compile|debug|refactor|stack trace|exception|unit test|python|javascript|typescript|java|rust|kubernetes|docker)\b|代码|函数|编程|调试|接口/g;
const reasoning =
  /\b(prove|proof|derive|step by step|explain why|reason about|think through|justify|analy[sz]e|compare|contrast|evaluate|trade-?offs?|implications?|deduce|infer|therefore|hypothesis|critique)\b|证明|推导|分析|比较|论证|为什么|推理|评估/g;
const technical =
  /\b(algorithm|architecture|distributed|concurren\w*|database|protocol|encryption|theorem|integral|derivative|matrix|eigen\w*|probability|quantum|molecul\w*|enzyme|statute|liabilit\w*|plaintiff|diagnos\w*|thermodynamic\w*|equilibrium|regression|optimi[sz]\w*|scalab\w*)\b|算法|架构|数据库|定理|概率|法律|被告|罪名|诊断|矩阵/g;
const steps =
  /\b(first|second|third|then|next|finally|after that|afterwards|followed by|step \d)\b|^\s*\d+[.)]\s|首先|其次|然后|最后|接着|步骤/gm;
const simple =
  /^(hi|hello|hey|thanks|thank you)\b|\b(what is|what's|who is|who was|define|when did|where is|how do you spell|translate|capital of)\b|你好|谢谢|什么是|是谁|翻译/g;

export const dimensions: readonly Dimension[] = [
  // Four characters a token; short asks count as simple, long ones as complex.
  { id: 'length', weight: 0.15, measure: (text) => saturating(Math.max(0, text.length / 4 - 15), 400) },
  { id: 'code', weight: 0.2, measure: (_, lower) => saturating(matches(lower, code), 3) },
  { id: 'reasoning', weight: 0.25, measure: (_, lower) => saturating(matches(lower, reasoning), 2) },
  { id: 'technical', weight: 0.15, measure: (_, lower) => saturating(matches(lower, technical), 4) },
  { id: 'steps', weight: 0.1, measure: (_, lower) => saturating(matches(lower, steps), 4) },
  { id: 'questions', weight: 0.05, measure: (text) => saturating(matches(text, /[?？]/g) - 1, 3) },
  { id: 'simple', weight: -0.1, measure: (_, lower) => saturating(matches(lower, simple), 1) },
];

const tierFrom = [0.08, 0.2, 0.4];

export interface Complexity {
  /** About 0..1. */
  score: number;
  dimensions: number[];
}

export function complexityOf(text: string): Complexity {
  const lower = text.toLowerCase();
  const values = dimensions.map(({ measure }) => Math.max(0, measure(text, lower)));
  let score = 0;
  for (const [i, { weight }] of dimensions.entries()) score += weight * values[i]!;
  return { score, dimensions: values };
}

/** 0 simple, 1 medium, 2 complex, 3 reasoning. */
export function tierOf(score: number): number {
  let tier = 0;
  while (tier < tierFrom.length && score >= tierFrom[tier]!) tier += 1;
  return tier;
}
