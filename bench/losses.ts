import { existsSync } from 'node:fs';
import { dialects, isObject, type JsonObject, parseJsonBody } from '../src/protocol/index.ts';
import { recordings } from '../test/protocol/support/recordings.ts';
import { framerOf, identity } from '../test/protocol/support/streams.ts';

/**
 * What a translation loses, field by field: each recorded answer is read into our terms and written again in its own dialect; what was
 * there before and is not there after is what no client of another dialect can be given. Same-dialect routes lose nothing, because
 * their bytes pass. Of streams it prints the events that have no form of ours.
 */

const folder = new URL('../../shared/data/wire', import.meta.url);
if (!existsSync(folder)) {
  console.error('The recorded responses are not on this machine; there is nothing to compare.');
  process.exit(1);
}

/** Fields that say who answered and when: an answer of ours has its own. */
const own =
  /(^|\.)(id|created|created_at|completed_at|model|modelVersion|responseId|system_fingerprint|item_id)$/;

const lost = new Map<string, Map<string, number>>();

function note(group: string, name: string): void {
  const counts = lost.get(group) ?? new Map<string, number>();
  lost.set(group, counts.set(name, (counts.get(name) ?? 0) + 1));
}

/** Paths of the leaves that say something, with every index written `[]`. */
function leaves(value: unknown, path: string, found: Set<string>): Set<string> {
  if (Array.isArray(value)) for (const item of value) leaves(item, `${path}[]`, found);
  else if (isObject(value)) {
    for (const [key, inner] of Object.entries(value))
      leaves(inner, path === '' ? key : `${path}.${key}`, found);
  } else if (value !== null && value !== undefined && value !== '' && value !== false && value !== 0)
    found.add(path);
  return found;
}

let answers = 0;
let streams = 0;
for (const { dialect: name, stream, status, bytes } of recordings()) {
  if (status !== 200) continue;
  const dialect = dialects[name];
  if (stream) {
    streams += 1;
    const decoder = dialect.eventDecoder();
    const framer = framerOf(dialect);
    for (const frame of [...framer.push(bytes), ...framer.end()]) {
      if (frame.data === undefined || decoder.decode(frame).length > 0) continue;
      note(`${name}, events`, frame.event ?? typeOf(frame.data));
    }
    continue;
  }
  answers += 1;
  const before = parseJsonBody(bytes);
  const after = JSON.parse(
    JSON.stringify(dialect.encodeAnswer(dialect.decodeAnswer(before), identity)),
  ) as JsonObject;
  const kept = leaves(after, '', new Set());
  for (const path of leaves(before, '', new Set()))
    if (!kept.has(path) && !own.test(path)) note(`${name}, fields`, path);
}

console.log(`${answers} whole answers and ${streams} streams, read and written again:`);
for (const [group, counts] of [...lost].sort(([a], [b]) => a.localeCompare(b))) {
  console.log(`\n${group}`);
  for (const [name, times] of [...counts].sort((a, b) => b[1] - a[1]))
    console.log(`  ${String(times).padStart(4)}  ${name}`);
}

function typeOf(data: string): string {
  try {
    const value: unknown = JSON.parse(data);
    return isObject(value) && typeof value['type'] === 'string' ? value['type'] : 'without a type';
  } catch {
    return 'not JSON';
  }
}
