-- Exceptions: standing access that people accepted, for a named reason, until a day. They are added and reviewed, never
-- rewritten; the triggers hold their bounds against any other writer of the file, too. Days are `YYYY-MM-DD` in UTC.

CREATE TABLE exception (
    seq           INTEGER PRIMARY KEY,                                  -- Order in which they were accepted.
    id            TEXT NOT NULL UNIQUE,                                 -- Given once.
    identity_id   TEXT NOT NULL,                                        -- The identity, under the id that it had then.
    identity_name TEXT NOT NULL,                                        -- How the identity was called then.
    reason        TEXT NOT NULL CHECK (reason IN ('cannot_reauthenticate', 'revocation_disproportionate', 'break_glass')), -- Why it is accepted.
    why           TEXT NOT NULL CHECK (trim(why) <> ''),                -- The same in a person's words.
    approved_by   TEXT NOT NULL CHECK (json_valid(approved_by)),        -- Who accepted it, as a list in JSON.
    made_at       TEXT NOT NULL,                                        -- When.
    expires       TEXT NOT NULL,                                        -- The last day on which it holds.
    review        TEXT,                                                 -- The day of the next look.
    accepted      TEXT NOT NULL CHECK (json_valid(accepted))            -- The findings that are accepted, as they were then, as a list in JSON.
) STRICT;
CREATE INDEX exception_by_identity ON exception (identity_id);
CREATE TRIGGER exception_is_bounded BEFORE INSERT ON exception
WHEN coalesce(julianday(NEW.expires) - julianday(substr(NEW.made_at, 1, 10)), -1) NOT BETWEEN 0 AND 90
  OR (SELECT count(DISTINCT lower(trim(value))) FROM json_each(NEW.approved_by) WHERE trim(value) <> '')
     < CASE NEW.reason WHEN 'break_glass' THEN 2 ELSE 1 END
  OR EXISTS (SELECT 1 FROM exception WHERE seq = NEW.seq OR id = NEW.id) BEGIN
    SELECT RAISE(ABORT, 'an exception is approved, and ends within 90 days');
END;
CREATE TRIGGER exception_is_kept BEFORE UPDATE ON exception BEGIN
    SELECT RAISE(ABORT, 'an exception is never changed: it is reviewed');
END;
CREATE TRIGGER exception_stays BEFORE DELETE ON exception BEGIN
    SELECT RAISE(ABORT, 'an exception is never removed: a review ends it');
END;

CREATE TABLE exception_review (
    seq          INTEGER PRIMARY KEY,                                 -- Order in which they were made; the newest one counts.
    exception_id TEXT NOT NULL REFERENCES exception (id),             -- The exception.
    reviewed_by  TEXT NOT NULL CHECK (json_valid(reviewed_by)),       -- Who looked, as a list in JSON.
    decision     TEXT NOT NULL CHECK (decision IN ('keep', 'end')),   -- What they decided.
    reviewed_at  TEXT NOT NULL,                                       -- When.
    expires      TEXT NOT NULL,                                       -- The last day on which it holds from then on.
    review       TEXT                                                 -- The day of the next look.
) STRICT;
CREATE INDEX exception_review_by_exception ON exception_review (exception_id);
CREATE TRIGGER exception_review_is_bounded BEFORE INSERT ON exception_review
WHEN coalesce(julianday(NEW.expires) - julianday(substr(NEW.reviewed_at, 1, 10)), 91) > 90
  OR (SELECT count(DISTINCT lower(trim(value))) FROM json_each(NEW.reviewed_by) WHERE trim(value) <> '')
     < CASE WHEN NEW.expires > (SELECT coalesce((SELECT r.expires FROM exception_review r WHERE r.exception_id = x.id ORDER BY r.seq DESC LIMIT 1), x.expires)
                                FROM exception x WHERE x.id = NEW.exception_id AND x.reason = 'break_glass') THEN 2 ELSE 1 END
  OR EXISTS (SELECT 1 FROM exception_review WHERE seq = NEW.seq OR (exception_id = NEW.exception_id AND decision = 'end')) BEGIN
    SELECT RAISE(ABORT, 'a review is signed, keeps an exception for 90 days at most, and is the last one when it ends it');
END;
CREATE TRIGGER exception_review_is_kept BEFORE UPDATE ON exception_review BEGIN
    SELECT RAISE(ABORT, 'a review is never changed: a new one is added');
END;
CREATE TRIGGER exception_review_stays BEFORE DELETE ON exception_review BEGIN
    SELECT RAISE(ABORT, 'a review is never removed');
END;
