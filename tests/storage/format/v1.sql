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
INSERT INTO conversation VALUES(1,'Wörter und 数字',1,1795496411585,1795496411709,7,3,NULL,508733938);
INSERT INTO conversation VALUES(2,'deleted',0,1795496411777,1795496411785,9,6,1795496411801,3597113137);
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
INSERT INTO message VALUES(1,1,NULL,'user','complete',1795496411613,1,'','','','','','',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,2150756466);
INSERT INTO message VALUES(2,1,1,'assistant','length_limit',1795496411625,1,'nano-r1','a1b2c3','','','','',0.25,40,0.9000000000000000222,0.050000000000000002775,1.125,-1,77,11,5,300,20,0.25,0.375,12.5,0.33333333333333331482,331,131072,2,598514053);
INSERT INTO message VALUES(3,1,1,'assistant','failed',1795496411681,0,'nano-r1','a1b2c3','tensor_mismatch','model.safetensors','layers.3.mlp.gate','The engine stopped.',0.59999999999999997779,0,0.94999999999999995559,0.0,1.0,0,1024,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,3036501120);
INSERT INTO message VALUES(4,1,NULL,'system','complete',1795496411697,1,'','','','','','',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,3209326530);
INSERT INTO message VALUES(5,1,1,'assistant','streaming',1795496411709,1,'nano-r1','a1b2c3','','','','',0.59999999999999997779,0,0.94999999999999995559,0.0,1.0,0,1024,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,2869214070);
INSERT INTO message VALUES(6,2,NULL,'user','complete',1795496411785,1,'','','','','','',NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,1,4193306608);
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
INSERT INTO part VALUES(4,3,0,'thinking','Hm',1751538479);
INSERT INTO part VALUES(5,4,0,'answer','Be brief.',2881845299);
INSERT INTO part VALUES(6,5,0,'answer','half ',2542767698);
INSERT INTO part VALUES(7,6,0,'answer','trash',4268600136);
CREATE TABLE chunk (
    part     INTEGER NOT NULL REFERENCES part (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,                       -- 0, 1, 2 … without a gap
    text     TEXT    NOT NULL,
    crc32    INTEGER NOT NULL,                       -- over part, position, text
    PRIMARY KEY (part, position)
) STRICT, WITHOUT ROWID;
INSERT INTO chunk VALUES(6,0,'an ans',1333477990);
INSERT INTO chunk VALUES(6,1,'wer',521934858);
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
INSERT INTO trace_run VALUES(2,1795496411765,'nano-v3','f00',64,6,8,3,2,3,4220031741);
CREATE TABLE trace_layer (
    run       INTEGER NOT NULL REFERENCES trace_run (message) ON DELETE CASCADE,
    idx       INTEGER NOT NULL,                      -- row of the trace
    abs_layer INTEGER NOT NULL,                      -- layer of the model
    PRIMARY KEY (run, idx)
) STRICT, WITHOUT ROWID;
INSERT INTO trace_layer VALUES(2,0,1);
INSERT INTO trace_layer VALUES(2,1,2);
INSERT INTO trace_layer VALUES(2,2,5);
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
INSERT INTO trace_chunk VALUES(2,0,0,0,3,23629319,X'414243');
INSERT INTO trace_chunk VALUES(2,0,1,3,1,1965499579,X'44');
INSERT INTO trace_chunk VALUES(2,1,0,0,4,4070487277,X'');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('conversation',2);
INSERT INTO sqlite_sequence VALUES('message',6);
CREATE INDEX message_of_conversation ON message (conversation);
CREATE INDEX message_children ON message (parent);
CREATE INDEX message_streaming ON message (state) WHERE state = 'streaming';
COMMIT;
