// The interface to the model: requests in, findings out.

/// Answers the explorer's requests about one model and one set of items.
///
/// A workbench is plain blocking code: `WorkQueue` runs it on background threads, one for each
/// lane, and drops what is stale. `perform` is called from several threads at once.
public protocol Workbench: Sendable {
  var facts: ModelFacts { get }
  var items: [ItemSummary] { get }

  /// Answers one request.
  ///
  /// Long work calls `ticket.checkpoint()` between items or passes and returns when it says
  /// `false`. Findings that come in parts (`scores`, `verdicts`, `headClasses`) are reported as
  /// they are made; the last one has progress 1.
  /// - Throws: an error whose description goes to the message line as it is.
  func perform(
    _ request: Request, ticket: Ticket, report: @Sendable (Finding) -> Void) throws
}
