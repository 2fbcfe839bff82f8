// A model behind a server instead of one that runs here: where it is and how it is asked.

import ArgumentParser
import Endpoints
import Foundation

struct EndpointOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Ask a model behind an OpenAI-compatible server, up to the version: http://localhost:8080/v1. "
        + "--model is then the server's name for it.", valueName: "url"))
  var endpoint: String?

  @Option(
    help: ArgumentHelp(
      "completions, or chat for models that only follow instructions; completions where the server "
        + "has them for the model, if not given."))
  var api: EndpointAPI?

  @Option(
    help: ArgumentHelp(
      "Environment variable that holds the server's key, if it wants one; OPENAI_API_KEY if not "
        + "given.", valueName: "name"))
  var keyEnv: String?

  @Option(help: ArgumentHelp("Requests under way at once; 4 if not given.", valueName: "count"))
  var concurrency: Int?

  @Option(help: ArgumentHelp("Requests a minute at most.", valueName: "count"))
  var rate: Double?

  @Option(
    help: ArgumentHelp(
      "How often a failed request is tried again, waiting longer each time; 5 if not given.",
      valueName: "count"))
  var retries: Int?

  @Option(
    help: ArgumentHelp("How long an answer may take; 120 if not given.", valueName: "seconds"))
  var timeout: Double?

  @Option(
    help: ArgumentHelp(
      "Tokens of a generated answer at most, thoughts included; 32 if not given.",
      valueName: "count"))
  var maxTokens: Int?

  @Option(
    help: ArgumentHelp(
      "Keep every answer in this file, and ask only what it lacks.", valueName: "file"))
  var results: String?

  func validate() throws {
    guard let endpoint else {
      if let option = firstGiven { throw ValidationError("\(option) is for --endpoint: give both") }
      return
    }
    func check(_ value: Int?, _ range: ClosedRange<Int>, _ option: String) throws {
      guard let value, !range.contains(value) else { return }
      throw ValidationError(
        "\(option) must be \(range.lowerBound) to \(range.upperBound), not \(value)")
    }
    try check(concurrency, 1...256, "--concurrency")
    try check(retries, 0...100, "--retries")
    try check(maxTokens, 1...1_000_000, "--max-tokens")
    if let rate, !(rate > 0 && rate <= 1e6) {
      throw ValidationError("--rate must be more than 0 and at most 1000000, not \(rate)")
    }
    if let timeout, !(timeout > 0 && timeout <= 86400) {
      throw ValidationError("--timeout must be more than 0 and at most 86400, not \(timeout)")
    }
    do { _ = try settings(model: "", url: endpoint) } catch { throw ValidationError("\(error)") }
  }

  private var firstGiven: String? {
    let given: [(String, Bool)] = [
      ("--api", api != nil), ("--key-env", keyEnv != nil), ("--concurrency", concurrency != nil),
      ("--rate", rate != nil), ("--retries", retries != nil), ("--timeout", timeout != nil),
      ("--max-tokens", maxTokens != nil), ("--results", results != nil),
    ]
    return given.first { $0.1 }?.0
  }

  /// How a model is asked.
  /// - Parameters:
  ///   - model: the server's name for it.
  ///   - url: the value of `--endpoint`.
  /// - Returns: the settings, with what was not given as it is by default.
  /// - Throws: `EndpointError` for an address or a key that cannot be used.
  func settings(model: String, url: String) throws -> EndpointSettings {
    var settings = try EndpointSettings(url: url, model: model)
    settings.api = api
    settings.concurrency = concurrency ?? settings.concurrency
    settings.requestsPerMinute = rate
    settings.retries = retries ?? settings.retries
    settings.timeout = timeout.map { .seconds($0) } ?? settings.timeout
    settings.maxTokens = maxTokens ?? settings.maxTokens
    if let keyEnv, ProcessInfo.processInfo.environment[keyEnv]?.isEmpty ?? true {
      throw CommandError.usage(
        "--key-env: the environment variable \(keyEnv) is not set; set it to the server's key")
    }
    try settings.takeKey(
      from: keyEnv ?? settings.keyVariable, environment: ProcessInfo.processInfo.environment)
    return settings
  }
}

extension EndpointOptions {
  /// What cannot be meant beside `--endpoint`.
  func check(models: ModelListOptions, edits: EditOptions) throws {
    guard endpoint != nil else { return }
    if models.model.isEmpty {
      throw ValidationError("--endpoint needs --model with the server's name for the model")
    }
    if results != nil, models.model.count > 1 {
      throw ValidationError("--results holds the answers of one model: give one --model")
    }
    if models.threads != nil {
      throw ValidationError("--threads is for models that run here, not for --endpoint")
    }
    if edits.summary != nil {
      throw ValidationError("heads can be changed in models that run here, not behind --endpoint")
    }
  }
}

extension EndpointAPI: ExpressibleByArgument {}
