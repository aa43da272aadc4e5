/**
 * The schema, as steps that are never edited once released: number n brings a database of version n - 1 to version n. `PRAGMA
 * user_version` holds the version.
 *
 * Requests live in two tables: what queries filter, group and add up is in narrow rows, so that a report over a month does
 * not read every decision; the whole record is beside it. Both keys are time-ordered, so inserts stay at the end of
 * the trees.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE counters (
    name TEXT PRIMARY KEY,
    value INTEGER NOT NULL
  ) WITHOUT ROWID;
  INSERT INTO counters (name, value) VALUES ('keys', 0);

  CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    digest TEXT NOT NULL UNIQUE,
    prefix TEXT NOT NULL,
    name TEXT NOT NULL,
    role TEXT NOT NULL,
    project TEXT,
    models TEXT,
    limits TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER,
    revoked_at_ms INTEGER
  ) WITHOUT ROWID;

  CREATE TABLE requests (
    id TEXT PRIMARY KEY,
    started_at_ms INTEGER NOT NULL,
    key_id TEXT NOT NULL,
    project TEXT,
    route TEXT,
    model TEXT,
    deployment TEXT,
    outcome TEXT NOT NULL,
    simulated INTEGER NOT NULL,
    input_tokens INTEGER NOT NULL,
    cache_read_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    cost_nano INTEGER,
    reference_cost_nano INTEGER,
    first_content_ms REAL
  ) WITHOUT ROWID;
  CREATE INDEX requests_by_time ON requests (started_at_ms);
  CREATE INDEX requests_by_key ON requests (key_id, started_at_ms);
  CREATE INDEX requests_not_answered ON requests (outcome, started_at_ms) WHERE outcome <> 'answered';

  CREATE TABLE request_records (
    id TEXT PRIMARY KEY,
    record TEXT NOT NULL
  );
  `,
  `
  ALTER TABLE requests ADD COLUMN service TEXT;

  CREATE TABLE provider_objects (
    owner TEXT NOT NULL,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    provider TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    PRIMARY KEY (owner, kind, id)
  ) WITHOUT ROWID;
  `,
  `
  CREATE TABLE responses (
    tenant TEXT NOT NULL,
    id TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    held_by TEXT,
    bytes INTEGER NOT NULL,
    input BLOB NOT NULL,
    response BLOB NOT NULL,
    PRIMARY KEY (tenant, id)
  );
  CREATE INDEX responses_by_time ON responses (created_at_ms, bytes);
  `,
  `
  CREATE TABLE capability_findings (
    deployment TEXT NOT NULL,
    capability TEXT NOT NULL,
    called_as TEXT NOT NULL,
    value TEXT NOT NULL,
    evidence TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (deployment, capability)
  ) WITHOUT ROWID;
  `,
  `
  CREATE TABLE response_items (
    tenant TEXT NOT NULL,
    item_id TEXT NOT NULL,
    response_id TEXT NOT NULL,
    PRIMARY KEY (tenant, item_id)
  ) WITHOUT ROWID;
  CREATE INDEX response_items_by_response ON response_items (tenant, response_id);
  CREATE TRIGGER response_items_go_along AFTER DELETE ON responses BEGIN
    DELETE FROM response_items WHERE tenant = OLD.tenant AND response_id = OLD.id;
  END;
  `,
  `
  ALTER TABLE provider_objects ADD COLUMN credential TEXT;
  `,
  `
  ALTER TABLE responses ADD COLUMN removed INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX responses_by_id ON responses (id);
  CREATE INDEX response_items_by_item ON response_items (item_id);
  `,
  `
  CREATE INDEX provider_objects_by_id ON provider_objects (kind, id);
  `,
  `
  ALTER TABLE requests ADD COLUMN predicted_cost_nano INTEGER;
  ALTER TABLE requests ADD COLUMN predicted_output_tokens INTEGER;

  CREATE TABLE learned (
    name TEXT PRIMARY KEY,
    value TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) WITHOUT ROWID;
  `,
  // Only of rows to come: reading every record anew would hold up the first start for minutes.
  `
  ALTER TABLE requests ADD COLUMN decision_id TEXT;
  CREATE INDEX requests_by_decision ON requests (decision_id) WHERE decision_id IS NOT NULL;
  `,
  `
  CREATE TABLE graded_outcomes (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    request_id TEXT NOT NULL,
    model TEXT NOT NULL,
    source TEXT NOT NULL,
    score REAL NOT NULL,
    at_ms INTEGER NOT NULL,
    subject TEXT NOT NULL,
    UNIQUE (request_id, model, source)
  );
  `,
  `
  CREATE TABLE proof_pairs (
    id TEXT PRIMARY KEY,
    route TEXT NOT NULL,
    policy TEXT,
    use TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    anchor INTEGER NOT NULL,
    pair TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX proof_pairs_by_route ON proof_pairs (route, id);
  CREATE INDEX proof_pairs_by_policy ON proof_pairs (policy, id) WHERE policy IS NOT NULL;
  CREATE INDEX proof_pairs_by_anchor ON proof_pairs (route, id) WHERE anchor = 1;
  CREATE TABLE proof_labels (
    pair_id TEXT NOT NULL,
    candidate TEXT NOT NULL,
    given_by TEXT NOT NULL,
    loss REAL NOT NULL,
    comment TEXT,
    at_ms INTEGER NOT NULL,
    PRIMARY KEY (pair_id, candidate, given_by)
  ) WITHOUT ROWID;
  CREATE TABLE proof_captures (
    request_id TEXT PRIMARY KEY,
    route TEXT NOT NULL,
    at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    capture BLOB NOT NULL
  );
  CREATE INDEX proof_captures_by_end ON proof_captures (expires_at_ms);
  CREATE INDEX proof_captures_by_size ON proof_captures (request_id DESC, bytes);
  CREATE TABLE proof_policies (
    id TEXT PRIMARY KEY,
    route TEXT NOT NULL,
    ordinal INTEGER NOT NULL,
    policy TEXT NOT NULL
  );
  CREATE INDEX proof_policies_by_route ON proof_policies (route, ordinal);
  CREATE TABLE proof_certificates (id TEXT PRIMARY KEY, route TEXT NOT NULL, certificate TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE proof_story (id TEXT PRIMARY KEY, route TEXT NOT NULL, event TEXT NOT NULL) WITHOUT ROWID;
  CREATE INDEX proof_story_by_route ON proof_story (route, id);
  `,
  // What savings are added up of. Of rows to come; earlier ones have no warm reference and are told apart.
  `
  ALTER TABLE requests ADD COLUMN warm_reference_cost_nano INTEGER;
  ALTER TABLE requests ADD COLUMN other_attempts_cost_nano INTEGER;
  ALTER TABLE requests ADD COLUMN signals_cost_nano INTEGER;
  ALTER TABLE requests ADD COLUMN judges_cost_nano INTEGER;
  `,
  `
  CREATE TABLE feedback_notes (
    id INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL,
    route TEXT,
    given_by TEXT NOT NULL,
    source TEXT NOT NULL,
    comment TEXT,
    edit TEXT,
    at_ms INTEGER NOT NULL,
    edit_expires_at_ms INTEGER,
    expires_at_ms INTEGER NOT NULL,
    UNIQUE (request_id, given_by, source)
  );
  CREATE INDEX feedback_notes_by_end ON feedback_notes (expires_at_ms);
  `,
  `
  CREATE TABLE kill_switches (
    id TEXT PRIMARY KEY,
    target TEXT NOT NULL,
    value TEXT NOT NULL,
    reason TEXT NOT NULL,
    set_by TEXT NOT NULL,
    at_ms INTEGER NOT NULL
  ) WITHOUT ROWID;
  INSERT INTO counters (name, value) VALUES ('switches', 0);
  `,
];
