import type { RequestPath } from './dialect.ts';
import { clientDialects } from './dialects/index.ts';
import { editTextPlaces, jsonOf } from './dialects/text-places.ts';
import { toGatewayError } from './errors.ts';
import type { Json, JsonObject } from './json.ts';
import { spliceTopLevel } from './json-splice.ts';
import type { ChatRequest, Message, Part } from './request.ts';

/** The texts of a conversation in order, those inside tool results among them: what `replaceTexts` takes. */
export function textsOf(messages: readonly Message[]): string[] {
  return messages.flatMap(({ parts }) => parts.flatMap(textsOfPart));
}

function textsOfPart(part: Part): string[] {
  if (part.type === 'text') return [part.text];
  return part.type === 'tool-result' ? part.parts.flatMap(textsOfPart) : [];
}

/**
 * The request with other texts, as if its client had sent them: the body is the client's but for the texts that differ, so it still passes
 * to an upstream of its dialect. Undefined where a text stands at no place of its own, so that it cannot be changed.
 *
 * @param texts as many as `textsOf` gives; none empty that was not
 */
export function replaceTexts(
  request: ChatRequest,
  texts: readonly string[],
  path: RequestPath | undefined,
): ChatRequest | undefined {
  const given = textsOf(request.messages);
  const changed = texts.flatMap((text, at) => (text === given[at] ? [] : [at]));
  if (texts.length !== given.length) return undefined;
  if (changed.length === 0) return request;
  const { textPlaces } = clientDialects[request.dialect];
  const places = placesOf(request, path);
  const written = new Map<number, string>();
  for (const at of changed) {
    const place = places?.[at];
    if (place === undefined) return undefined;
    written.set(place, texts[at]!);
  }
  const changes = editTextPlaces(request.body, textPlaces, (place) => written.get(place));
  const body = { ...request.body, ...changes };
  const messages = decodedMessages(request, body, path);
  // What was not written where it was read would reach the upstream as it was.
  if (messages === undefined || !says(messages, texts)) return undefined;
  const bytes = spliceTopLevel(request.bytes, changes as { [key: string]: Json });
  return { ...request, messages, body, bytes };
}

/** For each text the place it stands at, found by reading the body again with a mark at every place. */
function placesOf(request: ChatRequest, path: RequestPath | undefined): (number | undefined)[] | undefined {
  const marks = new Map<string, number>();
  const { textPlaces } = clientDialects[request.dialect];
  const changes = editTextPlaces(request.body, textPlaces, (place) => {
    const mark = `text ${place}`;
    // JSON in a tool's result is shown with its quotes.
    marks.set(mark, place).set(JSON.stringify(mark), place);
    return mark;
  });
  const marked = decodedMessages(request, { ...request.body, ...changes }, path);
  return marked && textsOf(marked).map((text) => marks.get(text));
}

/** Undefined where the body cannot be read, or is another conversation than the request's. */
function decodedMessages(
  request: ChatRequest,
  body: JsonObject,
  path: RequestPath | undefined,
): Message[] | undefined {
  let messages: Message[];
  try {
    messages = clientDialects[request.dialect].decodeRequest(body, request.bytes, path).messages;
  } catch (thrown) {
    if (toGatewayError(thrown).code === 'internal') throw thrown;
    return undefined;
  }
  return outline(messages) === outline(request.messages) ? messages : undefined;
}

function outline(messages: readonly Message[]): string {
  return messages.map(({ role, parts }) => `${role}(${parts.map(outlineOfPart).join()})`).join();
}

function outlineOfPart(part: Part): string {
  return part.type === 'tool-result' ? `result(${part.parts.map(outlineOfPart).join()})` : part.type;
}

function says(messages: readonly Message[], texts: readonly string[]): boolean {
  return textsOf(messages).every((text, at) => text === texts[at] || isJsonOf(text, texts[at]!));
}

/** Where a tool's result is JSON, spaces between its values are nobody's words. */
function isJsonOf(text: string, wanted: string): boolean {
  return text === JSON.stringify(jsonOf(wanted) ?? wanted);
}
