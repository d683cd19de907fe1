-- The first schema. A released file is never edited; a change is a new file with the next number.
-- Times are milliseconds since 1970 UTC. Order is by ids and `activity`, never by times: clocks jump.

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
) STRICT;

CREATE INDEX message_of_conversation ON message (conversation);
CREATE INDEX message_children ON message (parent);
CREATE INDEX message_streaming ON message (state) WHERE state = 'streaming';

-- A typed piece of a message's text.
CREATE TABLE part (
    id       INTEGER PRIMARY KEY,
    message  INTEGER NOT NULL REFERENCES message (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    kind     TEXT    NOT NULL,
    text     TEXT    NOT NULL,
    crc32    INTEGER NOT NULL,                       -- over message, position, kind, text
    UNIQUE (message, position)
) STRICT;

-- Text streamed since its part was written; folded into the part when the message ends.
CREATE TABLE chunk (
    part     INTEGER NOT NULL REFERENCES part (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,                       -- 0, 1, 2 … without a gap
    text     TEXT    NOT NULL,
    crc32    INTEGER NOT NULL,                       -- over part, position, text
    PRIMARY KEY (part, position)
) STRICT, WITHOUT ROWID;

-- Routing trace of a message. One run per message; blobs are stored as the engine made them.
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
