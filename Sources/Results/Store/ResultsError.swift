// What can be wrong with a results file.

/// Every case names the file, and says what to do.
public enum ResultsError: Error, Equatable, Sendable, CustomStringConvertible {
  case missing(path: String)
  /// The bytes are no SQLite database.
  case noDatabase(path: String)
  /// A database of another program.
  case foreign(path: String)
  case damaged(path: String, reason: String)
  /// Written by a later version of this program.
  case newer(path: String, version: Int, known: Int)
  /// Another process holds it for longer than `ResultsFile.patience`.
  case busy(path: String)
  case readOnly(path: String)
  case full(path: String)
  case failed(path: String, reason: String)
  /// It holds results of other models alone.
  case otherModel(path: String, stored: [String], given: String)
  case noRun(path: String, what: String)

  public var description: String {
    switch self {
    case .missing(let path): "\(path): no such file; `gar sweep --results` makes one"
    case .noDatabase(let path):
      "\(path): not a results file: it is no SQLite database; give one that `gar sweep` wrote"
    case .foreign(let path):
      "\(path): a database of another program, not a results file; give one that `gar sweep` wrote"
    case .damaged(let path, let reason):
      "\(path): damaged (\(reason)); `sqlite3 FILE .recover` saves what can be saved"
    case .newer(let path, let version, let known):
      "\(path): written by a newer gar (file version \(version), this program knows \(known)); "
        + "update gar"
    case .busy(let path):
      "\(path): locked by another program; try again when it has finished"
    case .readOnly(let path):
      "\(path): cannot be written: it or its folder is read-only; change that, or name another file"
    case .full(let path):
      "\(path): the disk is full; make room and run the same command again: what is in the file is safe"
    case .failed(let path, let reason): "\(path): \(reason)"
    case .otherModel(let path, let stored, let given):
      "\(path): holds results of \(stored.joined(separator: ", ")), not of \(given); "
        + "name another file, or that model"
    case .noRun(let path, let what):
      "\(path): holds no \(what); `gar results list` says what is there, `gar sweep` adds to it"
    }
  }
}
