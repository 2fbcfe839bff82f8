-- A results file of version 1: two of three prompts measured by one method.
-- Written by hand from that version's tables; `sqlite3 FILE < version1.sql` makes the file.
PRAGMA application_id = 1195463282;
PRAGMA user_version = 1;
CREATE TABLE model (
  id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL, path TEXT NOT NULL,
  layers INTEGER NOT NULL, heads INTEGER NOT NULL, facts TEXT NOT NULL
);
CREATE TABLE item (
  id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL, json TEXT NOT NULL
);
CREATE TABLE prompt (
  id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE,
  item INTEGER NOT NULL REFERENCES item(id), facts TEXT NOT NULL
);
CREATE TABLE itemSet (
  id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, title TEXT NOT NULL, count INTEGER NOT NULL
);
CREATE TABLE member (
  itemSet INTEGER NOT NULL REFERENCES itemSet(id), place INTEGER NOT NULL,
  prompt INTEGER NOT NULL REFERENCES prompt(id), PRIMARY KEY (itemSet, place)
) WITHOUT ROWID;
CREATE TABLE measure (
  id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE,
  model INTEGER NOT NULL REFERENCES model(id), method TEXT NOT NULL, settings TEXT NOT NULL
);
CREATE TABLE run (
  id INTEGER PRIMARY KEY, measure INTEGER NOT NULL REFERENCES measure(id),
  itemSet INTEGER NOT NULL REFERENCES itemSet(id), command TEXT NOT NULL,
  program TEXT NOT NULL, created TEXT NOT NULL, UNIQUE (measure, itemSet)
);
CREATE TABLE result (
  measure INTEGER NOT NULL REFERENCES measure(id),
  prompt INTEGER NOT NULL REFERENCES prompt(id),
  shape TEXT NOT NULL, data BLOB NOT NULL, scalars TEXT NOT NULL, remark TEXT,
  PRIMARY KEY (measure, prompt)
);
INSERT INTO model VALUES (1, 'model', 'toy', '/toy', 1, 2, '{}');
INSERT INTO item VALUES (1, 'i0', 'item0', '{}'), (2, 'i1', 'item1', '{}'), (3, 'i2', 'item2', '{}');
INSERT INTO prompt VALUES (1, 'p0', 1, '{}'), (2, 'p1', 2, '{}'), (3, 'p2', 3, '{}');
-- The SHA-256 of "p0\np1\np2", and of "model\nscore\n{}".
INSERT INTO itemSet VALUES (1, 'd3d6e2d7ded52329f04e901d66ae2deb51733273b70b2039649d9526d60cf17a', 'three', 3);
INSERT INTO member VALUES (1, 0, 1), (1, 1, 2), (1, 2, 3);
INSERT INTO measure VALUES (1, 'cb233346b6356bf98cc0dd84172770376eb35ce810ad01cbd3de55f0d0e1869f', 1, 'score', '{}');
INSERT INTO run VALUES (1, 1, 1, 'gar sweep', 'gar 0.1.0', '2026-11-25T00:00:00Z');
-- 1.5 and -2 as little-endian float32; 0 and 1.
INSERT INTO result VALUES (1, 1, '[1,2]', X'0000C03F000000C0', '{"first":1.0}', NULL);
INSERT INTO result VALUES (1, 2, '[1,2]', X'000000000000803F', '{}', NULL);
