import { crc32 } from 'node:zlib';

/**
 * A frame of `application/vnd.amazon.eventstream`, written from its specification and apart from the product's library, so that a
 * mistake there cannot hide here: total length, header length, their CRC32, headers, payload, CRC32 of all before it.
 */
export function binaryFrame(headers: { [name: string]: string }, payload: string | Uint8Array): Buffer {
  const block = Buffer.concat(Object.entries(headers).map(([name, value]) => header(name, value)));
  const body = Buffer.from(payload as string);
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(16 + block.length + body.length, 0);
  prelude.writeUInt32BE(block.length, 4);
  const rest = Buffer.concat([prelude, checksum(prelude), block, body]);
  return Buffer.concat([rest, checksum(rest)]);
}

/** Type 7 is a string with a length of two bytes. */
function header(name: string, value: string): Buffer {
  const nameBytes = Buffer.from(name);
  const valueBytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(valueBytes.length);
  return Buffer.concat([Buffer.of(nameBytes.length), nameBytes, Buffer.of(7), length, valueBytes]);
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}
