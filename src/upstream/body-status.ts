import { isObject, type UpstreamSaid } from '../protocol/index.ts';
import type { Quirks } from '../providers/index.ts';

const messageCharsMax = 1000;

type BodyStatus = NonNullable<Quirks['bodyStatus']>;

/** What a body under a success status says went wrong; undefined = it has no code of its own, or the code of success. */
export function saidInBody(
  status: number,
  body: unknown,
  { path, ok, message }: BodyStatus,
): UpstreamSaid | undefined {
  const code = at(body, path);
  if ((typeof code !== 'number' && typeof code !== 'string') || Number(code) === ok) return undefined;
  const text = at(body, message);
  return {
    status,
    code: String(code),
    message: typeof text === 'string' && text !== '' ? text.slice(0, messageCharsMax) : undefined,
  };
}

function at(body: unknown, path: readonly string[]): unknown {
  let value = body;
  for (const key of path) value = isObject(value) ? value[key] : undefined;
  return value;
}
