// Threads that ask questions side by side and hand the answers to the thread that waits for them.

import Foundation

/// A queue of questions and the threads that ask them.
final class Workers: @unchecked Sendable {
  struct Failure: Error {
    var index: Int
    var cause: EndpointError
  }

  private let questions: [EndpointQuestion]
  private let dialect: Dialect
  /// Blamed where a thread cannot begin.
  private let first: Int
  private let makeAsker: @Sendable () throws(EndpointError) -> Asker
  // The condition guards everything below it.
  private let condition = NSCondition()
  private var waiting: ArraySlice<Int>
  private var answers: [(index: Int, answer: EndpointAnswer)] = []
  /// How many answers have come, and how many of them the waiting thread is done with.
  private var arrived = 0, taken = 0
  private var isStopped = false
  private var failure: Failure?
  private var running = 0

  /// - Parameters:
  ///   - questions: the whole set.
  ///   - waiting: the indices of those to ask.
  ///   - dialect: how.
  ///   - makeAsker: called on every thread for a connection of its own.
  init(
    _ questions: [EndpointQuestion], _ waiting: ArraySlice<Int>, _ dialect: Dialect,
    makeAsker: @escaping @Sendable () throws(EndpointError) -> Asker
  ) {
    self.questions = questions
    self.waiting = waiting
    first = waiting.first ?? 0
    self.dialect = dialect
    self.makeAsker = makeAsker
  }

  /// Asks all questions. After a failure no other is begun, and those under way are still taken.
  ///
  /// - Parameters:
  ///   - count: how many threads.
  ///   - take: called on this thread with every answer, in the order of arrival.
  /// - Throws: `Failure`, the first; what `take` throws.
  func run(count: Int, take: (Int, EndpointAnswer) throws -> Void) throws {
    running = min(count, waiting.count)
    for number in 0..<running {
      let thread = Thread { self.work() }
      thread.name = "endpoint-\(number)"
      thread.start()
    }
    do {
      while let (index, answer) = nextAnswer() {
        try take(index, answer)
        noteTaken()
      }
    } catch {
      stop()
      throw error
    }
    if let failure = condition.withLock({ failure }) { throw failure }
  }

  private func stop() {
    condition.withLock {
      (waiting, isStopped) = ([], true)
      condition.broadcast()
    }
  }

  private func noteTaken() {
    condition.withLock {
      taken += 1
      condition.broadcast()
    }
  }

  /// Waits until the answer is kept, so that an interruption costs none that came before another
  /// request was sent.
  private func deliver(_ index: Int, _ answer: EndpointAnswer) {
    condition.withLock {
      answers.append((index, answer))
      arrived += 1
      let number = arrived
      condition.broadcast()
      while taken < number, !isStopped { condition.wait() }
    }
  }

  /// Waits for an answer; `nil` when all threads have ended.
  private func nextAnswer() -> (index: Int, answer: EndpointAnswer)? {
    condition.withLock {
      while answers.isEmpty, running > 0 { condition.wait() }
      return answers.isEmpty ? nil : answers.removeFirst()
    }
  }

  private func work() {
    var index: Int?
    do {
      let asker = try makeAsker()
      while let next = condition.withLock({ waiting.popFirst() }) {
        index = next
        deliver(next, try asker.ask(questions[next], dialect))
      }
      finish(nil)
    } catch {
      finish(Failure(index: index ?? first, cause: error))
    }
  }

  private func finish(_ failure: Failure?) {
    condition.withLock {
      self.failure = self.failure ?? failure
      if failure != nil { waiting = [] }
      running -= 1
      condition.broadcast()
    }
  }
}
