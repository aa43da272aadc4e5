import { createSocket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** What a program tried to reach beyond this machine. */
export interface OutsideTries {
  /** Names it looked up, once each. */
  names: string[];
  /** Attempts to reach an address beyond this machine, as the kernel counts what has no way out. */
  connects: number;
}

/** Watches for attempts to get out. Call `tries` for what came up since the last call. */
export interface OutsideWatch {
  tries(): OutsideTries;
  close(): void;
}

const dnsPort = 53;
const headerBytes = 12;

/** Looked up by ourselves, to see whether names are asked here at all. */
const ownName = 'watch.invalid';

/** Answers every name with «there is no such name» and notes it. Undefined where lookups do not come here. */
export async function watchOutside(): Promise<OutsideWatch | undefined> {
  const names = new Set<string>();
  let seen = unroutable();
  const socket = createSocket('udp4');
  socket.on('message', (question, from) => {
    const { name, end } = readName(question);
    if (name !== 'localhost') names.add(name);
    const reply = Buffer.from(question.subarray(0, end + 4));
    // A response, recursion available, no such name; one question and no other section.
    reply.writeUInt16BE(0x8183, 2);
    reply.writeUInt16BE(1, 4);
    reply.fill(0, 6, headerBytes);
    socket.send(reply, from.port, from.address);
  });
  try {
    socket.bind(dnsPort, '127.0.0.1');
    await once(socket, 'listening');
  } catch {
    socket.close();
    return undefined;
  }
  await lookup(ownName).catch(() => {});
  if (!names.delete(ownName)) {
    socket.close();
    return undefined;
  }
  return {
    tries() {
      const found = { names: [...names].sort(), connects: unroutable() - seen };
      names.clear();
      seen = unroutable();
      return found;
    },
    close: () => socket.close(),
  };
}

function readName(message: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = message[at] ?? 0; length > 0; length = message[at] ?? 0) {
    labels.push(message.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** The namespace's own count of packets that had no route, of both versions of the protocol. */
function unroutable(): number {
  const [names, values] = readFileSync('/proc/net/snmp', 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('Ip:'))
    .map((line) => line.split(' '));
  const older = values?.[names?.indexOf('OutNoRoutes') ?? -1] ?? 0;
  const newer = /Ip6OutNoRoutes\s+(\d+)/.exec(readFileSync('/proc/net/snmp6', 'utf8'))?.[1] ?? 0;
  return Number(older) + Number(newer);
}
