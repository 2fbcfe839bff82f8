// What can go wrong between us and a model behind a server.

import Foundation

/// Why a model behind a server cannot be asked.
public enum EndpointError: Error, Equatable, CustomStringConvertible {
  case badURL(url: String, problem: String)
  case badKey(variable: String)
  /// libcurl is missing or broken.
  case noClient(reason: String)
  case unreachable(url: String, reason: String)
  case insecure(url: String, reason: String)
  case unauthorized(url: String, status: Int, variable: String, hasKey: Bool)
  /// No such path, or no such model; `models` is what the server has, where it says so.
  case notFound(url: String, model: String, models: [String])
  /// The server will not do what was asked.
  case refused(url: String, status: Int, message: String)
  /// The account is used up, or the server asks to wait for very long.
  case limited(url: String, reason: String)
  /// Nothing came of any try.
  case exhausted(url: String, tries: Int, reason: String)
  case unexpected(url: String, problem: String)
  /// The answer was cut off before it began, as reasoning models do that think first.
  case noAnswer(maxTokens: Int)

  public var description: String {
    switch self {
    case .badURL(let url, let problem):
      "--endpoint: \(url) is no address of a server: \(problem); "
        + "give one such as http://localhost:8080/v1"
    case .badKey(let variable):
      "the key in \(variable) holds characters that no key has; set the variable anew"
    case .noClient(let reason): reason
    case .unreachable(let url, let reason):
      "\(url): \(reason); check the address and that the server runs"
    case .insecure(let url, let reason):
      "\(url): no secure connection: \(reason); check the server's certificate, "
        + "or write http:// for a server without one"
    case .unauthorized(let url, let status, let variable, let hasKey):
      "\(url): the server refuses access (status \(status)); "
        + (hasKey
          ? "check the key in \(variable), or name another variable with --key-env"
          : "\(variable) holds no key: set it, or name another variable with --key-env")
    case .notFound(let url, let model, let models): notFound(url, model, models)
    case .refused(let url, let status, let message):
      "\(url): the server refuses the request (status \(status)): \(message)"
    case .limited(let url, let reason):
      "\(url): the server takes no more requests for now: \(reason)"
    case .exhausted(let url, let tries, let reason):
      "\(url): \(reason), after \(tries) \(tries == 1 ? "try" : "tries")"
    case .unexpected(let url, let problem):
      "\(url): not an answer of an OpenAI-compatible server: \(problem); "
        + "check that the address ends as the server wants it, mostly in /v1"
    case .noAnswer(let maxTokens):
      "the model used all of its \(maxTokens) tokens before it answered; raise --max-tokens"
    }
  }

  /// Whether another item might have fared better.
  var isAboutItem: Bool {
    switch self {
    case .refused, .noAnswer: true
    default: false
    }
  }

  private func notFound(_ url: String, _ model: String, _ models: [String]) -> String {
    let known = models.prefix(12).joined(separator: ", ") + (models.count > 12 ? ", …" : "")
    if models.isEmpty {
      return "\(url): not found (status 404); check the address, which mostly ends in /v1, "
        + "and the model's name, \(model)"
    }
    if models.contains(model) {
      return "\(url): the server has the model \(model) but does not answer this way; try --api"
    }
    return "\(url): the server has no model \(model); it has \(known)"
  }
}

/// An error about one item, with what is left of the run.
public struct EndpointRunError: Error, CustomStringConvertible {
  public let item: String
  public let cause: EndpointError
  /// How many items are answered, of how many.
  public let answered, total: Int
  /// Where the answers are kept.
  public let file: String?

  public var description: String {
    let kept =
      if let file {
        "\(answered) of \(total) answers are kept in \(file): run the same command again to ask "
          + "the rest"
      } else {
        "\(answered) of \(total) items were answered and are lost; "
          + "with --results FILE they are kept and only the rest is asked again"
      }
    let reason = cause.isAboutItem ? "item \(item): \(cause)" : "\(cause)"
    return answered > 0 ? "\(reason); \(kept)" : reason
  }
}
