// Holds the certificates of a savings report against what is stored of them and their pairs: node recompute-certificates.mjs REPORT.html DATA_FOLDER
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

const { data } = JSON.parse(/id="yumen-report">([^<]*)/.exec(readFileSync(process.argv[2], 'utf8'))[1]);
const db = new DatabaseSync(`${process.argv[3]}/yumen.sqlite`, { readOnly: true });
const stored = db.prepare('SELECT certificate FROM proof_certificates WHERE id = ?');
const tested = db.prepare(`SELECT pair FROM proof_pairs
  WHERE policy = ? AND use = 'test' AND at_ms <= ? AND NOT pair->>'simulated' ORDER BY id DESC`);
const sum = (rows, of) => rows.reduce((all, row) => all + of(row), 0);
const share = (part, whole) => (whole > 0 ? Math.round((part / whole) * 1e6) / 1e6 : null);

/** What the answer that the rung would have called lost against the reference's; nothing where the route would not have given it out. */
function outcome({ rungs, reference, answers, propensity, session }, rung) {
  const called = answers.find(({ candidate }) => candidate === rungs[rung]);
  const isCheap = rungs[rung] !== reference;
  const isRescued = called?.outcome === 'failed' || called?.faults.length > 0;
  const loss = !isCheap || isRescued ? 0 : called?.loss;
  return { loss, isCheap, weight: 1 / propensity, session };
}

for (const { id, policy, rung, issued_at, issued, observed } of data.certificates) {
  const pairs = tested.all(policy, Date.parse(issued_at)).map(({ pair }) => outcome(JSON.parse(pair), rung));
  const rows = pairs.filter(({ loss }) => loss != null);
  const { evidence } = JSON.parse(stored.get(id).certificate);
  const found = {
    cheap_share: share(
      sum(rows, ({ weight, isCheap }) => (isCheap ? weight : 0)),
      sum(rows, ({ weight }) => weight),
    ),
    loss: share(
      sum(rows, ({ weight, loss }) => weight * loss),
      sum(rows, ({ weight }) => weight),
    ),
    pairs: rows.length,
    sessions: new Set(rows.map(({ session }) => session)).size,
  };
  const snake = (name) => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const was = Object.fromEntries(Object.entries(evidence).map(([name, value]) => [snake(name), value]));
  const isSame =
    JSON.stringify(found) === JSON.stringify(observed) &&
    Object.keys(issued).every(
      (name) => String(issued[name]) === String(was[name.replace('_nano_usd', '_nano')]),
    );
  console.log(`${id}: ${isSame ? 'as stored' : `DIFFERS, ${JSON.stringify({ found, was })}`}`);
  if (!isSame) process.exitCode = 1;
}
