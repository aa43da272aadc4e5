import { parentPort } from 'node:worker_threads';
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base';
import { countByPieces } from './pieces.ts';

export interface CountRequest {
  id: number;
  text: string;
}

export interface CountAnswer {
  id: number;
  tokens: number;
}

/** What looks like a control token is the text of a user here, and text is all it may count as. */
const asText = { disallowedSpecial: new Set<string>() };

const port = parentPort;
port?.on('message', ({ id, text }: CountRequest) => {
  const tokens = countByPieces(text, (piece) => countTokens(piece, asText));
  port.postMessage({ id, tokens } satisfies CountAnswer);
});
