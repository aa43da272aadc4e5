import { GatewayError, isObject, type JsonObject } from '../../protocol/index.ts';
import type { AnswerSink } from '../call.ts';

type Headers = { [name: string]: string };

/**
 * Takes the one document that an answer is, and lets another be made of it before it leaves. Documents that are no response, such as
 * errors, leave as they are.
 */
export class DocumentSink implements AnswerSink {
  readonly #sink: AnswerSink;
  readonly #made: (response: JsonObject) => JsonObject;
  readonly #refuse: (error: GatewayError, headers: Headers) => void;
  #head: { status: number; headers: Headers } | undefined;

  constructor(
    sink: AnswerSink,
    made: (response: JsonObject) => JsonObject,
    refuse: (error: GatewayError, headers: Headers) => void,
  ) {
    this.#sink = sink;
    this.#made = made;
    this.#refuse = refuse;
  }

  get gone(): boolean {
    return this.#sink.gone;
  }

  begin(status: number, headers: Headers): void {
    this.#head = { status, headers };
  }

  write(): boolean {
    return true;
  }

  end(bytes?: Uint8Array): void {
    const { status, headers } = this.#head ?? { status: 200, headers: {} };
    const given = bytes ?? Buffer.alloc(0);
    let body: Uint8Array = given;
    try {
      const document: unknown = JSON.parse(Buffer.from(given).toString('utf8'));
      if (status === 200 && isObject(document) && document['object'] === 'response') {
        body = Buffer.from(JSON.stringify(this.#made(document)));
      }
    } catch (thrown) {
      if (thrown instanceof GatewayError) {
        this.#refuse(thrown, headers);
        return;
      }
    }
    this.#sink.begin(status, { ...headers, 'content-length': String(body.byteLength) });
    this.#sink.end(body);
  }

  reset(): void {
    this.#sink.reset();
  }

  onDrain(listener: () => void): void {
    this.#sink.onDrain(listener);
  }

  onGone(listener: () => void): void {
    this.#sink.onGone(listener);
  }
}
