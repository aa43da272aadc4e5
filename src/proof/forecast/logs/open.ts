import { createReadStream } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';

const sniffBytes = 65_536;

/** Text of a file, plain or gzip by its first bytes, in chunks. Rejects with an Error that says what is wrong with the file. */
export async function* textOf(file: string): AsyncGenerator<string> {
  const isGzip = await startsAsGzip(file);
  const bytes = createReadStream(file, { highWaterMark: sniffBytes });
  const gunzip = createGunzip();
  const source: Readable = isGzip ? bytes.pipe(gunzip) : bytes;
  // A pipe does not pass errors on; without this a file that cannot be read would leave the reader waiting for ever.
  bytes.on('error', (error) => gunzip.destroy(error));
  const decoder = new TextDecoder('utf-8');
  try {
    for await (const chunk of source) yield decoder.decode(chunk as Buffer, { stream: true });
    const rest = decoder.decode();
    if (rest !== '') yield rest;
  } catch (cause) {
    throw new Error(`${file}: ${whyUnreadable(cause)}`, { cause });
  } finally {
    bytes.destroy();
    gunzip.destroy();
  }
}

async function startsAsGzip(file: string): Promise<boolean> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b;
  } catch (cause) {
    throw new Error(`${file}: ${whyUnreadable(cause)}`, { cause });
  } finally {
    await handle?.close();
  }
}

function whyUnreadable(cause: unknown): string {
  const code = (cause as { code?: unknown }).code;
  if (code === 'ENOENT') return 'there is no such file.';
  if (code === 'EISDIR')
    return 'it is a folder; name the files in it, or give a data folder with --data-dir.';
  if (code === 'Z_DATA_ERROR' || code === 'Z_BUF_ERROR') return 'the gzip stream is damaged or cut short.';
  return 'it could not be read.';
}
