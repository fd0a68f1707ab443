-- Migrations handed to a broker: what was approved, what was done, what proves that the old access ended.
-- The triggers hold these promises against any other writer of the file, too.

CREATE TABLE broker (
    name      TEXT PRIMARY KEY, -- Name that the user gave the connection.
    kind      TEXT NOT NULL,    -- Kind of broker.
    address   TEXT NOT NULL,    -- Where it is: a URL or a folder; never with a credential in it.
    namespace TEXT,             -- Namespace at the broker.
    added_at  TEXT NOT NULL     -- When the connection was added.
) STRICT;

CREATE TABLE migration_transition (
    from_state TEXT NOT NULL, -- A migration in this state …
    to_state   TEXT NOT NULL, -- … may go to this one, and to none that is not listed.
    PRIMARY KEY (from_state, to_state)
) STRICT, WITHOUT ROWID;
INSERT INTO migration_transition (from_state, to_state) VALUES
    ('draft', 'approved'), ('approved', 'applying'), ('applying', 'applied'), ('applied', 'verified'),
    ('verified', 'cutover'), ('cutover', 'proven'),
    -- Withdrawn before anything was done.
    ('draft', 'rolling_back'), ('approved', 'rolling_back'),
    -- Undone; a proof that stands today may still have to give way to an outage.
    ('applying', 'rolling_back'), ('applied', 'rolling_back'), ('verified', 'rolling_back'),
    ('cutover', 'rolling_back'), ('proven', 'rolling_back'), ('rolling_back', 'rolled_back'),
    -- A person decides, and then it goes on where it stood or back.
    ('applying', 'needs_human'), ('applied', 'needs_human'), ('verified', 'needs_human'),
    ('cutover', 'needs_human'), ('rolling_back', 'needs_human'),
    ('needs_human', 'applying'), ('needs_human', 'verified'), ('needs_human', 'cutover'), ('needs_human', 'rolling_back');

CREATE TABLE migration (
    id          TEXT PRIMARY KEY,                                      -- Given once.
    identity_id TEXT NOT NULL,                                         -- The identity whose standing access shall end, under the id that it had then.
    broker      TEXT NOT NULL,                                         -- Name of the broker connection.
    plan        TEXT NOT NULL CHECK (json_valid(plan)),                -- The plan as canonical JSON; final from the first moment.
    plan_sha256 TEXT NOT NULL CHECK (length(plan_sha256) = 64),        -- SHA-256 of the plan; approvals are bound to it.
    state       TEXT NOT NULL,                                         -- Where it stands.
    created_at  TEXT NOT NULL,                                         -- When it was proposed.
    changed_at  TEXT NOT NULL                                          -- When its state last changed.
) STRICT;
CREATE TRIGGER migration_begins_as_draft BEFORE INSERT ON migration
WHEN NEW.state <> 'draft' OR EXISTS (SELECT 1 FROM migration WHERE id = NEW.id) BEGIN
    SELECT RAISE(ABORT, 'a migration begins once, as a draft');
END;
CREATE TRIGGER migration_plan_is_final BEFORE UPDATE OF id, identity_id, broker, plan, plan_sha256, created_at ON migration BEGIN
    SELECT RAISE(ABORT, 'the plan of a migration is final: propose a new one');
END;
CREATE TRIGGER migration_walks_its_states BEFORE UPDATE OF state ON migration
WHEN NOT EXISTS (SELECT 1 FROM migration_transition WHERE from_state = OLD.state AND to_state = NEW.state) BEGIN
    SELECT RAISE(ABORT, 'a migration cannot go from its state to that one');
END;
CREATE TRIGGER migration_stays BEFORE DELETE ON migration BEGIN
    SELECT RAISE(ABORT, 'a migration is never removed');
END;

CREATE TABLE step (
    migration_id TEXT NOT NULL REFERENCES migration (id),                      -- The migration.
    seq          INTEGER NOT NULL,                                             -- Position, from 1; steps are done in this order.
    phase        TEXT NOT NULL CHECK (phase IN ('apply', 'cutover')),          -- When it is done.
    idem_key     TEXT NOT NULL UNIQUE,                                         -- Names this very change, for brokers that remember names.
    state        TEXT NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'claimed', 'done', 'already_there', 'conflict', 'failed', 'undone')), -- How far it is.
    undoing      INTEGER NOT NULL DEFAULT 0 CHECK (undoing IN (0, 1)),         -- 1 when the state speaks of undoing the step.
    attempt      INTEGER NOT NULL DEFAULT 0,                                   -- How often it was handed out in this direction.
    failures     INTEGER NOT NULL DEFAULT 0,                                   -- How often it was reported as failed in this direction.
    fence        INTEGER NOT NULL DEFAULT 0,                                   -- Grows with each handing out; an outcome under an older number is refused.
    worker       TEXT,                                                         -- Who holds it.
    lease_until  TEXT,                                                         -- Until when; after that it is handed out again.
    pre_image    TEXT CHECK (pre_image IS NULL OR json_valid(pre_image)),      -- What was there before the first write, as JSON; JSON null = nothing was there; NULL = not read yet.
    write_at     TEXT,                                                         -- When a write was last about to be sent; a request of a worker that died may still arrive after that.
    receipt      TEXT CHECK (receipt IS NULL OR json_valid(receipt)),          -- The newest answer, as JSON.
    PRIMARY KEY (migration_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER step_stays BEFORE DELETE ON step BEGIN
    SELECT RAISE(ABORT, 'a step is never removed');
END;

CREATE TABLE approval (
    seq          INTEGER PRIMARY KEY,                                 -- Order in which they were given.
    migration_id TEXT NOT NULL REFERENCES migration (id),             -- The migration.
    phase        TEXT NOT NULL CHECK (phase IN ('apply', 'cutover')), -- What is approved.
    approver     TEXT NOT NULL,                                       -- Who approved it.
    plan_sha256  TEXT NOT NULL,                                       -- The plan that was approved.
    approved_at  TEXT NOT NULL                                        -- When.
) STRICT;
CREATE TRIGGER approval_fits_the_plan BEFORE INSERT ON approval
WHEN NEW.plan_sha256 IS NOT (SELECT plan_sha256 FROM migration WHERE id = NEW.migration_id)
  OR EXISTS (SELECT 1 FROM approval WHERE seq = NEW.seq) BEGIN
    SELECT RAISE(ABORT, 'an approval is bound to the plan that was proposed');
END;
CREATE TRIGGER approval_is_kept BEFORE UPDATE ON approval BEGIN
    SELECT RAISE(ABORT, 'an approval is never changed');
END;
CREATE TRIGGER approval_stays BEFORE DELETE ON approval BEGIN
    SELECT RAISE(ABORT, 'an approval is never removed');
END;

CREATE TABLE proof (
    seq          INTEGER PRIMARY KEY,                     -- Order in which they were recorded.
    migration_id TEXT NOT NULL REFERENCES migration (id), -- The migration.
    level        TEXT NOT NULL,                           -- Rung of the ladder, e0 to e6.
    holds        INTEGER NOT NULL CHECK (holds IN (0, 1)), -- 1 when the check held.
    detail       TEXT NOT NULL,                           -- What was asked and what came back; never a secret.
    proved_at    TEXT NOT NULL                            -- When.
) STRICT;
CREATE INDEX proof_by_migration ON proof (migration_id);
CREATE TRIGGER proof_is_added BEFORE INSERT ON proof WHEN EXISTS (SELECT 1 FROM proof WHERE seq = NEW.seq) BEGIN
    SELECT RAISE(ABORT, 'a proof is never replaced');
END;
CREATE TRIGGER proof_is_kept BEFORE UPDATE ON proof BEGIN
    SELECT RAISE(ABORT, 'a proof is never changed');
END;
CREATE TRIGGER proof_stays BEFORE DELETE ON proof BEGIN
    SELECT RAISE(ABORT, 'a proof is never removed');
END;

CREATE TABLE event (
    migration_id TEXT NOT NULL REFERENCES migration (id), -- The migration.
    seq          INTEGER NOT NULL,                        -- Position in its chain, from 1.
    at           TEXT NOT NULL,                           -- When.
    kind         TEXT NOT NULL,                           -- What happened, in one word.
    detail       TEXT NOT NULL,                           -- In words; never a secret.
    previous     TEXT NOT NULL,                           -- Hash of the link before; zeros for the first.
    hash         TEXT NOT NULL,                           -- Hash over all the above.
    PRIMARY KEY (migration_id, seq)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER event_follows_the_last BEFORE INSERT ON event
WHEN NEW.seq <> (SELECT coalesce(max(seq), 0) + 1 FROM event WHERE migration_id = NEW.migration_id)
  OR NEW.previous <> coalesce((SELECT hash FROM event WHERE migration_id = NEW.migration_id ORDER BY seq DESC LIMIT 1),
                              '0000000000000000000000000000000000000000000000000000000000000000') BEGIN
    SELECT RAISE(ABORT, 'an event follows the last one of its chain');
END;
CREATE TRIGGER event_is_kept BEFORE UPDATE ON event BEGIN
    SELECT RAISE(ABORT, 'an event is never changed');
END;
CREATE TRIGGER event_stays BEFORE DELETE ON event BEGIN
    SELECT RAISE(ABORT, 'an event is never removed');
END;
