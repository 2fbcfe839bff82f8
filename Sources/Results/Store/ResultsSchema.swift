// The tables of a results file, version by version.

import GRDB

/// To change the tables: append a migration that turns the last version into the next. Never edit an
/// earlier one: files of every version are about.
enum ResultsSchema {
  /// `GARr`, by which `file` and this program tell a results file from other databases.
  static let applicationID = 0x4741_5272

  /// The version that this program writes, kept in `PRAGMA user_version`.
  static var version: Int { migrations.count }

  /// `migrations[n]` makes version n + 1 of version n.
  static let migrations: [String] = [version1, version2]

  /// Models, items, prompts, what was measured, and results.
  ///
  /// An *item* is one line of JSON; a *prompt* is what one model's tokenizer makes of it, with its
  /// corrupted prompt and its answers. A *measure* is a method with its settings on one model; its
  /// *results*, one a prompt, serve every set that holds the prompt. A *run* is a measure over a set.
  private static let version1 = """
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
      id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, title TEXT NOT NULL,
      count INTEGER NOT NULL
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
    """

  /// Several processes on one file: who works on what; and how long each result took.
  private static let version2 = """
    ALTER TABLE result ADD COLUMN seconds REAL;
    CREATE TABLE worker (
      id INTEGER PRIMARY KEY AUTOINCREMENT, host TEXT NOT NULL, pid INTEGER NOT NULL,
      seen REAL NOT NULL
    );
    CREATE TABLE claim (
      measure INTEGER NOT NULL REFERENCES measure(id),
      prompt INTEGER NOT NULL REFERENCES prompt(id),
      worker INTEGER NOT NULL REFERENCES worker(id) ON DELETE CASCADE,
      PRIMARY KEY (measure, prompt)
    ) WITHOUT ROWID;
    CREATE INDEX claimByWorker ON claim(worker);
    """

  /// Brings a file up to this program's version, in one transaction: a file that two processes open
  /// at once is brought up once.
  /// - Throws: `ResultsError.foreign`, `.newer`; `DatabaseError`.
  static func prepare(_ db: Database, path: String) throws {
    guard try state(of: db, path: path) < version else { return }
    try db.inTransaction(.immediate) {
      let found = try state(of: db, path: path)
      for migration in migrations.dropFirst(found) { try db.execute(sql: migration) }
      try db.execute(sql: "PRAGMA application_id = \(applicationID)")
      try db.execute(sql: "PRAGMA user_version = \(version)")
      return .commit
    }
  }

  /// The file's version; 0 for a new file.
  /// - Throws: `ResultsError.foreign`, `.newer`.
  static func state(of db: Database, path: String) throws -> Int {
    let id = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
    let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
    let tables = try Int.fetchOne(db, sql: "SELECT count(*) FROM sqlite_master") ?? 0
    guard id == applicationID || (id == 0 && tables == 0 && found == 0) else {
      throw ResultsError.foreign(path: path)
    }
    guard found <= version else {
      throw ResultsError.newer(path: path, version: found, known: version)
    }
    return found
  }
}
