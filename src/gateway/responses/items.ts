import { GatewayError, isObject, type JsonObject } from '../../protocol/index.ts';

/** `input` as the list it stands for: text alone is one message of the user. What is no item is left for the decoder to refuse. */
export function inputItems(input: unknown): JsonObject[] {
  if (typeof input === 'string') {
    return input === ''
      ? []
      : [{ type: 'message', role: 'user', content: [{ type: 'input_text', text: input }] }];
  }
  return Array.isArray(input) ? (input as JsonObject[]) : [];
}

/**
 * Items of past turns as any upstream can take them. Ids would be looked up where they were made, so they go; and so does thinking that
 * only its maker's own store could give back.
 */
export function portable(items: readonly JsonObject[]): JsonObject[] {
  return items.flatMap((item) => {
    switch (item['type'] ?? 'message') {
      case 'reasoning':
        return carriesItself(item) ? [item] : [];
      case 'message':
      case 'function_call':
      case 'function_call_output': {
        const { id: _id, status: _status, ...rest } = item;
        return [rest];
      }
      default:
        return [item];
    }
  });
}

/** Ids of thoughts that were written here begin so, because ids of requests do: their summary is all there is of them. */
const ownThought = 'rs_req_';

function carriesItself({ id, encrypted_content, content }: JsonObject): boolean {
  if (typeof encrypted_content === 'string' && encrypted_content !== '') return true;
  if (Array.isArray(content) && content.length > 0) return true;
  return typeof id === 'string' && id.startsWith(ownThought);
}

/** Throws `invalid_request` for the output of a call that nobody made: upstreams differ in what they make of it. */
export function requireCalls(past: readonly JsonObject[], added: readonly JsonObject[]): void {
  const made = new Set([...past, ...added].filter((item) => !isOutput(item)).map(callIdOf));
  const index = added.findIndex((item) => isOutput(item) && !made.has(callIdOf(item)));
  if (index === -1) return;
  throw new GatewayError(
    'invalid_request',
    `input[${index}] is the output of a call that is not in the conversation: send the call_id of a call that previous_response_id leads to.`,
    { param: `input[${index}].call_id` },
  );
}

/** Calls that have no output yet. */
export function openCalls(items: readonly JsonObject[]): JsonObject[] {
  const answered = new Set(items.filter(isOutput).map(callIdOf));
  return items.filter(
    (item) =>
      isObject(item) &&
      /_call$/.test(String(item['type'])) &&
      typeof item['call_id'] === 'string' &&
      !answered.has(item['call_id']),
  );
}

function isOutput(item: unknown): boolean {
  return isObject(item) && /_call_output$/.test(String(item['type']));
}

function callIdOf(item: unknown): unknown {
  return isObject(item) ? (item['call_id'] ?? item['id']) : undefined;
}

const withStatus = new Set<unknown>(['message', 'function_call', 'function_call_output']);

/** An item as answers show it: with an id of its own and its content as a list. Messages and calls of clients may leave both out. */
export function shownItem(item: JsonObject, id: string): JsonObject {
  const type = item['type'] ?? 'message';
  const named = { ...item, type, id: item['id'] ?? id };
  if (!withStatus.has(type)) return named;
  const whole = { ...named, status: item['status'] ?? 'completed' };
  if (type !== 'message') return whole;
  const { content } = item;
  const text = item['role'] === 'assistant' ? 'output_text' : 'input_text';
  const parts = typeof content === 'string' ? [{ type: text, text: content }] : content;
  return { ...whole, content: Array.isArray(parts) ? parts.map(shownPart) : [] };
}

function shownPart(part: unknown): unknown {
  if (!isObject(part)) return part;
  if (part['type'] === 'output_text') return { ...part, annotations: part['annotations'] ?? [] };
  if (part['type'] === 'input_image') return { ...part, detail: part['detail'] ?? 'auto' };
  return part;
}
