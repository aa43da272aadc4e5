import type { Cancellation, Transport, TransportCall, TransportFailureKind } from '../../upstream/index.ts';
import type { Guardrail } from './guardrail.ts';

/** Bound of what a guardrail answers. */
const replyBytesMax = 256 * 1024;

/** Why a guardrail could not be asked, or not be understood. */
export type GuardrailFailure =
  | 'timeout'
  | 'unreachable'
  | 'status'
  | 'reply-too-large'
  | 'invalid-reply'
  /** What it would have to read is more than it is sent. */
  | 'too-large'
  /** There is something that is no text. */
  | 'unreadable';

export type GuardrailReply =
  | { kind: 'answered'; bytes: Uint8Array }
  | { kind: 'failed'; why: GuardrailFailure; detail: string }
  | { kind: 'cancelled' };

/** One call to a guardrail, bounded in time and size. Never rejects. */
export function askGuardrail(
  guardrail: Guardrail,
  body: Uint8Array,
  transport: Transport,
  cancellation: Cancellation,
): Promise<GuardrailReply> {
  const ms = guardrail.timeoutMs;
  return new Promise((resolve) => {
    let call: TransportCall | undefined;
    let status = 0;
    let size = 0;
    const chunks: Uint8Array[] = [];
    const leave = (reply: GuardrailReply): void => {
      resolve(reply);
      call?.abort();
    };
    if (cancellation.cancelled) return resolve({ kind: 'cancelled' });
    call = transport.call(
      {
        method: 'POST',
        url: guardrail.url,
        headers: {
          ...guardrail.headers,
          'content-type': 'application/json',
          accept: 'application/json',
        },
        body,
        timeouts: { connectMs: ms, firstByteMs: ms, interChunkMs: ms, totalMs: ms },
      },
      {
        onHead(head) {
          status = head.status;
          if (status !== 200) leave({ kind: 'failed', why: 'status', detail: `it answered ${status}` });
        },
        onData(chunk) {
          size += chunk.byteLength;
          if (size > replyBytesMax) {
            const detail = `its answer is larger than ${replyBytesMax} bytes`;
            leave({ kind: 'failed', why: 'reply-too-large', detail });
          } else chunks.push(chunk);
        },
        onEnd: () => resolve({ kind: 'answered', bytes: Buffer.concat(chunks) }),
        onFailure: ({ kind, detail }) => resolve({ kind: 'failed', why: whyOf(kind), detail }),
      },
    );
    cancellation.onCancel(() => leave({ kind: 'cancelled' }));
  });
}

function whyOf(kind: TransportFailureKind): GuardrailFailure {
  if (kind.endsWith('-timeout')) return 'timeout';
  return kind === 'too-large' ? 'reply-too-large' : 'unreachable';
}
