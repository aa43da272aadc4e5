import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { adaptMessages, type MessageRules } from '../../src/protocol/dialects/openai-chat/adapt-messages.ts';
import { dialects, type EncodeTarget, type JsonObject, parseJsonBody } from '../../src/protocol/index.ts';

function check(rules: MessageRules, given: JsonObject[], expected: JsonObject[]): void {
  const { messages, changed } = adaptMessages(given, rules);
  assert.deepEqual(messages, expected);
  assert.equal(changed, JSON.stringify(given) !== JSON.stringify(expected));
}

const system = (content: unknown): JsonObject => ({ role: 'system', content });
const user = (content: unknown): JsonObject => ({ role: 'user', content });
const assistant = (content: unknown, rest: JsonObject = {}): JsonObject => ({
  role: 'assistant',
  content,
  ...rest,
});
const call = { id: 'c1', type: 'function', function: { name: 'f', arguments: '{}' } };
const result = { role: 'tool', tool_call_id: 'c1', content: 'r' };

describe('the role of instructions', () => {
  const developer = { role: 'developer', content: 'd', name: 'n' };

  test('«developer» becomes «system» where it is refused', () => {
    check({ systemRole: 'system' }, [developer, user('u')], [{ ...developer, role: 'system' }, user('u')]);
    check({ systemRole: 'system' }, [system('a'), system('b')], [system('a'), system('b')]);
    check({}, [developer], [developer]);
  });

  test('several become one at the front', () => {
    check(
      { systemRole: 'merged' },
      [system('a'), user('u'), developer, assistant('x'), system('b')],
      [system('a\n\nd\n\nb'), user('u'), assistant('x')],
    );
    check({ systemRole: 'merged' }, [user('u'), system('a')], [system('a'), user('u')]);
    check({ systemRole: 'merged' }, [system('a'), user('u')], [system('a'), user('u')]);
    check({ systemRole: 'merged' }, [user('u')], [user('u')]);
  });

  test('parts are kept where text alone would lose a mark', () => {
    const marked = { type: 'text', text: 'b', cache_control: { type: 'ephemeral' } };
    check(
      { systemRole: 'merged' },
      [system('a'), system([marked]), user('u')],
      [system([{ type: 'text', text: 'a' }, marked]), user('u')],
    );
    check(
      { systemRole: 'merged' },
      [system('a'), system([{ type: 'text', text: 'b' }]), user('u')],
      [system('a\n\nb'), user('u')],
    );
  });
});

describe('taking turns', () => {
  const rules: MessageRules = { alternatingRoles: true };

  test('neighbours of one role are joined', () => {
    check(
      rules,
      [user('a'), user('b'), assistant('x'), assistant('y'), user('c')],
      [user('a\n\nb'), assistant('x\n\ny'), user('c')],
    );
  });

  test('an image beside text makes parts of both', () => {
    const image = { type: 'image_url', image_url: { url: 'https://example.test/a.png' } };
    check(rules, [user('a'), user([image])], [user([{ type: 'text', text: 'a' }, image])]);
  });

  test('tool calls and reasoning of joined answers are kept, results stay apart', () => {
    check(
      rules,
      [
        user('u'),
        assistant('x', { reasoning_content: 'r1' }),
        assistant(null, { tool_calls: [call], reasoning_content: 'r2' }),
        result,
        { ...result, tool_call_id: 'c2' },
      ],
      [
        user('u'),
        assistant('x', { reasoning_content: 'r1\n\nr2', tool_calls: [call] }),
        result,
        { ...result, tool_call_id: 'c2' },
      ],
    );
  });

  test('whatever comes, no two turns of one speaker follow each other and no word is lost', () => {
    const message = fc.record({
      role: fc.constantFrom('system', 'developer', 'user', 'assistant', 'tool'),
      content: fc.stringMatching(/^[a-z]{1,6}$/),
    });
    fc.assert(
      fc.property(fc.array(message, { minLength: 1, maxLength: 12 }), (given) => {
        const { messages } = adaptMessages(given, { systemRole: 'merged', alternatingRoles: true });
        const roles = messages.map((each) => each['role']);
        assert.ok(roles.every((role, i) => role === 'tool' || role !== roles[i - 1]));
        assert.ok(roles.every((role, i) => role !== 'developer' && (role !== 'system' || i === 0)));
        const words = (list: JsonObject[]) =>
          list.flatMap((each) => String(each['content']).split('\n\n')).sort();
        assert.deepEqual(words(messages), words(given));
      }),
    );
  });
});

describe('past reasoning', () => {
  const history = [
    user('q1'),
    assistant('a1', { reasoning_content: 'plain' }),
    user('q2'),
    assistant('', { reasoning_content: 'before the call', tool_calls: [call] }),
    result,
    assistant('a2', { reasoning_content: 'after the call' }),
    user('q3'),
  ];

  test('of turns in which tools were called stays, of others goes', () => {
    const { messages, withoutReasoning } = adaptMessages(history, { reasoningEcho: 'tool-turns' });
    assert.deepEqual(
      messages.map((message) => message['reasoning_content']),
      [undefined, undefined, undefined, 'before the call', undefined, 'after the call', undefined],
    );
    assert.equal(withoutReasoning, true);
  });

  test('none is sent, or all', () => {
    const none = adaptMessages(history, { reasoningEcho: 'none' });
    assert.ok(none.messages.every((message) => message['reasoning_content'] === undefined));
    assert.equal(adaptMessages(history, { reasoningEcho: 'all' }).changed, false);
    assert.equal(adaptMessages(history, {}).changed, false);
  });
});

test('an empty tool result gets words where nothing is refused', () => {
  for (const content of ['', null, []]) {
    check(
      { emptyToolResult: '(no output)' },
      [user('u'), { ...result, content }],
      [user('u'), { ...result, content: '(no output)' }],
    );
  }
  check({ emptyToolResult: '(no output)' }, [result], [result]);
});

describe('in both ways of sending', () => {
  const target: EncodeTarget = {
    model: 'm',
    defaultMaxOutputTokens: 100,
    maxTokensField: 'max_tokens',
    jsonSchema: true,
    reasoningControl: 'thinking',
  };

  function decoded(dialect: 'openai-chat' | 'anthropic-messages', body: JsonObject) {
    const bytes = new TextEncoder().encode(JSON.stringify(body));
    return dialects[dialect].decodeRequest(parseJsonBody(bytes), bytes);
  }

  const chat = {
    model: 'm',
    messages: [
      { role: 'developer', content: 'd' },
      user('q'),
      assistant('a', { reasoning_content: 'thought' }),
      user('r'),
    ],
  };

  test('passing bytes: messages are written anew only where something must change', () => {
    const { passEdits } = dialects['openai-chat'];
    const request = decoded('openai-chat', chat);
    assert.deepEqual(passEdits(request, target).edits, {});
    assert.deepEqual(passEdits(request, { ...target, reasoningEcho: 'tool-turns' }).edits, {});
    const merged = passEdits(request, { ...target, systemRole: 'merged' });
    assert.deepEqual((merged.edits['messages'] as JsonObject[])[0], system('d'));
    const stripped = passEdits(request, { ...target, reasoningEcho: 'none' });
    assert.deepEqual((stripped.edits['messages'] as JsonObject[])[2], assistant('a'));
    assert.deepEqual(stripped.dropped, ['messages.reasoning_content']);
  });

  test('translating: thinking goes back in the field and the turns that the upstream wants', () => {
    const request = decoded('anthropic-messages', {
      model: 'm',
      max_tokens: 10,
      messages: [
        user('q'),
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'thought', signature: 's' },
            { type: 'tool_use', id: 'c1', name: 'f', input: {} },
          ],
        },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'c1', content: '' }] },
        { role: 'assistant', content: [{ type: 'text', text: 'done' }] },
        user('next'),
        {
          role: 'assistant',
          content: [
            { type: 'thinking', thinking: 'idle', signature: 's' },
            { type: 'text', text: 'ok' },
          ],
        },
        user('and'),
      ],
    });
    const encode = (rules: Partial<EncodeTarget>) =>
      dialects['openai-chat'].encodeRequest(request, { ...target, ...rules });
    const messages = (rules: Partial<EncodeTarget>) => encode(rules).body['messages'] as JsonObject[];

    const tooled = encode({ reasoningEcho: 'tool-turns' });
    assert.deepEqual(
      (tooled.body['messages'] as JsonObject[]).map((message) => message['reasoning_content']),
      [undefined, 'thought', undefined, undefined, undefined, undefined, undefined],
    );
    assert.deepEqual(tooled.dropped, ['messages.content.thinking']);
    assert.equal(messages({})[5]?.['reasoning_content'], 'idle');
    assert.deepEqual(messages({ reasoningEchoField: 'reasoning_details' })[1]?.['reasoning_details'], [
      { type: 'reasoning.text', text: 'thought', index: 0 },
    ]);
    assert.equal(messages({ emptyToolResult: '(no output)' })[2]?.['content'], '(no output)');
    assert.equal(messages({ reasoningControl: 'none' })[1]?.['reasoning_content'], undefined);
  });
});
