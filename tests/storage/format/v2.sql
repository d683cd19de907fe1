PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE conversation (
    id           INTEGER PRIMARY KEY AUTOINCREMENT, -- never used again, so a stale id cannot name another row
    title        TEXT    NOT NULL,
    pinned       INTEGER NOT NULL,
    created_at   INTEGER NOT NULL,
    updated_at   INTEGER NOT NULL,
    activity     INTEGER NOT NULL,                  -- grows with every change: newest first, whatever the clock says
    current_leaf INTEGER NOT NULL,                  -- last message of the branch shown; 0 = empty
    deleted_at   INTEGER,                           -- in the trash since; NULL = not deleted
    crc32        INTEGER NOT NULL                   -- over all columns above but id
) STRICT;
INSERT INTO conversation VALUES(1,'Gedanken 思考',0,1795682767790,1795682767826,7,6,NULL,1157325519);
CREATE TABLE message (
    id                 INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation       INTEGER NOT NULL REFERENCES conversation (id) ON DELETE CASCADE,
    parent             INTEGER REFERENCES message (id), -- NULL = root. No cascade: a chain may be longer than SQLite's trigger depth
    role               TEXT    NOT NULL,
    state              TEXT    NOT NULL,
    created_at         INTEGER NOT NULL,
    thinking_closed    INTEGER NOT NULL,
    model_name         TEXT    NOT NULL,
    model_fingerprint  TEXT    NOT NULL,
    -- why a reply failed; all empty for other messages
    failure_code       TEXT    NOT NULL,             -- a name, so that the text can be shown in any language
    failure_file       TEXT    NOT NULL,
    failure_field      TEXT    NOT NULL,
    failure_sentence   TEXT    NOT NULL,             -- English, as the engine said it
    -- sampler settings of a reply; all NULL for other messages
    temperature        REAL,
    top_k              INTEGER,
    top_p              REAL,
    min_p              REAL,
    repetition_penalty REAL,
    seed               INTEGER,
    max_tokens         INTEGER,
    -- statistics of a finished reply; all NULL before
    prompt_tokens        INTEGER,
    cached_tokens        INTEGER,
    thinking_tokens      INTEGER,
    answer_tokens        INTEGER,
    prompt_seconds       REAL,
    first_token_seconds  REAL,
    thinking_seconds     REAL,
    answer_seconds       REAL,
    context_used         INTEGER,
    context_length       INTEGER,
    parts              INTEGER NOT NULL,             -- how many rows of `part` belong here: a hidden one is noticed
    crc32              INTEGER NOT NULL              -- over all columns above but id
, thinking_mode TEXT, thoughts_shown TEXT) STRICT;
INSERT INTO message VALUES(1,1,NULL,'user','complete',1795682767802,1,'','','','','','',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,3430354184,NULL,NULL);
INSERT INTO message VALUES(2,1,1,'assistant','complete',1795682767806,1,'nano-r1','a1b2c3','','','','',0.59999999999999997779,0,0.94999999999999995559,0.0,1.0,0,1024,11,5,300,20,0.25,0.375,12.5,0.33333333333333331482,331,131072,2,2592419359,NULL,NULL);
INSERT INTO message VALUES(3,1,2,'user','complete',1795682767810,1,'','','','','','',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,1488473037,NULL,NULL);
INSERT INTO message VALUES(4,1,3,'assistant','complete',1795682767814,1,'nano-r1','a1b2c3','','','','',0.59999999999999997779,0,0.94999999999999995559,0.0,1.0,0,1024,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,378967701,'off','all');
INSERT INTO message VALUES(5,1,3,'assistant','complete',1795682767818,1,'nano-r1','a1b2c3','','','','',0.59999999999999997779,0,0.94999999999999995559,0.0,1.0,0,1024,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,1628713223,'on','newest');
INSERT INTO message VALUES(6,1,3,'assistant','complete',1795682767826,1,'nano-r1','a1b2c3','','','','',0.59999999999999997779,0,0.94999999999999995559,0.0,1.0,0,1024,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,3917497857,NULL,'none');
CREATE TABLE part (
    id       INTEGER PRIMARY KEY,
    message  INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    text     TEXT    NOT NULL,
    crc32    INTEGER NOT NULL,                       -- over message, position, kind, text
    UNIQUE (message, position)
) STRICT;
INSERT INTO part VALUES(1,1,0,'answer','How many letters are in 深海?',3714197155);
INSERT INTO part VALUES(2,2,0,'thinking','Let me count.',761509);
INSERT INTO part VALUES(3,2,1,'answer','Two.',3441960934);
INSERT INTO part VALUES(4,3,0,'answer','And in sea?',892433793);
INSERT INTO part VALUES(5,4,0,'answer','Three.',2622079167);
INSERT INTO part VALUES(6,5,0,'answer','Three.',3059874013);
INSERT INTO part VALUES(7,6,0,'answer','Three.',3357126779);
CREATE TABLE chunk (
    part     INTEGER NOT NULL REFERENCES part (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,                       -- 0, 1, 2 … without a gap
    text     TEXT    NOT NULL,
    crc32    INTEGER NOT NULL,                       -- over part, position, text
    PRIMARY KEY (part, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE trace_run (
    message           INTEGER PRIMARY KEY REFERENCES message (id) ON DELETE CASCADE,
    created_at        INTEGER NOT NULL,
    model_name        TEXT    NOT NULL,
    model_fingerprint TEXT    NOT NULL,
    n_experts         INTEGER NOT NULL,
    k                 INTEGER NOT NULL,
    n_groups          INTEGER NOT NULL,
    topk_groups       INTEGER NOT NULL,
    n_shared          INTEGER NOT NULL,
    chunks            INTEGER NOT NULL,              -- how many rows of `trace_chunk` belong here: a hidden one is noticed
    crc32             INTEGER NOT NULL               -- over all columns above, then the layers in order
) STRICT;
CREATE TABLE trace_layer (
    run       INTEGER NOT NULL REFERENCES trace_run (message) ON DELETE CASCADE,
    idx       INTEGER NOT NULL,                      -- row of the trace
    abs_layer INTEGER NOT NULL,                      -- layer of the model
    PRIMARY KEY (run, idx)
) STRICT, WITHOUT ROWID;
CREATE TABLE trace_chunk (
    run       INTEGER NOT NULL REFERENCES trace_run (message) ON DELETE CASCADE,
    plane     INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    first_tok INTEGER NOT NULL,
    n_tok     INTEGER NOT NULL,
    crc32     INTEGER NOT NULL,                      -- over all other columns
    data      BLOB    NOT NULL,
    PRIMARY KEY (run, plane, seq)
) STRICT;
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('conversation',1);
INSERT INTO sqlite_sequence VALUES('message',6);
CREATE INDEX message_of_conversation ON message (conversation);
CREATE INDEX message_children ON message (parent);
CREATE INDEX message_streaming ON message (state) WHERE state = 'streaming';
COMMIT;
