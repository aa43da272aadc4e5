import type { EncodeTarget } from '../../dialect.ts';
import { isObject, type Json, type JsonObject } from '../../json.ts';
import type { TopLevelEdits } from '../../json-splice.ts';
import type { PastThoughts } from '../../past-thoughts.ts';
import { bindSignature } from '../signatures.ts';
import { isForeign, ownSignature, unsignedCall } from './signatures.ts';
import { camelFields, camelObject } from './spelling.ts';

type PartEdit = (part: JsonObject, isFirstCall: boolean) => JsonObject | undefined;

/**
 * Without what another dialect's vendor signed, which this one would refuse: thoughts of that kind are left out. Everything else
 * stays as the client wrote it.
 */
export function sealedContents(body: JsonObject): TopLevelEdits {
  return editParts(body, (part) =>
    isForeign(part['thoughtSignature'] ?? part['thought_signature']) ? undefined : part,
  );
}

/**
 * The first call of a step gets its signature back where a client dropped it; models that take a thinking level refuse one without. What another maker of this dialect signed is replaced
 * by the word for unsigned calls, and elsewhere taken off.
 */
export function passThoughts(body: JsonObject, thoughts: PastThoughts, target: EncodeTarget): TopLevelEdits {
  const otherwise = target.reasoningControl === 'thinking_level' ? unsignedCall : undefined;
  return editParts(body, (given, isFirstCall) => {
    const part = camelFields(given);
    const seal = part['thoughtSignature'];
    const isCall = part['functionCall'] !== undefined;
    if (typeof seal === 'string' && seal !== '') {
      if (!thoughts.isForeign(bindSignature('gemini', seal))) return given;
      const { thoughtSignature: _, ...unsigned } = part;
      return isCall ? { ...unsigned, thoughtSignature: unsignedCall } : unsigned;
    }
    if (!isFirstCall) return given;
    const thoughtSignature = remembered(part, thoughts) ?? otherwise;
    return thoughtSignature === undefined ? given : { ...part, thoughtSignature };
  });
}

function remembered(part: JsonObject, thoughts: PastThoughts): string | undefined {
  const id = camelObject(part, 'functionCall')?.['id'];
  const parts = typeof id === 'string' ? thoughts.before(id) : undefined;
  for (const thought of parts?.toReversed() ?? []) {
    const signature = thought.type === 'reasoning' ? thought.signature : undefined;
    const own = signature === undefined ? undefined : ownSignature(signature);
    if (own !== undefined) return own;
  }
  return undefined;
}

/** Applies `edit` to the parts of the model's turns; a turn that would be left empty keeps its parts. */
function editParts(body: JsonObject, edit: PartEdit): TopLevelEdits {
  const { contents } = body;
  if (!Array.isArray(contents)) return {};
  let changed = false;
  const edited = contents.map((content: unknown) => {
    const parts = isObject(content) && content['role'] === 'model' ? content['parts'] : undefined;
    if (!Array.isArray(parts)) return content;
    const kept = editedTurn(parts, edit);
    if (kept.length === 0 || kept.every((part, at) => part === parts[at] && kept.length === parts.length))
      return content;
    changed = true;
    return { ...(content as JsonObject), parts: kept };
  });
  return changed ? { contents: edited as Json } : {};
}

function editedTurn(parts: unknown[], edit: PartEdit): unknown[] {
  let calls = 0;
  return parts.flatMap((part) => {
    if (!isObject(part)) return [part];
    const isCall = part['functionCall'] !== undefined || part['function_call'] !== undefined;
    if (isCall) calls += 1;
    return edit(part, isCall && calls === 1) ?? [];
  });
}
