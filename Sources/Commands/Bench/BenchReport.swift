// What `gar bench` prints.

import JSONText

struct BenchReport {
  let model: String
  let loadMilliseconds: Double
  let timing: ModelTiming
  let peakBytes: Int
  let machine: MachineSpeed

  private var modelTimes: [(key: String, name: String, milliseconds: Double)] {
    [
      ("load", "load model and tokenizer", loadMilliseconds),
      ("forward", "forward pass", timing.forward),
      ("attributionPatching", "attribution patching, all heads", timing.attributionPatching),
      ("activationPatching", "exact patching, all heads", timing.activationPatching),
      ("headToggle", "toggle one head, new answer", timing.headToggle),
    ]
  }

  var text: String {
    var products = Table(["product", ">ms", ">share", "of"])
    for product in machine.products {
      products.add([
        "\(product.rows)×4096×4096 \(product.type)", fixed(product.seconds * 1000, 2),
        percent(product.share), product.rows == 1 ? "read bandwidth" : "peak",
      ])
    }
    var times = Table(["\(model), \(timing.tokenCount) tokens", ">ms"])
    for time in modelTimes { times.add([time.name, fixed(time.milliseconds, 2)]) }
    return """
      \(machine.instructionSet), \(machine.threads) thread(s): peak \
      \(fixed(machine.peakFLOPS / 1e9, 1)) GFLOP/s, read bandwidth \
      \(fixed(machine.readBandwidth / 1e9, 1)) GB/s

      \(products.text)

      \(times.text)
      peak resident memory  \(byteText(peakBytes))
      """
  }

  var json: JSONValue {
    .object([
      (
        "machine",
        .object([
          ("instructionSet", .string(machine.instructionSet)), ("threads", .int(machine.threads)),
          ("peakFLOPS", .double(machine.peakFLOPS)),
          ("readBandwidth", .double(machine.readBandwidth)),
        ])
      ),
      ("products", .array(machine.products.map(productJSON))),
      (
        "model",
        .object([
          ("name", .string(model)), ("tokens", .int(timing.tokenCount)),
          ("milliseconds", .object(modelTimes.map { ($0.key, .double($0.milliseconds)) })),
          ("peakResidentBytes", .int(peakBytes)),
        ])
      ),
    ])
  }

  private func productJSON(_ product: ProductSpeed) -> JSONValue {
    .object([
      ("type", .string(product.type)), ("rows", .int(product.rows)),
      ("milliseconds", .double(product.seconds * 1000)), ("share", .double(product.share)),
      ("of", .string(product.rows == 1 ? "readBandwidth" : "peakFLOPS")),
    ])
  }
}
