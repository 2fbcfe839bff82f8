// Parses the arguments, runs the command they name, and turns what it throws into one line and an
// exit status.

import ArgumentParser
import Foundation

/// Runs the program and returns its exit status.
func runProgram(_ arguments: [String]) -> Int32 {
  // A reader that has enough is no failure: writing then fails with EPIPE, see `StandardOutput`.
  signal(SIGPIPE, SIG_IGN)
  do {
    try rejectUnknownCommand(arguments)
    var command = try Gar.parseAsRoot(arguments)
    try command.run()
    try StandardOutput.flush()
    return ExitStatus.done
  } catch {
    return report(error)
  }
}

/// The parser would take a misspelt command for an argument of the default one.
private func rejectUnknownCommand(_ arguments: [String]) throws {
  guard let first = arguments.first, !first.hasPrefix("-") else { return }
  let known = Gar.configuration.subcommands.map { $0._commandName } + ["help"]
  guard !known.contains(first) else { return }
  throw CommandError.usage(
    "there is no command '\(first)'; known are \(known.joined(separator: ", "))")
}

/// Says what went wrong in one line on standard error, and returns the exit status it means.
private func report(_ error: any Error) -> Int32 {
  if error is OutputClosed { return ExitStatus.done }
  if let code = error as? ExitCode { return code.rawValue }
  if let status = ExitStatus.of(error) {
    note("\(error)")
    return status
  }
  let code = Gar.exitCode(for: error)
  if code == .success {
    // Help, the version, and completion scripts arrive as errors.
    return printed(Gar.fullMessage(for: error))
  }
  if code == .validationFailure {
    note(usageLine(error))
    return ExitStatus.usage
  }
  note(plainReason(error))
  return ExitStatus.failed
}

private func printed(_ text: String) -> Int32 {
  do {
    try StandardOutput.line(text)
    try StandardOutput.flush()
    return ExitStatus.done
  } catch {
    return error is OutputClosed ? ExitStatus.done : ExitStatus.failed
  }
}

/// The parser's message and where to read more.
private func usageLine(_ error: any Error) -> String {
  let message = Gar.message(for: error)
  if message.contains("Unknown option '--fast'") { return FastOption.refusal }
  let pointer = Gar.fullMessage(for: error).split(separator: "\n")
    .compactMap { $0.firstMatch(of: /See '(.*)' for more/)?.1 }.first
  guard let pointer else { return message }
  let sentence = message.hasSuffix(".") ? String(message.dropLast()) : message
  return sentence.hasSuffix("?") ? "\(sentence) See \(pointer)" : "\(sentence); see \(pointer)"
}

/// Foundation's errors describe themselves for people only in this way.
private func plainReason(_ error: any Error) -> String {
  error is CocoaError || error is POSIXError ? error.localizedDescription : "\(error)"
}
