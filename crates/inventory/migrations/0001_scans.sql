-- Scans and what they saw. Instants are RFC 3339 in UTC with nine digits of a second, so that they sort as text.
-- A `body` is one noun of the model as JSON; a column GENERATED from it exists to search by, and is never written.

CREATE TABLE installation (
    one    INTEGER PRIMARY KEY CHECK (one = 1), -- Always 1: an inventory has one row here.
    key_id TEXT NOT NULL                        -- Public name of the key that made every fingerprint in this inventory; never the key.
) STRICT;

CREATE TABLE scan (
    seq         INTEGER PRIMARY KEY,                                        -- Order in which scans began.
    id          TEXT NOT NULL UNIQUE,                                       -- Id given per run, as reports show it.
    started_at  TEXT NOT NULL,                                              -- When it began.
    finished_at TEXT,                                                       -- When it ended; NULL while it runs, or when it was killed.
    ruleset     TEXT NOT NULL,                                              -- Hash of the detection rules that judged.
    reach       TEXT NOT NULL CHECK (reach IN ('everything', 'tree_only', 'partial')), -- How much of each root it set out to read.
    complete    INTEGER NOT NULL DEFAULT 0 CHECK (complete IN (0, 1)),      -- 1 when every input was fully read.
    cancelled   INTEGER NOT NULL DEFAULT 0 CHECK (cancelled IN (0, 1)),     -- 1 when the user stopped it.
    counts      TEXT NOT NULL DEFAULT '{}' CHECK (json_valid(counts))       -- What was really read, as JSON.
) STRICT;

CREATE TABLE scan_root (
    scan    INTEGER NOT NULL REFERENCES scan (seq), -- The scan.
    ordinal INTEGER NOT NULL,                       -- Position in the order in which the user named the roots.
    root    TEXT NOT NULL,                          -- The root.
    is_read INTEGER NOT NULL DEFAULT 0 CHECK (is_read IN (0, 1)), -- 1 when the root was read to its end, so that absence means gone.
    PRIMARY KEY (scan, ordinal)
) STRICT, WITHOUT ROWID;

CREATE TABLE unread (
    scan   INTEGER NOT NULL REFERENCES scan (seq), -- The scan.
    path   TEXT NOT NULL,                          -- The input that was not fully read.
    state  TEXT NOT NULL,                          -- How far it got: partial, skipped or failed.
    reason TEXT NOT NULL,                          -- Stable code, for scripts.
    detail TEXT NOT NULL                           -- One sentence for a person.
) STRICT;
CREATE INDEX unread_by_scan ON unread (scan);

CREATE TABLE finding (
    seq          INTEGER PRIMARY KEY,                                    -- Internal number.
    root         TEXT NOT NULL,                                          -- Scanned root that holds it; empty for a finding that an assessment made of no place.
    id           TEXT NOT NULL,                                          -- Stable id; the same in two roots when the same thing lies at the same path.
    origin       TEXT NOT NULL CHECK (origin IN ('scan', 'assessment')), -- Which stage made it, and so which stage may say that it is gone.
    subject_kind TEXT NOT NULL,                                          -- Namespace of the subject that it is about; see the table subject.
    subject_key  TEXT NOT NULL,                                          -- Name of the subject in that namespace.
    first_scan   INTEGER NOT NULL REFERENCES scan (seq),                 -- First scan that saw it.
    last_scan    INTEGER NOT NULL REFERENCES scan (seq),                 -- Last scan that saw it.
    gone_at      TEXT,                                                   -- When a scan that read its whole root no longer saw it.
    body         TEXT NOT NULL CHECK (json_valid(body)),                 -- The finding as JSON, without its identity.
    in_history   INTEGER GENERATED ALWAYS AS (body ->> '$.in_history') VIRTUAL, -- 1 when it lies in the object store of a repository.
    UNIQUE (root, id)
) STRICT;
CREATE INDEX finding_by_subject ON finding (subject_kind, subject_key);
CREATE INDEX finding_by_scan ON finding (last_scan);

CREATE TABLE scan_finding (
    scan    INTEGER NOT NULL REFERENCES scan (seq),                       -- The scan.
    finding INTEGER NOT NULL REFERENCES finding (seq) ON DELETE CASCADE,  -- A finding that it saw.
    PRIMARY KEY (scan, finding)
) STRICT, WITHOUT ROWID;
CREATE INDEX scan_finding_by_finding ON scan_finding (finding);

CREATE TABLE evidence (
    seq           INTEGER PRIMARY KEY,                         -- Internal number.
    digest        TEXT NOT NULL UNIQUE,                        -- BLAKE3 of the body in hex: the same statement at the same place is one row.
    root          TEXT NOT NULL,                               -- Scanned root that holds it.
    subject_kind  TEXT NOT NULL,                               -- Namespace of the subject that it is about; see the table subject.
    subject_key   TEXT NOT NULL,                               -- Name of the subject in that namespace.
    link_kind     TEXT,                                        -- Namespace of another subject that this statement shows to be the same identity.
    link_key      TEXT,                                        -- Name of that other subject.
    first_scan    INTEGER NOT NULL REFERENCES scan (seq),      -- First scan that saw it.
    last_scan     INTEGER NOT NULL REFERENCES scan (seq),      -- Last scan that saw it.
    gone_at       TEXT,                                        -- When a scan that read its whole root no longer saw it.
    body          TEXT NOT NULL CHECK (json_valid(body)),      -- The evidence as JSON.
    fact          TEXT GENERATED ALWAYS AS (body ->> '$.fact') VIRTUAL,          -- What kind of statement it is.
    source_commit TEXT GENERATED ALWAYS AS (body ->> '$.source.commit') VIRTUAL  -- Commit that it was read from; NULL for the work tree.
) STRICT;
CREATE INDEX evidence_by_subject ON evidence (subject_kind, subject_key);
CREATE INDEX evidence_by_root ON evidence (root);

CREATE TABLE owner_rule (
    root      TEXT NOT NULL,                          -- Scanned root.
    path      TEXT NOT NULL,                          -- The file that holds the rule, below the root.
    line      INTEGER NOT NULL,                       -- Line in it, from 1.
    base      TEXT NOT NULL,                          -- Folder of the repository that the rule speaks for, below the root.
    pattern   TEXT NOT NULL,                          -- Pattern in the file's own syntax.
    owners    TEXT NOT NULL CHECK (json_valid(owners)), -- Owners as a JSON list; an empty one takes ownership away.
    last_scan INTEGER NOT NULL REFERENCES scan (seq), -- Last scan that saw it.
    PRIMARY KEY (root, path, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE authorship (
    root             TEXT NOT NULL,                          -- Scanned root.
    path             TEXT NOT NULL,                          -- The file, below the root.
    author           TEXT NOT NULL,                          -- Name and mail address, as the history gives them.
    share            REAL NOT NULL,                          -- Decayed share of the file's changes, 0.0 to 1.0.
    last_seen_at     TEXT NOT NULL,                          -- The author's newest commit anywhere in the repository.
    newest_commit_at TEXT NOT NULL,                          -- The repository's newest commit, the "today" of ownership.
    last_scan        INTEGER NOT NULL REFERENCES scan (seq), -- Last scan that saw it.
    PRIMARY KEY (root, path, author)
) STRICT, WITHOUT ROWID;

CREATE TABLE blob_result (
    store_key    TEXT PRIMARY KEY,     -- Name of an object store that was read.
    ruleset      TEXT NOT NULL,        -- Hash of the rules that judged its blobs; a result under other rules is worthless.
    key_id       TEXT NOT NULL,        -- Public name of the fingerprint key of the hits.
    scanned_oids BLOB NOT NULL,        -- Object ids of every judged blob, 20 bytes each, in order.
    hits         BLOB NOT NULL,        -- What was found in them, in a form that only the scan stage reads.
    stored_at    TEXT NOT NULL         -- When the result was kept.
) STRICT;
