-- Identities: made of what scans saw, owned by somebody, judged.

CREATE TABLE identity (
    seq           INTEGER PRIMARY KEY,                     -- Order in which ids were given out; when two identities prove to be one, the smaller number stays.
    id            TEXT NOT NULL UNIQUE,                    -- Given once, kept for ever.
    body          TEXT NOT NULL CHECK (json_valid(body)),  -- The identity as JSON, without its judgement.
    first_seen_at TEXT NOT NULL,                           -- Start of the first scan that saw it.
    gone_at       TEXT,                                    -- When nothing that a scan saw spoke of it any more.
    assessment    INTEGER REFERENCES assessment (seq),     -- Its newest judgement.
    name          TEXT GENERATED ALWAYS AS (body ->> '$.name') STORED,        -- Name for people.
    kind          TEXT GENERATED ALWAYS AS (body ->> '$.kind') STORED,        -- Kind, as in the report.
    provider      TEXT GENERATED ALWAYS AS (body ->> '$.provider') STORED,    -- Platform.
    native_id     TEXT GENERATED ALWAYS AS (body ->> '$.native_id') STORED,   -- The platform's own id.
    owner_state   TEXT GENERATED ALWAYS AS (body ->> '$.owner.state') STORED, -- How sure the owner is.
    owner_name    TEXT GENERATED ALWAYS AS (body ->> '$.owner.name') STORED   -- Who answers for it, where one name wins.
) STRICT;

CREATE TABLE subject (
    kind        TEXT NOT NULL,                          -- Namespace of the key; `identity` for an id that was given out, so that a merged-away id still leads somewhere.
    key         TEXT NOT NULL,                          -- The name; never a secret's value.
    identity_id TEXT NOT NULL REFERENCES identity (id), -- The identity that is known under this name.
    PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX subject_by_identity ON subject (identity_id);

CREATE TABLE assessment (
    seq             INTEGER PRIMARY KEY,                    -- Order in which judgements were made.
    identity_id     TEXT NOT NULL,                          -- The identity, under the id that it had then.
    scan            INTEGER NOT NULL REFERENCES scan (seq), -- The scan after which it was judged.
    assessed_at     TEXT NOT NULL,                          -- When it was judged.
    model_version   TEXT NOT NULL,                          -- Version of the rules that judged.
    body            TEXT NOT NULL CHECK (json_valid(body)), -- Archetype, privilege, risk and readiness as JSON.
    risk_score      INTEGER GENERATED ALWAYS AS (body ->> '$.risk.score') STORED,      -- Risk, 0 to 100.
    risk_band       TEXT GENERATED ALWAYS AS (body ->> '$.risk.band') STORED,          -- Its step.
    readiness_score INTEGER GENERATED ALWAYS AS (body ->> '$.readiness.score') STORED, -- Readiness, 0 to 100.
    readiness_band  TEXT GENERATED ALWAYS AS (body ->> '$.readiness.band') STORED      -- Its step.
) STRICT;
CREATE INDEX assessment_by_identity ON assessment (identity_id);
CREATE TRIGGER assessment_is_kept BEFORE UPDATE ON assessment BEGIN
    SELECT RAISE(ABORT, 'a judgement is never changed: a new one is added');
END;
CREATE TRIGGER assessment_stays BEFORE DELETE ON assessment BEGIN
    SELECT RAISE(ABORT, 'a judgement is never removed');
END;

CREATE TABLE owner_decision (
    seq         INTEGER PRIMARY KEY, -- Order in which they were made; the newest one counts.
    identity_id TEXT NOT NULL,       -- The identity, under the id that it had then.
    owner       TEXT NOT NULL,       -- Who answers for it.
    said_by     TEXT NOT NULL,       -- Who decided so.
    decided_at  TEXT NOT NULL        -- When.
) STRICT;
CREATE INDEX owner_decision_by_identity ON owner_decision (identity_id);
CREATE TRIGGER owner_decision_is_kept BEFORE UPDATE ON owner_decision BEGIN
    SELECT RAISE(ABORT, 'a decision is never changed: a new one is added');
END;
CREATE TRIGGER owner_decision_stays BEFORE DELETE ON owner_decision BEGIN
    SELECT RAISE(ABORT, 'a decision is never removed');
END;
