import type { ImageFacts } from './image.ts';
import type { AnswerLanguage } from './language.ts';

/** What the sandbox says, in each language it answers in. Every answer says that it is simulated. */
export interface Phrases {
  answered(name: string, echo: string): string;
  sum(expression: string, value: string): string;
  found(what: string): string;
  listItem(index: number, topic: string): string;
  used(tool: string, result: string): string;
  image(facts: ImageFacts): string;
  files(count: number): string;
  code: string;
  closing: string;
  thought(echo: string): string[];
}

const endash = '–';

function size(facts: ImageFacts): string {
  if (facts.kind === 'remote') return facts.host;
  const pixels = facts.width === undefined ? '' : `, ${facts.width}×${facts.height} px`;
  return `${facts.format}${pixels}, ${facts.bytes} bytes`;
}

export const phrases: { [language in AnswerLanguage]: Phrases } = {
  en: {
    answered: (name, echo) =>
      `This is a simulated answer from ${name}; no language model runs here.${echo === '' ? '' : ` You asked: “${echo}”`}`,
    sum: (expression, value) => `${expression} = ${value}`,
    found: (what) => `In your message I find: ${what}.`,
    listItem: (index, topic) => `${index}. Simulated point ${index} about “${topic}”`,
    used: (tool, result) => `The tool ${tool} says: ${result}`,
    image: (facts) => `I received an image (${size(facts)}). The sandbox does not look at what it shows.`,
    files: (count) => `I received ${count} file${count === 1 ? '' : 's'}, unread.`,
    code: 'A simulated example:\n\n```python\ndef answer() -> str:\n    return "simulated"\n```',
    closing: 'Connect a provider to get real answers from the same address.',
    thought: (echo) => [
      `The user asks: “${echo}”.`,
      'I look for what can be computed or read off the message itself.',
      `This is a simulation ${endash} the steps stand for thinking, they are not thought.`,
      'I check the result once more, then answer briefly.',
    ],
  },
  zh: {
    answered: (name, echo) =>
      `这是 ${name} 的模拟回答，这里没有运行真实的语言模型。${echo === '' ? '' : `你的问题是：「${echo}」`}`,
    sum: (expression, value) => `${expression} = ${value}`,
    found: (what) => `我在你的消息中找到：${what}。`,
    listItem: (index, topic) => `${index}. 关于「${topic}」的第 ${index} 个模拟要点`,
    used: (tool, result) => `工具 ${tool} 返回：${result}`,
    image: (facts) => `我收到了一张图片（${size(facts)}），沙盒不会查看图片内容。`,
    files: (count) => `我收到了 ${count} 个文件，没有读取。`,
    code: '一个模拟的例子：\n\n```python\ndef answer() -> str:\n    return "simulated"\n```',
    closing: '接入一个提供商，就能从同一个地址得到真实的回答。',
    thought: (echo) => [
      `用户的问题是：「${echo}」。`,
      '我先看消息里有什么可以直接计算或读取。',
      '这是模拟：这些步骤只代表思考，并不是真正的思考。',
      '我再检查一遍结果，然后简短作答。',
    ],
  },
  ja: {
    answered: (name, echo) =>
      `これは ${name} の模擬回答です。ここでは本物の言語モデルは動いていません。${echo === '' ? '' : `ご質問：「${echo}」`}`,
    sum: (expression, value) => `${expression} = ${value}`,
    found: (what) => `メッセージの中に見つけたもの：${what}。`,
    listItem: (index, topic) => `${index}. 「${topic}」についての模擬の項目 ${index}`,
    used: (tool, result) => `ツール ${tool} の結果：${result}`,
    image: (facts) => `画像を受け取りました（${size(facts)}）。サンドボックスは中身を見ません。`,
    files: (count) => `ファイルを ${count} 件受け取りましたが、読んでいません。`,
    code: '模擬の例：\n\n```python\ndef answer() -> str:\n    return "simulated"\n```',
    closing: 'プロバイダーを接続すると、同じアドレスで本物の回答が得られます。',
    thought: (echo) => [
      `質問は「${echo}」です。`,
      'まず、メッセージから直接計算できることや読み取れることを探します。',
      'これは模擬であり、手順は思考の代わりです。',
      '結果をもう一度確かめてから、短く答えます。',
    ],
  },
  ko: {
    answered: (name, echo) =>
      `이것은 ${name}의 모의 답변이며, 여기서는 실제 언어 모델이 실행되지 않습니다.${echo === '' ? '' : ` 질문: “${echo}”`}`,
    sum: (expression, value) => `${expression} = ${value}`,
    found: (what) => `메시지에서 찾은 것: ${what}.`,
    listItem: (index, topic) => `${index}. “${topic}”에 대한 모의 항목 ${index}`,
    used: (tool, result) => `도구 ${tool}의 결과: ${result}`,
    image: (facts) => `이미지를 받았습니다(${size(facts)}). 샌드박스는 내용을 보지 않습니다.`,
    files: (count) => `파일 ${count}개를 받았지만 읽지 않았습니다.`,
    code: '모의 예시:\n\n```python\ndef answer() -> str:\n    return "simulated"\n```',
    closing: '제공자를 연결하면 같은 주소에서 실제 답변을 받을 수 있습니다.',
    thought: (echo) => [
      `질문은 “${echo}”입니다.`,
      '먼저 메시지에서 바로 계산하거나 읽을 수 있는 것을 찾습니다.',
      '이것은 모의이며, 단계는 생각을 대신할 뿐입니다.',
      '결과를 한 번 더 확인하고 짧게 답합니다.',
    ],
  },
};
