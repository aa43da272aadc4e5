import type { Language, TaskFamily } from '../decision.ts';
import { type Cue, type CueBits, cueBit, cueNames } from './cues.ts';
import type { Scan } from './scan.ts';

/** What the structural features are computed from; never the system prompt, the tools or the history. */
export interface StructuralSource {
  scan: Scan;
  cues: CueBits;
  task: TaskFamily;
  language: Language;
}

interface Feature {
  id: string;
  /** In words, for explanations; never quotes the prompt. */
  label: string;
  value: (source: StructuralSource) => number;
}

const ln = Math.log1p;
const share = (part: number, whole: number) => (whole === 0 ? 0 : Math.min(1, part / whole));
/** Not applicable: the feature says nothing about such a text. */
const unknown = Number.NaN;
/** Words, with CJK characters as two thirds of a word each. */
const wordsOf = (s: Scan) => s.words + (2 * (s.han + s.kana + s.hangul)) / 3;
/** 0 below `from`, then growing with the logarithm: lets a linear model bend at known lengths. */
const hinge = (value: number, from: number) => Math.max(0, ln(value) - ln(from));
const flag = (condition: boolean) => (condition ? 1 : 0);

/** Length in letters of an average script: a CJK character carries about as much as three Latin ones. */
const extent = (s: Scan) => s.chars + 2 * (s.han + s.kana + s.hangul);

const measures: Feature[] = [
  { id: 'length', label: 'length of the ask', value: ({ scan }) => ln(extent(scan)) },
  {
    id: 'length.100',
    label: 'ask longer than 100 characters',
    value: ({ scan }) => hinge(extent(scan), 100),
  },
  {
    id: 'length.250',
    label: 'ask longer than 250 characters',
    value: ({ scan }) => hinge(extent(scan), 250),
  },
  {
    id: 'length.500',
    label: 'ask longer than 500 characters',
    value: ({ scan }) => hinge(extent(scan), 500),
  },
  {
    id: 'length.1200',
    label: 'ask longer than 1,200 characters',
    value: ({ scan }) => hinge(extent(scan), 1200),
  },
  {
    id: 'word-length',
    label: 'long words',
    value: ({ scan }) => (scan.words < 3 ? unknown : share(scan.wordChars, 12 * scan.words)),
  },
  {
    id: 'variety',
    label: 'variety of words',
    value: ({ scan }) =>
      scan.active.length < 3
        ? unknown
        : share(scan.active.length, 2 * (scan.words + scan.han + scan.kana + scan.hangul)),
  },
  { id: 'sentences', label: 'number of sentences', value: ({ scan }) => ln(scan.sentences) },
  {
    id: 'sentence-length',
    label: 'long sentences',
    value: ({ scan }) => ln(wordsOf(scan) / (1 + scan.sentences)),
  },
  { id: 'commas', label: 'commas', value: ({ scan }) => share(20 * scan.commas, scan.chars) },
  { id: 'questions', label: 'several questions', value: ({ scan }) => ln(scan.questionMarks) },
  { id: 'no-question', label: 'no question mark', value: ({ scan }) => flag(scan.questionMarks === 0) },
  { id: 'lines', label: 'number of lines', value: ({ scan }) => ln(scan.lines) },
  { id: 'paragraphs', label: 'blank lines', value: ({ scan }) => ln(scan.linesEmpty) },
  { id: 'indent', label: 'indented lines', value: ({ scan }) => ln(scan.linesIndented) },
  { id: 'bullets', label: 'a list', value: ({ scan }) => ln(scan.linesBullet) },
  { id: 'options', label: 'answer options', value: ({ scan }) => Math.min(scan.linesOption, 12) / 4 },
  {
    id: 'options.many',
    label: 'more than four answer options',
    value: ({ scan }) => Math.max(0, Math.min(scan.linesOption, 10) - 4) / 3,
  },
  { id: 'digits', label: 'share of digits', value: ({ scan }) => share(5 * scan.digits, scan.chars) },
  { id: 'numbers', label: 'how many numbers', value: ({ scan }) => ln(scan.numbers) },
  { id: 'numbers.4', label: 'more than four numbers', value: ({ scan }) => hinge(scan.numbers, 4) },
  { id: 'numbers.long', label: 'long numbers', value: ({ scan }) => ln(scan.numbersLong) },
  {
    id: 'upper',
    label: 'capital letters',
    value: ({ scan }) =>
      scan.latin < 10 || scan.upper > 0.6 * scan.latin ? unknown : share(5 * scan.upper, scan.latin),
  },
  { id: 'symbols', label: 'mathematical symbols', value: ({ scan }) => ln(scan.mathSymbols) },
  { id: 'latex', label: 'mathematical notation', value: ({ scan }) => ln(scan.backslashes) },
  { id: 'brackets', label: 'brackets', value: ({ scan }) => ln(scan.brackets) },
  { id: 'quotes', label: 'quotations', value: ({ scan }) => ln(scan.quotes) },
  { id: 'fences', label: 'code in the ask', value: ({ scan }) => ln(scan.backticks) },
  { id: 'semicolons', label: 'semicolons', value: ({ scan }) => ln(scan.semicolons) },
  { id: 'blanks', label: 'blanks to fill in', value: ({ scan }) => flag(scan.blanksToFill > 0) },
  { id: 'money', label: 'amounts of money', value: ({ scan }) => ln(scan.currency) },
];

const cueLabels: Record<Cue, string> = {
  translate: 'asks for a translation',
  summarise: 'asks for a summary',
  rewrite: 'asks to rewrite',
  extract: 'asks to extract or classify',
  code: 'is about code',
  maths: 'asks for a calculation',
  proof: 'asks for a proof',
  creative: 'asks for creative writing',
  reason: 'asks for reasons or a comparison',
  lookup: 'asks for a fact',
  quantity: 'asks for a quantity',
  negation: 'contains a negation',
  format: 'names an output format',
  stepwise: 'asks for steps',
  short: 'asks for a short answer',
};

const cueFeatures: Feature[] = cueNames.map((cue) => ({
  id: `cue.${cue}`,
  label: cueLabels[cue],
  value: ({ cues }) => flag((cues & cueBit(cue)) !== 0),
}));

/** Families that an ask alone can belong to; the others come from the shape of the request. */
const askTasks: TaskFamily[] = [
  'lookup',
  'extraction',
  'rewrite',
  'translate',
  'summarise',
  'maths',
  'code',
  'reasoning',
  'creative',
];

const taskFeatures: Feature[] = askTasks.map((task) => ({
  id: `task.${task}`,
  label: `looks like ${task}`,
  value: (source) => flag(source.task === task),
}));

const features: Feature[] = [...measures, ...cueFeatures, ...taskFeatures];

/** Ids in the order of the vector: part of the artefact format. */
export const structuralIds: readonly string[] = features.map((feature) => feature.id);
export const structuralLabels: readonly string[] = features.map((feature) => feature.label);

export function structuralFeatures(source: StructuralSource): Float64Array {
  const values = new Float64Array(features.length);
  for (let i = 0; i < features.length; i++) values[i] = features[i]!.value(source);
  return values;
}
