import { binaryFrame } from './binary-frame.ts';
import { type Asked, asArray, asObject, type FakeAnswer, joined } from './fake-answer.ts';
import type { FakeDialect, FakeEvent, FakePath } from './fake-dialect.ts';

const latencyMs = 42;

/** Converse as Amazon Bedrock serves it: model and stream in the path, binary frames, usage in the last event. */
export const fakeBedrock: FakeDialect = {
  basePath: '',
  streamContentType: 'application/vnd.amazon.eventstream',
  chatPath(path) {
    const [, model, method] = /^\/model\/([^/]+)\/(converse|converse-stream)$/.exec(path) ?? [];
    if (model === undefined) return undefined;
    return { model: decodeURIComponent(model), stream: method === 'converse-stream' };
  },
  ask(body, path) {
    const messages = asArray(body['messages']).map(asObject);
    const invalid = refusalOf(body, messages);
    return invalid === undefined ? readAsked(body, messages, path) : { invalid };
  },
  error: (error) => ({ message: error.message }),
  answer(answer, reply) {
    const usage = reply.usage === 'never' ? undefined : usageOf(answer);
    const body = {
      output: { message: { role: 'assistant', content: contentOf(answer) } },
      stopReason: stopReasonOf(answer),
      metrics: { latencyMs },
      ...(usage === undefined ? {} : { usage }),
    };
    return { body, usage };
  },
  events(answer, _asked, reply) {
    const events: FakeEvent[] = [{ event: 'messageStart', data: JSON.stringify({ role: 'assistant' }) }];
    let contentBlockIndex = 0;
    const push = (event: string, payload: object, tokens?: number): void => {
      // The service pads its events, so that their lengths tell nothing.
      const data = JSON.stringify({ contentBlockIndex, ...payload, p: 'abcdefghij' });
      events.push(tokens === undefined ? { event, data } : { event, data, tokens });
    };
    const close = (): void => {
      push('contentBlockStop', {});
      contentBlockIndex += 1;
    };
    if (answer.reasoning.length > 0) {
      for (const { text, tokens } of answer.reasoning) {
        push('contentBlockDelta', { delta: { reasoningContent: { text } } }, tokens);
      }
      push('contentBlockDelta', { delta: { reasoningContent: { signature: 'c2lnbmF0dXJl' } } });
      close();
    }
    const words = [...answer.text];
    if (answer.refusal !== undefined) words.push({ text: answer.refusal, tokens: 0 });
    if (words.length > 0) {
      for (const { text, tokens } of words) push('contentBlockDelta', { delta: { text } }, tokens);
      close();
    }
    for (const call of answer.toolCalls) {
      push('contentBlockStart', { start: { toolUse: { toolUseId: call.id, name: call.name } } }, 0);
      for (const { text, tokens } of call.fragments) {
        push('contentBlockDelta', { delta: { toolUse: { input: text } } }, tokens);
      }
      close();
    }
    events.push({ event: 'messageStop', data: JSON.stringify({ stopReason: stopReasonOf(answer) }) });
    const usage = reply.usage === 'never' ? undefined : usageOf(answer);
    const metadata = { metrics: { latencyMs }, ...(usage === undefined ? {} : { usage }) };
    events.push({ event: 'metadata', data: JSON.stringify(metadata), usage, terminal: true });
    return events;
  },
  errorEvent: (error) => ({
    event: error.type ?? 'modelStreamErrorException',
    data: JSON.stringify({ message: error.message }),
  }),
  frame({ event = '', data }) {
    const headers: { [name: string]: string } = event.endsWith('Exception')
      ? { ':exception-type': event, ':message-type': 'exception' }
      : { ':event-type': event, ':message-type': 'event' };
    return binaryFrame({ ...headers, ':content-type': 'application/json' }, data);
  },
  models: (ids) => ({ modelSummaries: ids.map((modelId) => ({ modelId })) }),
};

/** What the service refuses before any model sees it. */
function refusalOf(
  body: { [key: string]: unknown },
  messages: { [key: string]: unknown }[],
): string | undefined {
  if (messages.length === 0) return 'The messages field must have at least one message.';
  if (body['model'] !== undefined || body['modelId'] !== undefined || body['stream'] !== undefined) {
    return 'The model and the streaming are named in the path.';
  }
  if (messages[0]!['role'] !== 'user') return 'A conversation must start with a user message.';
  const documents = new Set<string>();
  const tools = asArray(asObject(body['toolConfig'])['tools']).map((tool) =>
    asObject(asObject(tool)['toolSpec']),
  );
  let open: string[] = [];
  for (const [index, message] of messages.entries()) {
    if (index > 0 && message['role'] === messages[index - 1]!['role']) {
      return 'A conversation must alternate between user and assistant roles.';
    }
    const blocks = asArray(message['content']).map(asObject);
    if (blocks.length === 0) return `The content field in the Message object at messages.${index} is empty.`;
    const answered = blocks.map((block) => asObject(block['toolResult'])['toolUseId']).filter(Boolean);
    if (open.some((id) => !answered.includes(id))) {
      return `Expected toolResult blocks at messages.${index}.content for the following Ids: ${open.join()}`;
    }
    open = [];
    for (const block of blocks) {
      const problem = problemOf(block, documents);
      if (problem !== undefined) return problem;
      const call = asObject(block['toolUse']);
      if (typeof call['toolUseId'] === 'string') open.push(call['toolUseId']);
      if (tools.length === 0 && (block['toolUse'] !== undefined || block['toolResult'] !== undefined)) {
        return 'The toolConfig field must be defined when using toolUse and toolResult content blocks.';
      }
    }
    if (blocks.some((block) => block['document']) && !blocks.some((block) => block['text'])) {
      return 'Add text to the text field when you include a document.';
    }
  }
  const unnamed = tools.find(({ name }) => name !== undefined && !/^[a-zA-Z0-9_-]{1,64}$/.test(String(name)));
  return unnamed === undefined
    ? undefined
    : `Value '${String(unnamed['name'])}' at toolSpec.name is not valid.`;
}

function problemOf(block: { [key: string]: unknown }, documents: Set<string>): string | undefined {
  if (typeof block['text'] === 'string' && block['text'].trim() === '') {
    return 'The text field in the ContentBlock object is blank.';
  }
  const id = asObject(block['toolUse'])['toolUseId'];
  if (id !== undefined && !/^[a-zA-Z0-9_-]{1,64}$/.test(String(id))) {
    return `Value '${String(id)}' at toolUseId is not valid.`;
  }
  if (block['document'] === undefined) return undefined;
  const name = String(asObject(block['document'])['name']);
  if (!/^(?!.*\s\s)[\w\s()[\]-]{1,200}$/.test(name)) {
    return "The document file name can only contain alphanumeric characters, whitespace characters, hyphens, parentheses, and square brackets. The name can't contain more than one consecutive whitespace character.";
  }
  if (documents.has(name)) return 'The names of documents must be unique within a request.';
  documents.add(name);
  return undefined;
}

function readAsked(
  body: { [key: string]: unknown },
  messages: { [key: string]: unknown }[],
  path: FakePath,
): Asked {
  const structure = asObject(asObject(asObject(body['outputConfig'])['textFormat'])['structure']);
  const schema = asObject(structure['jsonSchema'])['schema'];
  const last = asArray(messages.at(-1)?.['content']).map(asObject);
  const answered = last.some((block) => block['toolResult'] !== undefined);
  return {
    model: path.model ?? '',
    stream: path.stream === true,
    includeUsage: true,
    tool: answered ? undefined : chosenTool(body),
    jsonSchema: typeof schema === 'string' ? JSON.parse(schema) : undefined,
    promptText: [...asArray(body['system']), ...messages.flatMap((message) => asArray(message['content']))]
      .map((block) => asObject(block)['text'])
      .filter((text) => typeof text === 'string')
      .join('\n'),
  };
}

function chosenTool(body: { [key: string]: unknown }): Asked['tool'] {
  const config = asObject(body['toolConfig']);
  const tools = asArray(config['tools'])
    .map((tool) => asObject(asObject(tool)['toolSpec']))
    .filter(({ name }) => name !== undefined);
  const wanted = asObject(asObject(config['toolChoice'])['tool'])['name'];
  const tool = tools.find((candidate) => candidate['name'] === wanted) ?? tools[0];
  return tool === undefined
    ? undefined
    : { name: String(tool['name']), schema: asObject(tool['inputSchema'])['json'] };
}

function contentOf(answer: FakeAnswer): unknown[] {
  const content: unknown[] = [];
  if (answer.reasoning.length > 0) {
    const reasoningText = { text: joined(answer.reasoning), signature: 'c2lnbmF0dXJl' };
    content.push({ reasoningContent: { reasoningText } });
  }
  const text = joined(answer.text) + (answer.refusal ?? '');
  if (text !== '') content.push({ text });
  for (const call of answer.toolCalls) {
    const input: unknown = JSON.parse(joined(call.fragments) || '{}');
    content.push({ toolUse: { toolUseId: call.id, name: call.name, input } });
  }
  return content;
}

function stopReasonOf(answer: FakeAnswer): string {
  if (answer.finish !== undefined) return answer.finish;
  if (answer.refusal !== undefined) return 'content_filtered';
  return answer.toolCalls.length > 0 ? 'tool_use' : 'end_turn';
}

function usageOf(answer: FakeAnswer): unknown {
  const { inputTokens, cacheReadTokens: read, cacheWriteTokens: write, outputTokens } = answer;
  return {
    inputTokens: inputTokens - read - write,
    outputTokens,
    totalTokens: inputTokens + outputTokens,
    cacheReadInputTokens: read,
    cacheWriteInputTokens: write,
    ...(write > 0 ? { cacheDetails: [{ ttl: '5m', inputTokens: write }] } : {}),
    serverToolUsage: {},
  };
}
