// How far passes over a large model have come, for whoever waits for them.

/// Watches passes layer by layer.
public enum PassProgress {
  @TaskLocal private static var step: (@Sendable () throws -> Void)?

  /// Calls `step` whenever a forward or a backward pass has finished a layer during `body`. What it
  /// throws ends a forward pass; a backward pass goes on to its end.
  public static func watching<Result>(
    _ step: @escaping @Sendable () throws -> Void, during body: () throws -> Result
  ) rethrows -> Result {
    try $step.withValue(step, operation: body)
  }

  static func layerIsDone() throws { try step?() }
}
