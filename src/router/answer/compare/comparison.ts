import type { ChatRequest } from '../../../protocol/index.ts';
import type { Shape } from '../../decision.ts';
import { cueBit, cuesOf, instructionZone } from '../../features/cues.ts';
import { capped } from '../../features/scan.ts';
import type { AnswerComparison } from '../terms.ts';

const askCharsMax = 8000;

/**
 * How answers to a request can be compared, as far as the request tells. `ask` is its newest user text. A wrong guess costs a call, never an answer: where an
 * answer has no such form it gets no key.
 */
export function comparisonFor(request: ChatRequest, shape: Shape, ask: string): AnswerComparison {
  const format = request.responseFormat;
  if (format !== undefined && format.type !== 'text') return 'json';
  if (request.tools.length > 0 && request.toolChoice !== 'none') return 'tool-call';
  const text = capped(ask, askCharsMax);
  if (offersOptions(text, shape.task === 'code')) return 'choice';
  if (asksForOutput.test(text)) return 'short-text';
  if (asksForMaths.test(text)) return 'number';
  if (asksForLabel.test(text)) return 'short-text';
  if (freeForm.has(shape.task)) return 'text';
  if (shape.task === 'maths' || asksForNumber(text)) return asksForProof.test(text) ? 'text' : 'number';
  if (shape.task === 'code') return 'code';
  if (asksForJson.test(text)) return 'json';
  return asksForShort.test(text) || hasShortCue(text) ? 'short-text' : 'text';
}

const freeForm = new Set(['translate', 'rewrite', 'summarise', 'creative', 'utility', 'agent-step']);

function hasShortCue(ask: string): boolean {
  const bits = cuesOf(instructionZone(ask), /[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]/.test(ask));
  return (bits & cueBit('short')) !== 0;
}

/** «A. …», «(B) …», «C：…»; in Chinese also in the middle of a line. */
const option = /(?<![\p{Script=Latin}\d])[（(【[]?([A-J])[)）】\].．、:：]/gu;
const asksForOption =
  /\b(?:which|choose|select|pick|option|letter|correct answer|multiple choice)\b|选|選|下列|以下|哪|どれ|次のうち|고르|다음 중|보기/i;

/** Options from A on without a gap: four of them speak for themselves, two or three, or any beside code, need words that ask for one. */
function offersOptions(ask: string, isCode: boolean): boolean {
  let seen = 0;
  for (const [, letter] of ask.matchAll(option)) seen |= 1 << (letter!.charCodeAt(0) - 65);
  let run = 0;
  while ((seen & (1 << run)) !== 0) run += 1;
  const asks = asksForOption.test(ask);
  return isCode ? run >= 4 && asks : run >= 4 || (run >= 2 && asks);
}

/** Formulas in TeX, and a verb that wants a result of them. */
const asksForMaths =
  /\b(?:find|compute|evaluate|solve|factor|simplify|express|determine|what is|how many)\b[^?.]{0,300}\$[^$\n]{1,200}\$|\$[^$\n]{1,200}\$[^?.]{0,300}\b(?:find|compute|evaluate|determine|what is|how many)\b/i;
const asksForProof = /\b(?:prove|proof|show that|show why)\b|证明|證明|証明|증명/i;
const asksForAmount =
  /\bhow (?:many|much)\b|\bwhat (?:number|percentage|fraction)\b|多少|几个|几天|几次|几人|何個|何人|いくつ|いくら|몇 (?:개|명|번|시간)|얼마/i;
const asksForMeasure =
  /\bhow (?:old|long|far|tall|fast|heavy|high|deep|wide|big|large)\b|\bwhat (?:is|was|are|were|will be|would be) (?:the|his|her|their|its) (?:\w+ ){0,2}(?:price|cost|total|sum|average|age|value|probability|number|amount|profit|distance|speed|weight|area|length|percentage)\b/i;

/** A measure counts only where numbers are given: «how old is Rome» is answered in words. */
const asksForNumber = (ask: string) =>
  asksForAmount.test(ask) || (asksForMeasure.test(ask) && /\d[\s\S]*\d/.test(ask));

const asksForLabel =
  /\b(?:classify|categori[sz]e)\b[^\n]{0,200}\b(?:as|into|one of|categories|labels?|classes)\b|\b(?:positive|negative|neutral)(?:,| or|\/)[^\n]{0,20}\b(?:positive|negative|neutral)\b|类别包括|类别(?:有|为|如下)|分类(?:为|到)|カテゴリ(?:は|から)|분류(?:해|하)/i;
const asksForOutput =
  /\b(?:output|result|value returned|returns?) (?:of|when|by) (?:the |this |executing|running)|what (?:does|will) (?:this|the following) (?:code|program|script|function|snippet)[^.\n]{0,40} (?:print|output|return)|assert [^\n]{1,200} == \?\?/i;
const asksForJson =
  /\b(?:respond|reply|answer|return|output|give|present|result)[^.\n]{0,60}\bjson\b|\bjson (?:object|array|format|only)\b|(?:输出|返回|以|用)[^。\n]{0,12}json|jsonで|json (?:형식|으로)/i;
const asksForShort =
  /\b(?:only|just) (?:the|with the|output|answer|respond|reply)\b|\byes or no\b|\btrue or false\b|\bwithout (?:any )?explanation\b|\bnothing else\b|只(?:需|要)?(?:回答|输出|返回|给出)|是还是否|对还是错|不要解释|だけ(?:を)?(?:答え|出力|返)|のみ(?:を)?(?:答え|出力|返)|만 (?:답|출력|말)/i;
