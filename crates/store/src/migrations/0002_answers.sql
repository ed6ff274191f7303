-- Answers to requests with an idempotency key, to be given again to a repeat. The body is sealed.
CREATE TABLE answers (
  request TEXT NOT NULL PRIMARY KEY,
  content_hash TEXT NOT NULL,
  -- 0 while the request is under way.
  status BIGINT NOT NULL,
  etag TEXT,
  body TEXT NOT NULL,
  at BIGINT NOT NULL
);
CREATE INDEX answers_by_age ON answers (at);
