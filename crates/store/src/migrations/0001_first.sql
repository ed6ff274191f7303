-- One text for both databases: BIGINT, TEXT and BYTEA alone (SQLite reads BYTEA as BLOB); times are milliseconds
-- since the epoch, yes/no is 0 or 1, JSON is TEXT. "/*+ clustered */" becomes WITHOUT ROWID in SQLite.

-- ---- workspaces and people --------------------------------------------------------------------

CREATE TABLE workspaces (
  id TEXT NOT NULL PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  approval_required BIGINT NOT NULL,
  settings TEXT NOT NULL,
  -- Rises with every change that the runner must see.
  revision BIGINT NOT NULL,
  created_at BIGINT NOT NULL
);

CREATE TABLE environments (
  workspace TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  environment TEXT NOT NULL,
  settings TEXT NOT NULL,
  -- The number of the current deployment, 0 for none, and the highest ever given.
  deployment BIGINT NOT NULL,
  last_deployment BIGINT NOT NULL,
  PRIMARY KEY (workspace, environment)
);

CREATE TABLE users (
  id TEXT NOT NULL PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  password_hash TEXT,
  disabled BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  last_login_at BIGINT
);

CREATE TABLE memberships (
  workspace TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  role TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  PRIMARY KEY (user_id, workspace)
);
CREATE INDEX memberships_by_workspace ON memberships (workspace);

CREATE TABLE logins (
  token_hash TEXT NOT NULL PRIMARY KEY,
  user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
  created_at BIGINT NOT NULL,
  last_seen_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL
);
CREATE INDEX logins_by_user ON logins (user_id);
CREATE INDEX logins_by_expiry ON logins (expires_at);

CREATE TABLE links (
  token_hash TEXT NOT NULL PRIMARY KEY,
  kind TEXT NOT NULL,
  workspace TEXT REFERENCES workspaces (id) ON DELETE CASCADE,
  user_id TEXT REFERENCES users (id) ON DELETE CASCADE,
  email TEXT,
  role TEXT,
  created_by TEXT,
  created_at BIGINT NOT NULL,
  expires_at BIGINT NOT NULL,
  used_at BIGINT
);
CREATE INDEX links_by_workspace ON links (workspace);
CREATE INDEX links_by_user ON links (user_id);
CREATE INDEX links_by_expiry ON links (expires_at);

CREATE TABLE api_keys (
  id TEXT NOT NULL PRIMARY KEY,
  workspace TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  key_hash TEXT NOT NULL UNIQUE,
  hint TEXT NOT NULL,
  role TEXT NOT NULL,
  permissions TEXT,
  created_by TEXT,
  created_at BIGINT NOT NULL,
  last_used_at BIGINT
);
CREATE INDEX api_keys_by_workspace ON api_keys (workspace);

CREATE TABLE throttles (
  subject TEXT NOT NULL PRIMARY KEY,
  failures BIGINT NOT NULL,
  since BIGINT NOT NULL
);

-- ---- workflows --------------------------------------------------------------------------------

CREATE TABLE workflows (
  id TEXT NOT NULL PRIMARY KEY,
  workspace TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL,
  kind TEXT NOT NULL,
  folder TEXT NOT NULL,
  archived BIGINT NOT NULL,
  -- Numbers of nodes are handed out from here, and never again.
  next_number BIGINT NOT NULL,
  latest_version BIGINT NOT NULL,
  created_at BIGINT NOT NULL,
  created_by TEXT,
  -- A deleted workflow stays for the sessions that run on its versions.
  deleted_at BIGINT
);
CREATE UNIQUE INDEX workflows_by_key ON workflows (workspace, key) WHERE deleted_at IS NULL;

CREATE TABLE drafts (
  workflow_id TEXT NOT NULL PRIMARY KEY REFERENCES workflows (id) ON DELETE CASCADE,
  document TEXT NOT NULL,
  revision BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  updated_by TEXT
);

CREATE TABLE versions (
  workflow_id TEXT NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
  version BIGINT NOT NULL,
  document TEXT NOT NULL,
  note TEXT,
  created_at BIGINT NOT NULL,
  created_by TEXT,
  PRIMARY KEY (workflow_id, version)
);

-- Which workflows a document leads to. Version 0 is the draft.
CREATE TABLE pointers (
  workflow_id TEXT NOT NULL REFERENCES workflows (id) ON DELETE CASCADE,
  version BIGINT NOT NULL,
  target TEXT NOT NULL,
  PRIMARY KEY (workflow_id, version, target)
);
CREATE INDEX pointers_by_target ON pointers (target);

CREATE TABLE deployments (
  workspace TEXT NOT NULL,
  environment TEXT NOT NULL,
  number BIGINT NOT NULL,
  note TEXT,
  created_at BIGINT NOT NULL,
  created_by TEXT,
  PRIMARY KEY (workspace, environment, number),
  FOREIGN KEY (workspace, environment) REFERENCES environments (workspace, environment) ON DELETE CASCADE
);

CREATE TABLE deployed (
  workspace TEXT NOT NULL,
  environment TEXT NOT NULL,
  number BIGINT NOT NULL,
  workflow_id TEXT NOT NULL,
  version BIGINT NOT NULL,
  -- When this version went live here without a break until this deployment.
  since BIGINT NOT NULL,
  PRIMARY KEY (workspace, environment, number, workflow_id),
  FOREIGN KEY (workspace, environment, number) REFERENCES deployments (workspace, environment, number) ON DELETE CASCADE,
  FOREIGN KEY (workflow_id, version) REFERENCES versions (workflow_id, version)
);
CREATE INDEX deployed_by_version ON deployed (workflow_id, version);

-- ---- configuration ----------------------------------------------------------------------------

CREATE TABLE routes (
  id TEXT NOT NULL PRIMARY KEY,
  workspace TEXT NOT NULL,
  environment TEXT NOT NULL,
  -- Part of public addresses, so unique beyond the workspace.
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  channel TEXT NOT NULL,
  entry TEXT NOT NULL,
  workflow TEXT NOT NULL,
  node BIGINT,
  settings TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  UNIQUE (environment, key),
  UNIQUE (workspace, environment, channel, entry),
  FOREIGN KEY (workspace, environment) REFERENCES environments (workspace, environment) ON DELETE CASCADE
);
CREATE INDEX routes_by_workflow ON routes (workspace, workflow);

CREATE TABLE channels (
  workspace TEXT NOT NULL,
  environment TEXT NOT NULL,
  key TEXT NOT NULL,
  -- What its callback address holds; unguessable.
  door TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  settings TEXT NOT NULL,
  secrets BYTEA,
  secret_names TEXT NOT NULL,
  verified_at BIGINT,
  last_webhook_at BIGINT,
  last_error TEXT,
  last_error_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (workspace, environment, key),
  FOREIGN KEY (workspace, environment) REFERENCES environments (workspace, environment) ON DELETE CASCADE
);

CREATE TABLE apis (
  workspace TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  name TEXT NOT NULL,
  settings TEXT NOT NULL,
  secrets BYTEA,
  secret_names TEXT NOT NULL,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (workspace, key)
);

CREATE TABLE connections (
  workspace TEXT NOT NULL,
  environment TEXT NOT NULL,
  key TEXT NOT NULL,
  system TEXT NOT NULL,
  name TEXT NOT NULL,
  settings TEXT NOT NULL,
  secrets BYTEA,
  secret_names TEXT NOT NULL,
  state TEXT NOT NULL,
  message TEXT,
  checked_at BIGINT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  PRIMARY KEY (workspace, environment, key),
  FOREIGN KEY (workspace, environment) REFERENCES environments (workspace, environment) ON DELETE CASCADE
);

CREATE TABLE audit (
  id TEXT NOT NULL PRIMARY KEY,
  workspace TEXT,
  at BIGINT NOT NULL,
  actor_kind TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  details TEXT NOT NULL
);
CREATE INDEX audit_by_workspace ON audit (workspace, id);

CREATE TABLE kept_webhooks (
  id TEXT NOT NULL PRIMARY KEY,
  workspace TEXT NOT NULL,
  environment TEXT NOT NULL,
  channel TEXT NOT NULL,
  at BIGINT NOT NULL,
  problem TEXT NOT NULL,
  body BYTEA NOT NULL
);
CREATE INDEX kept_webhooks_by_channel ON kept_webhooks (workspace, environment, channel, id);

CREATE TABLE channel_log (
  id TEXT NOT NULL PRIMARY KEY,
  workspace TEXT NOT NULL,
  environment TEXT NOT NULL,
  channel TEXT NOT NULL,
  at BIGINT NOT NULL,
  level TEXT NOT NULL,
  text TEXT NOT NULL
);
CREATE INDEX channel_log_by_channel ON channel_log (workspace, environment, channel, id);

CREATE TABLE previews (
  id TEXT NOT NULL PRIMARY KEY,
  workspace TEXT NOT NULL REFERENCES workspaces (id) ON DELETE CASCADE,
  workflow TEXT NOT NULL,
  settings TEXT NOT NULL,
  -- The documents as they were drafted, by key.
  snapshot TEXT NOT NULL,
  created_by TEXT,
  created_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL
);
CREATE INDEX previews_by_age ON previews (updated_at);

-- Single facts of the whole installation.
CREATE TABLE facts (
  name TEXT NOT NULL PRIMARY KEY,
  value BIGINT NOT NULL
);

-- ---- the hot path -----------------------------------------------------------------------------
-- No foreign keys here: each would be a look-up per row, and the one transaction that writes these tables writes
-- both sides. Every key ends with the address (derived from workspace, environment, channel and the channel's id of the
-- person), so that the tables can be spread by it; it begins with an id that rises with time, so that new rows lie together.

CREATE TABLE contacts (
  id TEXT NOT NULL PRIMARY KEY,
  workspace TEXT NOT NULL,
  environment TEXT NOT NULL,
  name TEXT,
  phone TEXT,
  language TEXT,
  has_attributes BIGINT NOT NULL,
  created_at BIGINT NOT NULL
) /*+ clustered */;

CREATE TABLE contact_attributes (
  contact TEXT NOT NULL,
  name TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (contact, name)
) /*+ clustered */;

CREATE TABLE addresses (
  id TEXT NOT NULL PRIMARY KEY,
  workspace TEXT NOT NULL,
  environment TEXT NOT NULL,
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  contact TEXT NOT NULL,
  -- The session that is present, over or not.
  session TEXT,
  created_at BIGINT NOT NULL
) /*+ clustered */;

CREATE TABLE sessions (
  id TEXT NOT NULL,
  address_id TEXT NOT NULL,
  workspace TEXT NOT NULL,
  environment TEXT NOT NULL,
  channel TEXT NOT NULL,
  channel_kind TEXT NOT NULL,
  address TEXT NOT NULL,
  contact TEXT NOT NULL,
  route TEXT NOT NULL,
  workflow TEXT NOT NULL,
  deployment BIGINT NOT NULL,
  -- How many turns were taken.
  version BIGINT NOT NULL,
  -- The last position of a message at the address.
  position BIGINT NOT NULL,
  started_at BIGINT NOT NULL,
  updated_at BIGINT NOT NULL,
  ended_at BIGINT,
  end_reason TEXT,
  outcome TEXT,
  -- When it expires; empty once the expiry is on its way.
  expires_at BIGINT,
  state TEXT NOT NULL,
  PRIMARY KEY (id, address_id)
);
CREATE INDEX sessions_by_address ON sessions (address_id, id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX sessions_by_environment ON sessions (workspace, environment, id);

CREATE TABLE journal (
  session TEXT NOT NULL,
  version BIGINT NOT NULL,
  address_id TEXT NOT NULL,
  event_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  seed TEXT NOT NULL,
  deployment BIGINT NOT NULL,
  engine TEXT NOT NULL,
  event TEXT NOT NULL,
  visits TEXT NOT NULL,
  contact TEXT NOT NULL,
  PRIMARY KEY (session, version, address_id)
);

CREATE TABLE messages (
  session TEXT NOT NULL,
  position BIGINT NOT NULL,
  address_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  direction TEXT NOT NULL,
  body TEXT NOT NULL,
  effect TEXT,
  place TEXT,
  state TEXT,
  provider_id TEXT,
  provider TEXT,
  error TEXT,
  PRIMARY KEY (session, position, address_id)
);
CREATE INDEX messages_by_provider_id ON messages (provider_id) WHERE provider_id IS NOT NULL AND direction = 'out';

CREATE TABLE remembered_events (
  id TEXT NOT NULL,
  address_id TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (id, address_id)
) /*+ clustered */;
CREATE INDEX remembered_events_by_age ON remembered_events (at);

CREATE TABLE effects (
  id TEXT NOT NULL,
  address_id TEXT NOT NULL,
  workspace TEXT NOT NULL,
  environment TEXT NOT NULL,
  channel TEXT NOT NULL,
  channel_kind TEXT NOT NULL,
  address TEXT NOT NULL,
  session TEXT NOT NULL,
  -- send or call
  kind TEXT NOT NULL,
  -- Orders the sends of a lane.
  position BIGINT NOT NULL,
  effect TEXT NOT NULL,
  -- pending, leased, retry, unknown or dead
  state TEXT NOT NULL,
  -- When it is to be looked at; empty for a dead letter.
  due_at BIGINT,
  owner TEXT,
  attempts BIGINT NOT NULL,
  error TEXT,
  asked_at BIGINT NOT NULL,
  dead_at BIGINT,
  PRIMARY KEY (id, address_id)
);
CREATE INDEX effects_by_due ON effects (due_at) WHERE due_at IS NOT NULL;
CREATE INDEX effects_by_lane ON effects (address_id, position) WHERE kind = 'send' AND due_at IS NOT NULL;
CREATE INDEX effects_dead ON effects (workspace, environment, dead_at) WHERE dead_at IS NOT NULL;

CREATE TABLE own_events (
  id TEXT NOT NULL,
  address_id TEXT NOT NULL,
  workspace TEXT NOT NULL,
  environment TEXT NOT NULL,
  channel TEXT NOT NULL,
  address TEXT NOT NULL,
  session TEXT NOT NULL,
  event TEXT NOT NULL,
  at BIGINT NOT NULL,
  offer_at BIGINT NOT NULL,
  PRIMARY KEY (id, address_id)
);
CREATE INDEX own_events_by_offer ON own_events (offer_at);

CREATE TABLE timers (
  session TEXT NOT NULL,
  name TEXT NOT NULL,
  address_id TEXT NOT NULL,
  generation BIGINT NOT NULL,
  due_at BIGINT NOT NULL,
  PRIMARY KEY (session, name, address_id)
) /*+ clustered */;
CREATE INDEX timers_by_due ON timers (due_at);

-- What happened at nodes, as deltas that are folded later: no row is written by two turns.
CREATE TABLE statistics_deltas (
  workspace TEXT NOT NULL,
  environment TEXT NOT NULL,
  hour BIGINT NOT NULL,
  workflow TEXT NOT NULL,
  version BIGINT NOT NULL,
  node BIGINT NOT NULL,
  what TEXT NOT NULL,
  exit TEXT NOT NULL,
  count BIGINT NOT NULL
);
