import { type Asked, asArray, asObject, type FakeAnswer, joined } from './fake-answer.ts';
import type { FakeDialect, FakeEvent, FakePath } from './fake-dialect.ts';

const signature = 'c2lnbmF0dXJl';

/** What the service knows; any other field it refuses by name. */
const knownFields = new Set([
  'contents',
  'systemInstruction',
  'system_instruction',
  'tools',
  'toolConfig',
  'tool_config',
  'generationConfig',
  'generation_config',
  'safetySettings',
  'safety_settings',
  'cachedContent',
  'cached_content',
]);
const knownPartFields = new Set([
  'text',
  'thought',
  'thoughtSignature',
  'inlineData',
  'fileData',
  'functionCall',
  'functionResponse',
  'executableCode',
  'codeExecutionResult',
]);

/** `generateContent` as Google serves it: model and stream in the path, whole function calls, CRLF, no terminal event. */
export const fakeGemini: FakeDialect = {
  basePath: '/v1beta',
  chatPath(path, query) {
    const [, model, method] = /^\/v1(?:beta)?\/models\/([^/]+):(\w+)$/.exec(path) ?? [];
    if (model === undefined) return undefined;
    if (method === 'generateContent') return { model: decodeURIComponent(model), stream: false };
    const streams = method === 'streamGenerateContent' && query.get('alt') === 'sse';
    return streams ? { model: decodeURIComponent(model), stream: true } : undefined;
  },
  ask(body, path) {
    const unknown = Object.keys(body).find((key) => !knownFields.has(key));
    if (unknown !== undefined) {
      return { invalid: `Invalid JSON payload received. Unknown name "${unknown}": Cannot find field.` };
    }
    const contents = asArray(body['contents']).map(asObject);
    if (contents.length === 0)
      return { invalid: '* GenerateContentRequest.contents: contents is not specified' };
    return refusalOf(contents, path) ?? readAsked(body, contents, path);
  },
  error: (error, status) => ({
    error: { code: status, message: error.message, status: error.type ?? wordOfStatus(status) },
  }),
  answer(answer, reply) {
    const usage = reply.usage === 'never' ? undefined : usageOf(answer);
    const parts: unknown[] = [];
    if (answer.reasoning.length > 0) parts.push({ text: joined(answer.reasoning), thought: true });
    const text = joined(answer.text) + (answer.refusal ?? '');
    if (text !== '') parts.push({ text });
    parts.push(...callsOf(answer));
    const candidate = { content: { parts, role: 'model' }, finishReason: finishOf(answer), index: 0 };
    return { body: responseOf(answer, [candidate], usage), usage };
  },
  events(answer, _asked, reply) {
    const reports = reply.usage !== 'never';
    const usage = reports ? usageOf(answer) : undefined;
    const events: FakeEvent[] = [];
    let sent = 0;
    const part = (value: unknown, tokens: number): void => {
      sent += tokens;
      const soFar = reports
        ? { promptTokenCount: answer.inputTokens, totalTokenCount: answer.inputTokens + sent }
        : undefined;
      const candidate = { content: { parts: [value], role: 'model' }, index: 0 };
      events.push({ data: JSON.stringify(responseOf(answer, [candidate], soFar)), tokens });
    };
    for (const piece of answer.reasoning) part({ text: piece.text, thought: true }, piece.tokens);
    for (const piece of answer.text) part({ text: piece.text }, piece.tokens);
    if (answer.refusal !== undefined) part({ text: answer.refusal }, 0);
    callsOf(answer).forEach((call, index) => {
      part(
        call,
        answer.toolCalls[index]!.fragments.reduce((sum, piece) => sum + piece.tokens, 0),
      );
    });
    const last = {
      content: { parts: [{ text: '' }], role: 'model' },
      finishReason: finishOf(answer),
      index: 0,
    };
    events.push({ data: JSON.stringify(responseOf(answer, [last], usage)), usage, terminal: true });
    return events;
  },
  errorEvent: (error) => ({
    data: JSON.stringify({
      error: { code: 503, message: error.message, status: error.type ?? 'UNAVAILABLE' },
    }),
  }),
  models: (ids) => ({
    models: ids.map((id) => ({
      name: `models/${id}`,
      displayName: id,
      supportedGenerationMethods: ['generateContent'],
    })),
  }),
};

function refusalOf(contents: { [key: string]: unknown }[], path: FakePath): { invalid: string } | undefined {
  for (const content of contents) {
    const parts = asArray(content['parts']).map(asObject);
    if (parts.length === 0) return { invalid: '* GenerateContentRequest.contents: parts must not be empty' };
    for (const part of parts) {
      const unknown = Object.keys(part).find((key) => !knownPartFields.has(key));
      if (unknown !== undefined)
        return { invalid: `Unknown name "${unknown}" at 'contents.parts': Cannot find field.` };
    }
    const call = parts.find((part) => part['functionCall'] !== undefined);
    const unsigned = call !== undefined && call['thoughtSignature'] === undefined;
    if (unsigned && path.model?.startsWith('gemini-3') === true) {
      return { invalid: 'Function call is missing a thought_signature in functionCall parts.' };
    }
  }
  return undefined;
}

function readAsked(
  body: { [key: string]: unknown },
  contents: { [key: string]: unknown }[],
  path: FakePath,
): Asked {
  const config = asObject(body['generationConfig'] ?? body['generation_config']);
  const last = asArray(contents.at(-1)?.['parts']).map(asObject);
  const answered = last.some((part) => part['functionResponse'] !== undefined);
  const schema = config['responseJsonSchema'] ?? config['responseSchema'];
  return {
    model: path.model ?? '',
    stream: path.stream === true,
    includeUsage: true,
    tool: answered ? undefined : chosenTool(body),
    jsonSchema:
      config['responseMimeType'] === 'application/json' ? (schema ?? { type: 'object' }) : undefined,
    promptText: [asObject(body['systemInstruction']), ...contents].map(contentText).join('\n'),
  };
}

function contentText(content: { [key: string]: unknown }): string {
  return asArray(content['parts'])
    .map((part) => asObject(part)['text'])
    .filter((text) => typeof text === 'string')
    .join('\n');
}

function chosenTool(body: { [key: string]: unknown }): Asked['tool'] {
  const tools = asArray(body['tools'])
    .flatMap((tool) => asArray(asObject(tool)['functionDeclarations']))
    .map(asObject);
  const config = asObject(asObject(body['toolConfig'])['functionCallingConfig']);
  if (config['mode'] === 'NONE') return undefined;
  const wanted = asArray(config['allowedFunctionNames'])[0];
  const tool = tools.find((candidate) => candidate['name'] === wanted) ?? tools[0];
  if (tool === undefined) return undefined;
  return { name: String(tool['name']), schema: tool['parametersJsonSchema'] ?? tool['parameters'] };
}

/** The first call of a step carries the signature. */
function callsOf(answer: FakeAnswer): unknown[] {
  return answer.toolCalls.map((call, index) => ({
    functionCall: { name: call.name, args: JSON.parse(joined(call.fragments)), id: call.id },
    ...(index === 0 ? { thoughtSignature: signature } : {}),
  }));
}

function responseOf(answer: FakeAnswer, candidates: unknown[], usage: unknown): object {
  return {
    candidates,
    ...(usage === undefined ? {} : { usageMetadata: usage }),
    modelVersion: answer.model,
    responseId: answer.id,
  };
}

function finishOf(answer: FakeAnswer): string {
  return answer.finish ?? 'STOP';
}

/** Thoughts stand beside the candidates' tokens; the prompt's count has the cached ones in it. */
function usageOf(answer: FakeAnswer): { [key: string]: unknown } {
  return {
    promptTokenCount: answer.inputTokens,
    candidatesTokenCount: answer.outputTokens - answer.reasoningTokens,
    totalTokenCount: answer.inputTokens + answer.outputTokens,
    promptTokensDetails: [{ modality: 'TEXT', tokenCount: answer.inputTokens }],
    ...(answer.cacheReadTokens > 0 ? { cachedContentTokenCount: answer.cacheReadTokens } : {}),
    ...(answer.reasoningTokens > 0 ? { thoughtsTokenCount: answer.reasoningTokens } : {}),
  };
}

function wordOfStatus(status: number): string {
  const words: { [status: number]: string } = {
    400: 'INVALID_ARGUMENT',
    401: 'UNAUTHENTICATED',
    403: 'PERMISSION_DENIED',
    404: 'NOT_FOUND',
    429: 'RESOURCE_EXHAUSTED',
    503: 'UNAVAILABLE',
    504: 'DEADLINE_EXCEEDED',
  };
  return words[status] ?? 'INTERNAL';
}
