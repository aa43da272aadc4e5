import { crc32, deflateSync } from 'node:zlib';
import { fault, type Outcome, ok, outcome, warning } from '../check.ts';
import { isRefusal, unclear, wordsOf } from '../failures.ts';
import { askQuietly, type Subject } from '../subject.ts';
import { textOf } from '../words.ts';

/** Some refuse images of less than 28 pixels a side. */
const sidePixels = 64;

/** The model sees a picture that is sent. */
export async function checkImage(subject: Subject): Promise<Outcome> {
  const url = `data:image/png;base64,${redSquare().toString('base64')}`;
  const asked = await askQuietly(subject, {
    messages: [
      {
        role: 'user',
        content: [
          { type: 'text', text: 'Which colour is this square? One word.' },
          { type: 'image_url', image_url: { url } },
        ],
      },
    ],
  });
  if (asked.kind === 'answered')
    return /\bred\b|crimson|scarlet|红|紅/i.test(textOf(asked.answer))
      ? outcome(ok('image', 'sees images'), {
          capability: 'image-input',
          value: true,
          evidence: 'it named the colour of an image',
        })
      : outcome(
          warning(
            'image',
            'image-not-seen',
            'it does not name the colour of an image that it was sent',
            'state capabilities.image_input: false if it never sees images',
          ),
        );
  if (asked.kind === 'failed' && isRefusal(asked))
    return outcome(
      fault(
        'image',
        'image-refused',
        `it refuses images: ${wordsOf(asked)}`,
        'state capabilities.image_input: false of the deployment',
      ),
      { capability: 'image-input', value: false, evidence: 'it refused an image' },
    );
  return unclear('image', asked, subject.deployment.provider);
}

/** A PNG of one colour: 8 bits a channel, no alpha. */
function redSquare(): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(sidePixels, 0);
  header.writeUInt32BE(sidePixels, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const row = Buffer.concat([Buffer.from([0]), Buffer.alloc(sidePixels * 3, Buffer.from([220, 20, 20]))]);
  const pixels = deflateSync(Buffer.concat(Array.from({ length: sidePixels }, () => row)));
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', pixels),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const framed = Buffer.alloc(body.length + 8);
  framed.writeUInt32BE(data.length, 0);
  framed.set(body, 4);
  framed.writeUInt32BE(crc32(body), body.length + 4);
  return framed;
}
