// What `gar inspect` says of a model, for people and as JSON.

import Checkpoints
import Engine
import JSONText
import Tokenization

struct ModelReport {
  let loaded: LoadedModel
  let checkpoint: Checkpoint
  let memory: MemoryEstimate

  private var configuration: ModelConfiguration { loaded.model.configuration }
  private var sorted: [CheckpointTensor] {
    checkpoint.tensors.values.sorted { naturallyPrecedes($0.name, $1.name) }
  }
  private var mappedBytes: Int { checkpoint.files.reduce(0) { $0 + $1.bytes.count } }

  /// Element type, tensors of it, and their bytes; most bytes first.
  private var types: [(name: String, count: Int, bytes: Int)] {
    Dictionary(grouping: checkpoint.tensors.values, by: \.type.name)
      .map { ($0, $1.count, $1.reduce(0) { $0 + $1.byteCount }) }
      .sorted { ($0.2, $1.0) > ($1.2, $0.0) }
  }

  // MARK: Text

  func text(listingTensors: Bool) -> String {
    var facts = Table(["", ""])
    for (name, value) in configurationFacts + fileFacts + tokenizerFacts {
      facts.add([name, value])
    }
    guard listingTensors else { return facts.text }
    var tensors = Table(["tensor", "type", "shape", ">bytes"])
    for tensor in sorted {
      tensors.add([
        tensor.name, tensor.type.name, shapeText(tensor.shape), "\(tensor.byteCount)",
      ])
    }
    return facts.text + "\n\n" + tensors.text
  }

  private var configurationFacts: [(String, String)] {
    let model = configuration, attention = model.attention
    let sharing =
      attention.kvHeadCount == attention.headCount
      ? "" : ", \(attention.kvHeadCount) key/value heads"
    return [
      ("model", "\(loaded.name) (\(loaded.model.path))"),
      ("family", model.family),
      ("layers", "\(model.layerCount)"),
      ("heads", "\(model.headCount) of width \(model.dHead)\(sharing)"),
      ("residual stream", "\(model.dModel)"),
      ("MLP", "\(model.dMLP)"),
      ("vocabulary", "\(model.vocabularySize)" + (model.tiesEmbedding ? ", tied unembedding" : "")),
      ("context", "\(model.contextLength) tokens"),
      (
        "norm",
        "\(model.norm.kind == .rms ? "RMSNorm" : "LayerNorm"), epsilon \(model.norm.epsilon)"
      ),
      (
        "positions", model.rope.map { "RoPE, base \($0.base), width \($0.width)" } ?? "learned"
      ),
    ]
  }

  private var fileFacts: [(String, String)] {
    let typeText = types.map { "\($0.count) \($0.name) (\(byteText($0.bytes)))" }
    return [
      ("parameters", grouped(loaded.model.parameterCount)),
      ("tensors", typeText.joined(separator: ", ")),
      ("mapped", "\(byteText(mappedBytes)) in \(checkpoint.files.count) file(s)"),
      (
        "memory",
        "\(byteText(mappedBytes)) of weights, paged in as used; for \(memory.tokenCount) tokens "
          + "\(byteText(memory.forward)) to run, \(byteText(memory.attribution)) for attribution"
      ),
      ("available", availableText),
    ]
  }

  private var availableText: String {
    guard let available = memory.available else { return "this system does not say" }
    let judgement =
      available >= memory.total(.attribution)
      ? "enough" : available >= memory.total(.forward) ? "enough to run only" : "too little"
    return "\(byteText(available)) of memory: \(judgement)"
  }

  private var tokenizerFacts: [(String, String)] {
    guard let tokenizer = loaded.tokenizer else {
      return [("tokenizer", "none that can be used: give prompts as --tokens")]
    }
    func special(_ id: Int32?) -> String {
      id.map { "\(tokenizer.rawPiece($0) ?? "?") (\($0))" } ?? "none"
    }
    return [
      (
        "tokenizer",
        "\(tokenizer.vocabularySize) ids, BOS \(special(tokenizer.bosTokenID)), "
          + "EOS \(special(tokenizer.eosTokenID))"
      )
    ]
  }

  // MARK: JSON

  func json(listingTensors: Bool) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("path", .string(loaded.model.path)), ("name", .string(loaded.name)),
      ("configuration", configurationJSON),
      ("parameters", .int(loaded.model.parameterCount)),
      ("tensorCount", .int(checkpoint.tensors.count)),
      ("types", .object(types.map { ($0.name, .object(typeMembers($0))) })),
      ("mappedBytes", .int(mappedBytes)),
      (
        "expectedBytes",
        .object([
          ("tokens", .int(memory.tokenCount)), ("weights", .int(mappedBytes)),
          ("forward", .int(memory.forward)), ("attribution", .int(memory.attribution)),
          ("available", memory.available.map { .int($0) } ?? .null),
        ])
      ),
      ("tokenizer", tokenizerJSON),
    ]
    if listingTensors { members.append(("tensors", .array(sorted.map(tensorJSON)))) }
    return .object(members)
  }

  private func typeMembers(_ type: (name: String, count: Int, bytes: Int)) -> [(String, JSONValue)]
  {
    [("tensors", .int(type.count)), ("bytes", .int(type.bytes))]
  }

  private var configurationJSON: JSONValue {
    let model = configuration
    return .object([
      ("family", .string(model.family)), ("layerCount", .int(model.layerCount)),
      ("headCount", .int(model.headCount)), ("kvHeadCount", .int(model.attention.kvHeadCount)),
      ("dHead", .int(model.dHead)), ("dModel", .int(model.dModel)), ("dMLP", .int(model.dMLP)),
      ("vocabularySize", .int(model.vocabularySize)),
      ("contextLength", .int(model.contextLength)), ("epsilon", .float(model.norm.epsilon)),
      ("ropeBase", model.rope.map { .double($0.base) } ?? .null),
      ("tiesEmbedding", .bool(model.tiesEmbedding)),
    ])
  }

  private var tokenizerJSON: JSONValue {
    guard let tokenizer = loaded.tokenizer else { return .null }
    return .object([
      ("vocabularySize", .int(tokenizer.vocabularySize)),
      ("bos", tokenizer.bosTokenID.map { .int(Int($0)) } ?? .null),
      ("eos", tokenizer.eosTokenID.map { .int(Int($0)) } ?? .null),
    ])
  }

  private func tensorJSON(_ tensor: CheckpointTensor) -> JSONValue {
    .object([
      ("name", .string(tensor.name)), ("type", .string(tensor.type.name)),
      ("shape", .array(tensor.shape.map { .int($0) })), ("bytes", .int(tensor.byteCount)),
    ])
  }
}

private func shapeText(_ shape: [Int]) -> String {
  shape.isEmpty ? "scalar" : shape.map(String.init).joined(separator: "×")
}

/// `1,934,976`.
func grouped(_ number: Int) -> String {
  let digits = String(number.magnitude)
  var text = ""
  for (index, digit) in digits.enumerated() {
    if index > 0, (digits.count - index).isMultiple(of: 3) { text += "," }
    text.append(digit)
  }
  return (number < 0 ? "-" : "") + text
}

/// Whether `a` sorts before `b` with numbers by value: layer 2 before layer 10.
func naturallyPrecedes(_ a: String, _ b: String) -> Bool {
  func key(_ text: String) -> [Part] {
    text.split(separator: ".").map { part in Int(part).map(Part.number) ?? .word(String(part)) }
  }
  return key(a).lexicographicallyPrecedes(key(b), by: <)
}

private enum Part: Comparable {
  case number(Int)
  case word(String)
}
