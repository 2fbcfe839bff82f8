// Sweeps store every result once, whatever interrupts them.

import Foundation
import GRDB
import Results
import TestSupport
import Testing

@Suite struct SweepTests {
  private let folder: TemporaryDirectory
  private let path: String

  init() throws {
    folder = try TemporaryDirectory()
    path = folder.path + "/results.sqlite"
  }

  @Test func everyResultIsStoredOnceWithItsValues() throws {
    let toy = Toy(count: 37, methods: ["a", "b"])
    #expect(try toy.run(path, workers: 3))
    #expect(toy.counter.total == 74 && toy.counter.mostOften == 2)
    let found = try contents(path)
    #expect(found.count == 2)
    for place in 0..<37 {
      #expect(found["model a"]?[place] == Toy.outcome(place: place, method: 0))
      #expect(found["model b"]?[place] == Toy.outcome(place: place, method: 1))
    }
    // Nothing lies beside a closed file.
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path) == ["results.sqlite"])
  }

  @Test func stoppedSweepGoesOnWhereItWas() throws {
    let first = Toy(count: 50)
    let counter = first.counter
    #expect(try first.run(path, isStopped: { counter.total >= 20 }) == false)
    let done = try #require(try contents(path)["model score"]).count
    #expect((18...24).contains(done), "\(done)")
    let second = Toy(count: 50)
    #expect(try second.run(path))
    #expect(second.counter.total == 50 - done)
    #expect(try contents(path)["model score"]?.count == 50)
    let third = Toy(count: 50)
    #expect(try third.run(path))
    #expect(third.counter.total == 0)
  }

  @Test func failingItemIsNamedAndTheOthersStay() throws {
    let toy = Toy(count: 20, failing: 7)
    let error = #expect(throws: SweepItemError.self) { try toy.run(path, workers: 1) }
    #expect(error?.item == "item7")
    #expect(try contents(path)["model score"]?.keys.sorted() == Array(0..<7))
    let mended = Toy(count: 20)
    #expect(try mended.run(path))
    #expect(mended.counter.total == 13)
  }

  @Test func moreItemsAndMoreMethodsComputeOnlyWhatIsNew() throws {
    try Toy(count: 10, methods: ["a"]).run(path)
    let longer = Toy(count: 15, methods: ["a"])
    try longer.run(path)
    #expect(longer.counter.total == 5)
    let wider = Toy(count: 15, methods: ["a", "b"])
    try wider.run(path)
    #expect(wider.counter.total == 15)
    let runs = try ResultsFile(path: path, access: .read).runs()
    #expect(runs.map(\.count) == [10, 15, 15])
    #expect(runs.allSatisfy { $0.isFinished })
  }

  @Test func promptThatASetHoldsTwiceIsComputedOnce() throws {
    var toy = Toy(count: 6)
    toy.plan.prompts.append(toy.plan.prompts[2])
    #expect(try toy.run(path))
    #expect(toy.counter.total == 6)
    let run = try #require(try ResultsFile(path: path, access: .read).runs().first)
    #expect(run.done == 7 && run.isFinished)
  }

  /// Each on a connection of its own, as processes have.
  @Test func sweepsAtOnceShareTheWork() async throws {
    let toys = (0..<3).map { _ in Toy(count: 200) }
    let path = path
    try await withThrowingTaskGroup(of: Void.self) { group in
      for toy in toys {
        group.addTask {
          let file = try ResultsFile(path: path, access: .create)
          defer { file.close() }
          _ = try Sweep(toy.plan, measurements: toy.measurements, file: file, workers: 2).run()
        }
      }
      try await group.waitForAll()
    }
    #expect(toys.map(\.counter.total).reduce(0, +) == 200)
    #expect(try contents(path)["model score"]?.count == 200)
    #expect(try ResultsFile(path: path, access: .read).integrityProblems() == [])
  }

  @Test func claimsOfADeadProcessAreGivenUp() throws {
    try Toy(count: 4).run(path, isStopped: { true })
    let ended = Process()
    ended.executableURL = URL(filePath: "/bin/sh")
    ended.arguments = ["-c", "exit 0"]
    try ended.run()
    ended.waitUntilExit()
    let queue = try DatabaseQueue(path: path)
    try queue.write { db in
      try db.execute(
        sql: "INSERT INTO worker(id, host, pid, seen) VALUES (77, ?, ?, ?)",
        arguments: [
          ProcessInfo.processInfo.hostName, ended.processIdentifier,
          Date.now.timeIntervalSince1970,
        ])
      try db.execute(
        sql: "INSERT INTO claim SELECT measure.id, prompt.id, 77 FROM measure, prompt")
    }
    try queue.close()
    let toy = Toy(count: 4)
    #expect(try toy.run(path))
    #expect(toy.counter.total == 4)
  }

  @Test func claimsOfALiveProcessAreLeftToIt() throws {
    try Toy(count: 4).run(path, isStopped: { true })
    let queue = try DatabaseQueue(path: path)
    try queue.write { db in
      try db.execute(
        sql: "INSERT INTO worker(id, host, pid, seen) VALUES (77, 'elsewhere', 1, ?)",
        arguments: [Date.now.timeIntervalSince1970])
      try db.execute(
        sql: """
          INSERT INTO claim SELECT measure.id, prompt.id, 77 FROM measure, prompt
          WHERE prompt.hash = 'p1'
          """)
    }
    try queue.close()
    let toy = Toy(count: 4)
    let counter = toy.counter
    // It waits for the other one until it is stopped.
    let deadline = Date.now.addingTimeInterval(0.5)
    #expect(
      try toy.run(path, isStopped: { counter.total == 3 && Date.now > deadline }) == false)
    #expect(try contents(path)["model score"]?.keys.sorted() == [0, 2, 3])
  }
}
