-- What happened at nodes, by the hour; deltas that were not folded yet are to be added.
CREATE TABLE statistics (
  workspace TEXT NOT NULL,
  environment TEXT NOT NULL,
  workflow TEXT NOT NULL,
  hour BIGINT NOT NULL,
  version BIGINT NOT NULL,
  node BIGINT NOT NULL,
  what TEXT NOT NULL,
  exit TEXT NOT NULL,
  count BIGINT NOT NULL,
  PRIMARY KEY (workspace, environment, workflow, hour, version, node, what, exit)
) /*+ clustered */;
