/**
 * What candidates are asked to see whether they are still who they were: short questions with one likely answer, and some with several, in the languages that routes serve. A model that was exchanged, quantised or given another system prompt
 * answers some of them otherwise. They change with no version: a baseline is of its prompts.
 */
export const probePrompts: readonly string[] = [
  'Continue with the next four words only: The quick brown',
  'Name one European river. One word.',
  'Pick a number from 1 to 100. Only the number.',
  'Complete the proverb in at most five words: A stitch in time',
  'Give one synonym of «rapid». One word.',
  'What is 37 × 43? Only the number.',
  'Write the plural of «octopus». One word.',
  'Name a colour nobody expects. One word.',
  'Translate «lighthouse» into French. Only the translation.',
  'Which is heavier, a litre of oil or a litre of water? One word.',
  'Spell «rhythm» backwards. Only the letters.',
  'Invent a name for a small red boat. Only the name.',
  '用一个词回答：中国最长的河流是哪条？',
  '把“灯塔”翻译成英文，只写译文。',
  '接下一句（只写下一句）：床前明月光，',
  '从一到一百选一个数字，只写数字。',
  '用一个词形容沙漠。',
  '23 × 17 等于多少？只写数字。',
  '「灯台」を英語に訳してください。訳語だけ。',
  '季節をひとつ挙げてください。一語で。',
  '3の7乗はいくつですか。数字だけ。',
  '«등대»를 영어로 번역하세요. 번역만.',
  '한국의 도시 하나를 말하세요. 한 단어로.',
  '17 × 29는 얼마입니까? 숫자만.',
];
