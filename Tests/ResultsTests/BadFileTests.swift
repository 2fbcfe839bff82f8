// Files that cannot be used or written: one clear error each, and nothing lost.

import Foundation
import GRDB
import Results
import TestSupport
import Testing

@Suite struct BadFileTests {
  private let folder: TemporaryDirectory
  private let path: String

  init() throws {
    folder = try TemporaryDirectory()
    path = folder.path + "/results.sqlite"
  }

  private func sql(_ statements: String) throws {
    let queue = try DatabaseQueue(path: path)
    try queue.writeWithoutTransaction { try $0.execute(sql: statements) }
    try queue.close()
  }

  private func bytes() throws -> Data { try Data(contentsOf: URL(filePath: path)) }

  @Test func missingFileIsNotMadeByReading() {
    #expect(throws: ResultsError.missing(path: path)) {
      try ResultsFile(path: path, access: .read)
    }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test(arguments: [ResultsFile.Access.read, .create])
  func textIsNoDatabaseAndStays(access: ResultsFile.Access) throws {
    let text = String(repeating: "not a database\n", count: 100)
    try folder.write(text, to: "results.sqlite")
    #expect(throws: ResultsError.noDatabase(path: path)) {
      try ResultsFile(path: path, access: access)
    }
    #expect(try bytes() == Data(text.utf8))
  }

  @Test(arguments: [ResultsFile.Access.read, .create])
  func databaseOfAnotherProgramIsRefusedUnchanged(access: ResultsFile.Access) throws {
    try sql("CREATE TABLE songs(title TEXT); INSERT INTO songs VALUES ('a')")
    let before = try bytes()
    #expect(throws: ResultsError.foreign(path: path)) {
      try ResultsFile(path: path, access: access)
    }
    #expect(try bytes() == before)
  }

  @Test(arguments: [ResultsFile.Access.read, .create])
  func newerFileIsRefusedUnchanged(access: ResultsFile.Access) throws {
    try Toy(count: 3).run(path)
    try sql("PRAGMA user_version = 99")
    let before = try bytes()
    let error = #expect(throws: ResultsError.self) {
      try ResultsFile(path: path, access: access)
    }
    #expect(error == .newer(path: path, version: 99, known: 2))
    #expect(try bytes() == before)
  }

  @Test func fileOfAnotherModelIsRefusedUnlessAsked() throws {
    try Toy(count: 3).run(path)
    let error = #expect(throws: ResultsError.self) {
      try Toy(count: 3, model: "another").run(path)
    }
    #expect(
      error == .otherModel(path: path, stored: ["toy (model)"], given: "toy (another)"))
    #expect(try contents(path).keys.sorted() == ["model score"])
    try Toy(count: 3, model: "another").run(path, addsModel: true)
    #expect(try contents(path).keys.sorted() == ["another score", "model score"])
  }

  @Test func lockedFileIsBusyAndThenGoesOn() throws {
    try Toy(count: 3).run(path)
    var configuration = GRDB.Configuration()
    configuration.allowsUnsafeTransactions = true
    let other = try DatabaseQueue(path: path, configuration: configuration)
    try other.inDatabase { try $0.execute(sql: "BEGIN EXCLUSIVE") }
    #expect(throws: ResultsError.busy(path: path)) { try Toy(count: 6).run(path) }
    try other.inDatabase { try $0.execute(sql: "COMMIT") }
    try other.close()
    #expect(try Toy(count: 6).run(path))
    #expect(try contents(path)["model score"]?.count == 6)
  }

  @Test func fullDiskLosesNothingThatWasStored() throws {
    let whole = folder.path + "/whole.sqlite"
    try Toy(count: 5000).run(whole)
    let size = try #require(try FileManager.default.attributesOfItem(atPath: whole)[.size] as? Int)
    #expect(throws: ResultsError.full(path: path)) {
      try Toy(count: 5000).run(path, pageLimit: size / 4096 * 9 / 10)
    }
    let stored = try ResultsFile(path: path, access: .read)
    #expect(try stored.integrityProblems() == [])
    let done = try #require(try stored.runs().first).done
    #expect(done > 50 && done < 5000, "\(done)")
    let rest = Toy(count: 5000)
    #expect(try rest.run(path))
    #expect(rest.counter.total == 5000 - done)
  }

  @Test func rowThatContradictsItselfIsNamed() throws {
    try Toy(count: 3).run(path)
    try sql("UPDATE result SET shape = '[4,5]' WHERE prompt = 2")
    let file = try ResultsFile(path: path, access: .read)
    let run = try #require(try file.runs().first)
    let error = #expect(throws: ResultsError.self) { try file.results(of: run) }
    guard case .damaged(path, let reason) = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect(reason.contains("item1") && reason.contains("[4,5]"))
  }

  @Test func cutOffFileIsDamaged() throws {
    try Toy(count: 300).run(path)
    try (try bytes()).prefix(20_000).write(to: URL(filePath: path))
    let error = #expect(throws: ResultsError.self) {
      let file = try ResultsFile(path: path, access: .read)
      for run in try file.runs() { _ = try file.results(of: run) }
    }
    guard case .damaged = error else {
      Issue.record("\(String(describing: error))")
      return
    }
  }
}

@Suite struct MigrationTests {
  @Test(arguments: [ResultsFile.Access.read, .write])
  func fileOfVersionOneIsBroughtUpAndGoesOn(access: ResultsFile.Access) throws {
    let folder = try TemporaryDirectory()
    let path = folder.path + "/old.sqlite"
    let sql = try String(
      contentsOfFile: fixture("ResultsTests", "version1.sql"), encoding: .utf8)
    let queue = try DatabaseQueue(path: path)
    try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
    try queue.close()

    let file = try ResultsFile(path: path, access: access)
    let run = try #require(try file.runs().first)
    #expect(run.done == 2 && run.count == 3 && run.setTitle == "three")
    let results = try file.results(of: run)
    #expect(results.map(\.item) == ["item0", "item1", "item2"])
    #expect(results[0].outcome?.values == [1.5, -2] && results[0].outcome?.shape == [1, 2])
    #expect(results[0].outcome?.scalars == ["first": 1])
    #expect(results[1].outcome?.values == [0, 1] && results[2].outcome == nil)
    file.close()
    let toy = Toy(count: 3)
    #expect(try toy.run(path))
    #expect(toy.counter.total == 1)
    #expect(try contents(path)["model score"]?[0]?.values == [1.5, -2])
    #expect(try contents(path)["model score"]?[2] == Toy.outcome(place: 2, method: 0))
  }
}

@Suite struct MergeTests {
  @Test func filesComeTogetherByTheirContent() throws {
    let folder = try TemporaryDirectory()
    let (one, two, all) = (
      folder.path + "/one", folder.path + "/two", folder.path + "/all"
    )
    try Toy(count: 6, methods: ["a"]).run(one)
    // Another order of numbers, an item in common, another method, another model.
    var other = Toy(count: 9, methods: ["b", "a"])
    other.plan.prompts = other.plan.prompts.suffix(4)
    let shifted = other.measurements.map { measurement in
      SweepMeasurement(measurement.measure) { place, check in
        try measurement.compute(place + 5, check)
      }
    }
    let file = try ResultsFile(path: two, access: .create)
    _ = try Sweep(other.plan, measurements: shifted, file: file, workers: 1).run()
    file.close()
    try Toy(count: 2, methods: ["a"], model: "another").run(two, addsModel: true)

    let target = try ResultsFile(path: all, access: .create)
    #expect(try target.merge(one) == MergeCounts(added: 6, known: 0, differing: 0))
    // "a" of item 5 is in both, with -0 and -1 as its second value.
    #expect(try target.merge(two) == MergeCounts(added: 9, known: 1, differing: 1))
    #expect(try target.merge(two) == MergeCounts(added: 0, known: 10, differing: 1))
    #expect(try target.integrityProblems() == [])
    target.close()
    let runs = try ResultsFile(path: all, access: .read).runs()
    #expect(runs.count == 4 && runs.allSatisfy { $0.isFinished })
    let found = try contents(all)
    #expect(found["model b"]?[0] == Toy.outcome(place: 5, method: 0))
    #expect(found["another a"]?.count == 2)
    let twice = try #require(runs.first { $0.measure.method == "a" && $0.count == 6 })
    let results = try ResultsFile(path: all, access: .read).results(of: twice)
    #expect(results[5].outcome?.values == [5.25, 0])
  }

  @Test func fileThatCannotBeReadLeavesTheTargetAsItWas() throws {
    let folder = try TemporaryDirectory()
    try Toy(count: 6).run(folder.path + "/one")
    let bad = try folder.write(String(repeating: "x", count: 5000), to: "bad")
    let target = try ResultsFile(path: folder.path + "/one", access: .write)
    #expect(throws: ResultsError.noDatabase(path: bad)) { try target.merge(bad) }
    #expect(try contents(folder.path + "/one")["model score"]?.count == 6)
  }
}
