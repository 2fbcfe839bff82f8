// What `gar bench` prints.

import JSONText

struct BenchReport {
  var model = ""
  var tokenCount = 0
  var firstDifference = 0
  /// Of the layers, how many were patched, where not all were.
  var patchedLayers: (count: Int, all: Int)?
  var load: Reading?
  var tasks: [TaskReading] = []
  var peers: [PeerReading] = []
  var peakBytes: Int?
  var machine: MachineSpeed?

  // MARK: Text

  var text: String {
    var parts: [String] = []
    if let machine { parts.append(machineText(machine)) }
    if load != nil || !tasks.isEmpty { parts.append(modelText) }
    if !peers.isEmpty { parts.append(peerText) }
    return parts.joined(separator: "\n\n")
  }

  private func machineText(_ machine: MachineSpeed) -> String {
    var products = Table(["product", ">ms (least–most)", ">share", "of"])
    for product in machine.products {
      products.add([
        "\(product.rows)×\(product.shape.inputs)×\(product.shape.outputs) \(product.type)",
        product.seconds.text, percent(product.share), product.rows == 1 ? "read bandwidth" : "peak",
      ])
    }
    return """
      \(machine.instructionSet), \(machine.threads) thread(s): peak \
      \(fixed(machine.peakFLOPS / 1e9, 1)) GFLOP/s, read bandwidth \
      \(fixed(machine.readBandwidth / 1e9, 1)) GB/s

      \(products.text)
      """
  }

  private var modelText: String {
    var times = Table([model, ">ms (least–most)", ">tokens/s", ""])
    if let load { times.add(["load model and tokenizer", load.text, "", ""]) }
    for task in tasks {
      times.add([
        task.task.title, task.reading.text, task.tokensPerSecond.map { fixed($0, 1) } ?? "",
        remark(task),
      ])
    }
    let peak = peakBytes.map { "\npeak resident memory  \(byteText($0))" } ?? ""
    return times.text + "\n\(itemText)\(peak)"
  }

  private var itemText: String {
    "the item has \(tokenCount) tokens and differs from its corrupted prompt from token "
      + "\(firstDifference) on"
  }

  private func remark(_ task: TaskReading) -> String {
    if let share = task.bandwidthShare { return "\(percent(share)) of read bandwidth" }
    if task.task == .patching, let patchedLayers {
      return "\(patchedLayers.count) of \(patchedLayers.all) layers, scaled up"
    }
    if task.task.isAttribution, let bytes = task.ownBytes { return byteText(bytes) }
    return ""
  }

  private var peerText: String {
    var table = Table([
      "", "against", ">ms", ">theirs", ">ratio", ">memory", ">theirs", ">scores differ",
    ])
    for peer in peers {
      let hasMemory = peer.task.isAttribution
      table.add([
        peer.task.title, peer.peer, peer.own.reading.text, peer.other.reading.text,
        fixed(peer.ratio, 2) + "×", hasMemory ? peer.own.ownBytes.map(byteText) ?? "" : "",
        hasMemory ? peer.other.ownBytes.map(byteText) ?? "" : "",
        peer.disagreement.map { scientific($0) } ?? "",
      ])
    }
    return table.text
  }

  // MARK: JSON

  var json: JSONValue {
    var members: [(String, JSONValue)] = []
    if let machine {
      members.append(("machine", machineJSON(machine)))
      members.append(("products", .array(machine.products.map(productJSON))))
    }
    members.append(("model", modelJSON))
    if !peers.isEmpty { members.append(("peers", .array(peers.map(peerJSON)))) }
    return .object(members)
  }

  private func machineJSON(_ machine: MachineSpeed) -> JSONValue {
    .object([
      ("instructionSet", .string(machine.instructionSet)), ("threads", .int(machine.threads)),
      ("peakFLOPS", .double(machine.peakFLOPS)), ("readBandwidth", .double(machine.readBandwidth)),
    ])
  }

  private func productJSON(_ product: ProductSpeed) -> JSONValue {
    .object([
      ("type", .string(product.type)), ("rows", .int(product.rows)),
      ("inputs", .int(product.shape.inputs)), ("outputs", .int(product.shape.outputs)),
      ("milliseconds", .double(product.seconds.median * 1000)), ("share", .double(product.share)),
      ("of", .string(product.rows == 1 ? "readBandwidth" : "peakFLOPS")),
    ])
  }

  private var modelJSON: JSONValue {
    var times: [(String, JSONValue)] = load.map { [("load", .double($0.median * 1000))] } ?? []
    times += tasks.map { ($0.task.key, .double($0.reading.median * 1000)) }
    return .object([
      ("name", .string(model)), ("tokens", .int(tokenCount)),
      ("firstDifference", .int(firstDifference)), ("milliseconds", .object(times)),
      ("tasks", .array(tasks.map(taskJSON))),
      ("peakResidentBytes", peakBytes.map { .int($0) } ?? .null),
    ])
  }

  private func taskJSON(_ task: TaskReading) -> JSONValue {
    var members: [(String, JSONValue)] = [
      ("task", .string(task.task.key)),
      ("seconds", .array(task.reading.seconds.map { .double($0) })),
    ]
    if let rate = task.tokensPerSecond { members.append(("tokensPerSecond", .double(rate))) }
    if let share = task.bandwidthShare { members.append(("bandwidthShare", .double(share))) }
    if let bytes = task.ownBytes { members.append(("ownBytes", .int(bytes))) }
    if task.task == .patching, let patchedLayers {
      members.append(("patchedLayers", .int(patchedLayers.count)))
    }
    return .object(members)
  }

  private func peerJSON(_ peer: PeerReading) -> JSONValue {
    .object([
      ("peer", .string(peer.peer)), ("own", taskJSON(peer.own)), ("other", taskJSON(peer.other)),
      ("ratio", .double(peer.ratio)),
      ("disagreement", peer.disagreement.map { .double($0) } ?? .null),
    ])
  }
}
