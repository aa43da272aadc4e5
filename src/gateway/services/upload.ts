import { boundaryOf, FormFieldFinder, GatewayError, toGatewayError } from '../../protocol/index.ts';
import type { Upload } from '../../upstream/index.ts';
import type { ServiceCall } from './call.ts';

/** OpenAI's own bound of one file; what streams through is not held, but it must end. */
const uploadBytesMax = 512 * 1024 * 1024;

/** A form on its way: what it names as its model is known, the rest still comes. */
export interface OpenForm {
  /** Undefined where the form has no such field. */
  model: string | undefined;
  /** The form with another model named. Called once. */
  upload(model: string | undefined): Upload;
}

/** A body that passes as it is. */
export function plainUpload(call: ServiceCall): Upload {
  refuseLonger(call.body.bytes);
  return uploadOf([], call.body.chunks(), call.body.bytes);
}

/**
 * Reads a multipart form until its field `model` is known, or to its end. What comes before that field is held, within the bound of
 * any body; a client that names the model first can send any file. Throws `invalid_request` and `body_too_large`.
 */
export async function openForm(call: ServiceCall): Promise<OpenForm> {
  refuseLonger(call.body.bytes);
  const finder = new FormFieldFinder('model', boundaryOf(call.headers['content-type'] ?? ''));
  const source = call.body.chunks();
  const held: Uint8Array[] = [];
  let heldBytes = 0;
  while (finder.field === undefined) {
    const next = await source.next();
    if (next.done === true) break;
    heldBytes += next.value.byteLength;
    if (heldBytes > call.bodyBytesMax) throw tooMuchBeforeModel(call.bodyBytesMax);
    held.push(next.value);
    finder.push(next.value);
  }
  const { field } = finder;
  return {
    model: field === undefined || field.value === '' ? undefined : field.value,
    upload(model) {
      const start = Buffer.concat(held);
      if (field === undefined || model === undefined || model === field.value) {
        return uploadOf([start], source, call.body.bytes, finder);
      }
      const name = Buffer.from(model);
      const pieces = [start.subarray(0, field.from), name, start.subarray(field.to)];
      const grown = name.byteLength - (field.to - field.from);
      const bytes = call.body.bytes === undefined ? undefined : call.body.bytes + grown;
      return uploadOf(pieces, source, bytes, finder);
    },
  };
}

/** The pieces and what follows them; `finder` goes on looking for a second field of its name. */
function uploadOf(
  pieces: Uint8Array[],
  source: AsyncIterator<Uint8Array>,
  bytes: number | undefined,
  finder?: FormFieldFinder,
): Upload {
  let state: ReturnType<Upload['state']> = 'flowing';
  async function* chunks(): AsyncGenerator<Uint8Array> {
    try {
      yield* bounded(pieces, source, finder);
      state = 'ended';
    } catch (thrown) {
      state = toGatewayError(thrown);
      throw thrown;
    }
  }
  return { chunks: chunks(), bytes, state: () => state };
}

async function* bounded(
  pieces: Uint8Array[],
  source: AsyncIterator<Uint8Array>,
  finder: FormFieldFinder | undefined,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  for (const piece of pieces) {
    bytes += piece.byteLength;
    if (piece.byteLength > 0) yield piece;
  }
  for (;;) {
    const next = await source.next();
    if (next.done === true) return;
    bytes += next.value.byteLength;
    refuseLonger(bytes);
    finder?.push(next.value);
    yield next.value;
  }
}

function refuseLonger(bytes: number | undefined): void {
  if (bytes === undefined || bytes <= uploadBytesMax) return;
  throw new GatewayError('body_too_large', `An upload may have at most ${uploadBytesMax} bytes.`);
}

function tooMuchBeforeModel(bytesMax: number): GatewayError {
  return new GatewayError(
    'body_too_large',
    `The form’s field model must come within its first ${bytesMax} bytes: send it before the file.`,
    { param: 'model' },
  );
}
