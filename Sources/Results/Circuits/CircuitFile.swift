// Circuits as JSON: what `gar circuit --save` writes and `gar circuit --intersect` reads.

import Engine
import Foundation
import Interpretability
import JSONText

/// A circuit with the model and the items that it was found in.
///
/// The file: `{"format": "gar-circuit/1", "model": "small", "layers": 6, "heads": 8, "method": …,
/// "subject": …, "nodes": […], "edges": […], "loops": […]}`.
public struct CircuitFile: Sendable, Equatable {
  public static let format = "gar-circuit/1"

  public var model: String
  /// The item's id, or what set it is the mean of.
  public var subject: String
  /// What stands at each role, for one item: `Q` → `Mary`.
  public var words: [String: String]
  public var circuit: Circuit

  public init(
    model: String, subject: String, words: [String: String] = [:], circuit: Circuit
  ) {
    self.model = model
    self.subject = subject
    self.words = words
    self.circuit = circuit
  }

  // MARK: Writing

  package var json: JSONValue {
    let reference = circuit.referenceMetric.map { JSONValue.float($0) } ?? .null
    return .object([
      ("format", .string(Self.format)), ("model", .string(model)),
      ("layers", .int(circuit.layerCount)), ("heads", .int(circuit.headCount)),
      ("method", .string(circuit.method.rawValue)), ("subject", .string(subject)),
      ("items", .int(circuit.itemCount)), ("cleanMetric", .float(circuit.cleanMetric)),
      ("referenceMetric", reference),
      ("words", .object(words.sorted { $0.key < $1.key }.map { ($0, .string($1)) })),
      ("nodes", .array(circuit.nodes.map(Self.json))),
      ("edges", .array(circuit.edges.map(Self.json))),
      ("loops", .array(circuit.cycles.map(Self.json))),
    ])
  }

  /// The file's content.
  public var jsonText: String { json.text + "\n" }

  private static func json(_ node: CircuitNode) -> JSONValue {
    let pair = node.rolePair.map { pair in
      JSONValue.object([
        ("query", .string(pair.query)), ("key", .string(pair.key)),
        ("attribution", .float(pair.attribution)), ("attention", .float(pair.attention)),
      ])
    }
    return .object([
      ("site", .string(node.id.site.name)), ("role", .optional(node.id.role)),
      ("score", .float(node.score)), ("rolePair", pair ?? .null),
      ("class", .optional(node.job?.title)), ("items", .int(node.itemCount)),
    ])
  }

  private static func json(_ edge: CircuitEdge) -> JSONValue {
    .object([
      ("sender", .string(edge.sender.site.name)), ("senderRole", .optional(edge.sender.role)),
      ("receiver", .string(edge.receiver.site.name)),
      ("receiverRole", .optional(edge.receiver.role)), ("input", .string(edge.input.rawValue)),
      ("score", .float(edge.score)),
    ])
  }

  private static func json(_ cycle: RoleCycle) -> JSONValue {
    .object([
      ("roles", .array(cycle.roles.map { .string($0) })), ("strength", .float(cycle.strength)),
      (
        "links",
        .array(
          cycle.links.map { link in
            .object([
              ("from", .string(link.from)), ("to", .string(link.to)),
              ("heads", .array(link.heads.map { .string($0.dotted) })),
              ("strength", .float(link.strength)),
            ])
          })
      ),
    ])
  }

  // MARK: Reading

  /// - Throws: `CircuitFileError`, naming the file and what is wrong.
  public init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CircuitFileError.unreadable(path)
    }
    do {
      try self.init(CircuitReader(try JSONValue.read([UInt8](data), rules: .strict)))
    } catch let problem as CircuitReader.Problem {
      throw CircuitFileError.notACircuit(path, problem.what)
    } catch {
      throw CircuitFileError.notACircuit(path, "\(error)")
    }
  }

  private init(_ reader: CircuitReader) throws(CircuitReader.Problem) {
    guard try reader.string("format") == Self.format else {
      throw .init(what: "\"format\" is not \"\(Self.format)\"")
    }
    model = try reader.string("model")
    subject = try reader.string("subject")
    var words: [String: String] = [:]
    for member in reader.value["words"]?.object?.members ?? [] {
      words[member.key] = member.value.string
    }
    self.words = words
    let layers = try reader.count("layers"), heads = try reader.count("heads")
    circuit = Circuit(
      method: try reader.choice("method"), layerCount: layers, headCount: heads,
      nodes: try reader.list("nodes") { node throws(CircuitReader.Problem) in
        try Self.node(node, layers, heads)
      },
      edges: try reader.list("edges") { edge throws(CircuitReader.Problem) in
        CircuitEdge(
          sender: try edge.id("sender", "senderRole", layers, heads),
          receiver: try edge.id("receiver", "receiverRole", layers, heads),
          input: try edge.choice("input"), score: try edge.float("score"))
      }, itemCount: try reader.count("items"), cleanMetric: try reader.float("cleanMetric"),
      referenceMetric: reader.value["referenceMetric"]?.double.map { Float($0) })
    circuit.cycles = circuit.roleCycles()
  }

  private static func node(
    _ node: CircuitReader, _ layers: Int, _ heads: Int
  ) throws(CircuitReader.Problem) -> CircuitNode {
    var pair: RolePair?
    if let value = node.value["rolePair"], !value.isNull {
      let reader = CircuitReader(value)
      pair = RolePair(
        query: try reader.string("query"), key: try reader.string("key"),
        attribution: try reader.float("attribution"), attention: try reader.float("attention"))
    }
    return CircuitNode(
      id: try node.id("site", "role", layers, heads), score: try node.float("score"),
      rolePair: pair, job: node.value["class"]?.string.flatMap(HeadJob.init(title:)),
      itemCount: try node.count("items"))
  }
}

/// One object of a circuit's file.
struct CircuitReader {
  struct Problem: Error {
    var what: String
  }

  let value: JSONValue

  init(_ value: JSONValue) { self.value = value }

  func string(_ key: String) throws(Problem) -> String {
    guard let text = value[key]?.string else { throw lacks(key, "a string") }
    return text
  }

  func float(_ key: String) throws(Problem) -> Float {
    guard let number = value[key]?.double, number.isFinite else { throw lacks(key, "a number") }
    return Float(number)
  }

  func count(_ key: String) throws(Problem) -> Int {
    guard let number = value[key]?.int, (0...1_000_000).contains(number) else {
      throw lacks(key, "a count")
    }
    return number
  }

  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ key: String
  ) throws(Problem) -> Choice {
    guard let choice = try Choice(rawValue: string(key)) else {
      let known = Choice.allCases.map(\.rawValue).joined(separator: ", ")
      throw lacks(key, "one of \(known)")
    }
    return choice
  }

  func list<Element>(
    _ key: String, _ read: (CircuitReader) throws(Problem) -> Element
  ) throws(Problem) -> [Element] {
    guard let array = value[key]?.array else { throw lacks(key, "a list") }
    var elements: [Element] = []
    for value in array { elements.append(try read(CircuitReader(value))) }
    return elements
  }

  /// A node of a model of that shape.
  func id(
    _ key: String, _ role: String, _ layers: Int, _ heads: Int
  ) throws(Problem) -> CircuitNode.ID {
    let name = try string(key)
    guard let site = CircuitSite(name: name) else {
      throw lacks(key, "embedding, logits, mlp.LAYER or LAYER.HEAD")
    }
    switch site {
    case .head(let head) where head.layer >= layers || head.head >= heads:
      throw Problem(what: "head \(name) is not in a model of \(layers) layers of \(heads) heads")
    case .mlp(let layer) where layer >= layers:
      throw Problem(what: "\(name) is not in a model of \(layers) layers")
    default: return .init(site, role: value[role]?.string)
    }
  }

  private func lacks(_ key: String, _ what: String) -> Problem {
    Problem(what: "\"\(key)\" is not \(what)")
  }
}

public enum CircuitFileError: Error, Equatable, Sendable, CustomStringConvertible {
  case unreadable(String)
  case notACircuit(String, String)

  public var description: String {
    switch self {
    case .unreadable(let path):
      "\(path): cannot be read; give a file that `gar circuit --save` wrote"
    case .notACircuit(let path, let reason):
      "\(path): no circuit: \(reason); give a file that `gar circuit --save` wrote"
    }
  }
}
