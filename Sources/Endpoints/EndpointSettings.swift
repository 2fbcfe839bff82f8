// Which server and model are asked, and how.

import Foundation

/// The two ways of asking that OpenAI-compatible servers have.
public enum EndpointAPI: String, Sendable, CaseIterable {
  /// The model goes on with a text: `/completions`.
  case completions
  /// The model answers a message: `/chat/completions`.
  case chat

  var path: String {
    switch self {
    case .completions: "completions"
    case .chat: "chat/completions"
    }
  }
}

/// Everything that a run of questions to a server is set by.
public struct EndpointSettings: Sendable {
  /// Up to where the paths begin, without a slash at its end: `http://localhost:8080/v1`.
  public let url: String
  /// What the server calls the model.
  public let model: String
  /// `nil`: completions, or chat where the server has no completions for this model.
  public var api: EndpointAPI?
  /// The environment variable that holds the key; the key itself is in no message.
  public var keyVariable = "OPENAI_API_KEY"
  var key: String?
  /// How many requests are under way at once.
  public var concurrency = 4
  public var requestsPerMinute: Double?
  /// How often a request is tried again after its first failure.
  public var retries = 5
  /// For one request.
  public var timeout: Duration = .seconds(120)
  /// The most tokens of an answer that is generated.
  public var maxTokens = 32

  /// - Parameters:
  ///   - url: the server's address up to the version: `http://localhost:8080/v1`.
  ///   - model: what the server calls the model.
  /// - Throws: `EndpointError.badURL`.
  public init(url: String, model: String) throws(EndpointError) {
    self.url = try Self.checked(url)
    self.model = model
  }

  /// Takes the key from a variable of the environment. A variable that is unset or empty means no
  /// key, which servers of one's own mostly need none of.
  ///
  /// - Parameters:
  ///   - variable: its name.
  ///   - environment: where to look.
  /// - Throws: `EndpointError.badKey` for a key that cannot stand in a header.
  public mutating func takeKey(
    from variable: String, environment: [String: String]
  ) throws(EndpointError) {
    keyVariable = variable
    let value = environment[variable]?.trimmingCharacters(in: .whitespacesAndNewlines) ?? ""
    guard value.unicodeScalars.allSatisfy({ (0x21...0x7E).contains($0.value) }) else {
      throw .badKey(variable: variable)
    }
    key = value.isEmpty ? nil : value
  }

  private static func checked(_ text: String) throws(EndpointError) -> String {
    func bad(_ problem: String) -> EndpointError { .badURL(url: text, problem: problem) }
    guard let parts = URLComponents(string: text), let scheme = parts.scheme?.lowercased(),
      scheme == "http" || scheme == "https"
    else { throw bad("it must begin with http:// or https://") }
    // Said without the address, which holds a secret here.
    guard parts.user == nil, parts.password == nil else {
      throw .badURL(
        url: "\(scheme)://…", problem: "put the key into an environment variable, not the address")
    }
    guard let host = parts.host, !host.isEmpty else { throw bad("it names no host") }
    guard parts.query == nil, parts.fragment == nil else {
      throw bad("nothing may follow its path")
    }
    var address = text
    while address.hasSuffix("/") { address.removeLast() }
    for api in [EndpointAPI.chat, .completions] where address.hasSuffix("/" + api.path) {
      address.removeLast(api.path.count + 1)
    }
    return address
  }
}
