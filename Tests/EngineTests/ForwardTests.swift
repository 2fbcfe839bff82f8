// The engine's plain pass against values from transformers, and what must not change a bit of it.

import CKernels
import Engine
import TestSupport
import Testing

@Suite struct ForwardTests {
  static let everything: TraceOptions = [.backward, .rerun, .mlpOutput]

  @Test(arguments: ReferenceCase.names)
  func logitsAreThoseOfTransformers(name: String) throws {
    let tiny = try EngineFixture(name)
    let run = try tiny.model.forward(tiny.fixture.tokens, logits: .all)
    expectMatches("logits", run.logits, try tiny.arrays.array("logits"))
    let corrupted = try tiny.model.forward(tiny.fixture.corrupted, logits: .all)
    expectMatches("logits", corrupted.logits, try tiny.arrays.array("corrupted.logits"))
    #expect(abs(Double(tiny.metric.value(run)) - tiny.fixture.metric) < 1e-4)
    let largest =
      zip(run.logits.values, try tiny.arrays.values("logits"))
      .map { abs($0 - $1) }.max() ?? .infinity
    #expect(largest < 1e-4)
  }

  /// A failure here alone means that the model was trained anew: run `make_builtin.py`.
  @Test func theBuiltInModelGivesTheLogitsAndGradientOfTransformers() throws {
    let builtin = try EngineFixture("builtin")
    let run = try builtin.model.forward(
      builtin.fixture.tokens, recording: .backward, logits: .last(3))
    expectMatches("logits", run.logits, try builtin.arrays.array("logits"))
    let corrupted = try builtin.model.forward(builtin.fixture.corrupted, logits: .last(3))
    expectMatches("corrupted", corrupted.logits, try builtin.arrays.array("corrupted.logits"))
    let gradients = builtin.model.backward(run, of: builtin.metric, keeping: .embeddings)
    expectMatches(
      "grad_embeddings", gradients.gradEmbeddings, try builtin.arrays.array("grad_embeddings"))
  }

  @Test(arguments: ReferenceCase.names)
  func recordedActivationsAreThoseOfTransformers(name: String) throws {
    let tiny = try EngineFixture(name)
    let run = try tiny.model.forward(
      tiny.fixture.tokens, recording: Self.everything, logits: .all)
    #expect(run.layers.count == tiny.model.configuration.layerCount)
    for (index, layer) in run.layers.enumerated() {
      let parts: [(String, Tensor?)] = [
        ("resid_pre", layer.residPre), ("q", layer.q), ("k", layer.k), ("v", layer.v),
        ("pattern", layer.attentionPattern), ("z", layer.headZ), ("resid_mid", layer.residMid),
        ("mlp_output", layer.mlpOutput),
      ]
      for (part, found) in parts {
        if part == "resid_mid", tiny.model.configuration.isParallel {
          #expect(found == nil, "a parallel block has no stream between attention and MLP")
          continue
        }
        expectMatches("\(part).\(index)", found, try tiny.arrays.array("\(part).\(index)"))
      }
    }
    expectMatches("resid_final", run.residFinal, try tiny.arrays.array("resid_final"))
    // Exact, unless a scale is rounded to float32 and multiplied with.
    expectMatches(
      "embeddings", try tiny.model.embed(tiny.fixture.tokens), try tiny.arrays.array("embeddings"),
      relative: tiny.model.configuration.embeddingScale == 1 ? 0 : 2e-7)
  }

  @Test func aShardedCheckpointIsTheSameModel() throws {
    let tiny = try EngineFixture("half")
    let sharded = try Model.load(ReferenceCase.directory("half-sharded"))
    #expect(sharded.configuration == tiny.model.configuration)
    #expect(sharded.parameterCount == tiny.model.parameterCount)
    let tokens = tiny.fixture.tokens
    let logits = try tiny.model.forward(tokens, logits: .all).logits
    expectSameBits("logits", try sharded.forward(tokens, logits: .all).logits, logits)
  }

  @Test(arguments: ReferenceCase.names)
  func everyPatternRowSumsToOneAndSeesNoLaterKey(name: String) throws {
    let tiny = try EngineFixture(name)
    let run = try tiny.model.forward(tiny.fixture.tokens, recording: .attentionPattern)
    for layer in run.layers {
      let pattern = try #require(layer.attentionPattern)
      for head in 0..<pattern.shape[0] {
        for t in 0..<pattern.shape[1] {
          let row = (0..<pattern.shape[2]).map { pattern[head, t, $0] }
          #expect(abs(row.reduce(0, +) - 1) < 1e-6)
          #expect(row[(t + 1)...].allSatisfy { $0 == 0 })
        }
      }
    }
  }

  @Test(arguments: ["multihead", "grouped"])
  func headResultsSumToTheAttentionOutput(name: String) throws {
    let tiny = try EngineFixture(name)
    let weights = try ReferenceModel<Double>(directory: ReferenceCase.directory(name))
    let run = try tiny.model.forward(
      tiny.fixture.tokens, recording: [.headZ, .residualStream])
    let (heads, width) = (tiny.model.configuration.headCount, tiny.model.configuration.dHead)
    for (index, layer) in run.layers.enumerated() {
      let wO = try weights.weight("model.layers.\(index).self_attn.o_proj")
      let z = try #require(layer.headZ)
      let before = try #require(layer.residPre)
      let after = try #require(layer.residMid)
      for t in 0..<z.shape[0] {
        for d in 0..<wO.shape[0] {
          var (sum, size) = (Double(before[t, d]), abs(Double(before[t, d])))
          for h in 0..<heads {
            let result = (0..<width).reduce(0.0) {
              $0 + Double(z[t, h, $1]) * wO[d, h * width + $1]
            }
            sum += result
            size += abs(result)
          }
          #expect(abs(sum - Double(after[t, d])) < 1e-5 * size)
        }
      }
    }
  }

  // MARK: The same bits

  @Test(arguments: ReferenceCase.names)
  func whatIsRecordedOrAskedForChangesNoBit(name: String) throws {
    let tiny = try EngineFixture(name)
    let tokens = tiny.fixture.tokens
    let plain = try tiny.model.forward(tokens, logits: .all)
    let options: [TraceOptions] = [
      .residualStream, .keysAndValues, .queries, .attentionPattern, .headZ, .mlp, .mlpOutput,
      .rerun, .backward, Self.everything,
    ]
    for recording in options {
      let run = try tiny.model.forward(tokens, recording: recording, logits: .all)
      expectSameBits("recording \(recording.rawValue): logits", run.logits, plain.logits)
    }
    for count in [1, 2, 5, tokens.count, tokens.count + 3] {
      let run = try tiny.model.forward(tokens, logits: .last(count))
      let rows = min(count, tokens.count)
      #expect(run.logits.shape[0] == rows)
      expectSameBits(
        "last \(count) logits", run.logits, plain.logits, fromRow: tokens.count - rows)
    }
  }

  @Test(arguments: ReferenceCase.names)
  func startingFromEmbeddingsChangesNoBit(name: String) throws {
    let tiny = try EngineFixture(name)
    let embeddings = try tiny.model.embed(tiny.fixture.tokens)
    let before = try tiny.model.embed(tiny.fixture.tokens)
    let run = try tiny.model.forward(
      .embeddings(embeddings), recording: .residualStream, logits: .all)
    let plain = try tiny.model.forward(tiny.fixture.tokens, logits: .all)
    expectSameBits("logits", run.logits, plain.logits)
    expectSameBits("the embeddings given, which a pass must not change", embeddings, before)
    expectSameBits("residPre", run.layers[0].residPre, before)
  }

  @Test(arguments: ReferenceCase.names)
  func aBatchChangesNoBit(name: String) throws {
    let tiny = try EngineFixture(name)
    let all = tiny.fixture.tokens
    let prompts = [
      all, tiny.fixture.corrupted, Array(all.prefix(1)), Array(all.prefix(6)), all.reversed(),
    ]
    let batch = try tiny.model.forward(
      batch: prompts.map { .tokens($0) }, recording: Self.everything, logits: .all)
    for (prompt, inBatch) in zip(prompts, batch) {
      let alone = try tiny.model.forward(prompt, recording: Self.everything, logits: .all)
      expectSameBits("logits", inBatch.logits, alone.logits)
      #expect(inBatch.tokens == prompt)
      for (a, b) in zip(inBatch.layers, alone.layers) {
        expectSameBits("residPre", a.residPre, b.residPre)
        if !tiny.model.configuration.isParallel {
          expectSameBits("residMid", a.residMid, b.residMid)
        }
        expectSameBits("q", a.q, b.q)
        expectSameBits("k", a.k, b.k)
        expectSameBits("v", a.v, b.v)
        expectSameBits("attentionPattern", a.attentionPattern, b.attentionPattern)
        expectSameBits("headZ", a.headZ, b.headZ)
        expectSameBits("mlpOutput", a.mlpOutput, b.mlpOutput)
      }
    }
  }

  @Test(arguments: ReferenceCase.names)
  func aSharedPrefixChangesNoBit(name: String) throws {
    let tiny = try EngineFixture(name)
    let recorded = try tiny.model.forward(tiny.fixture.tokens, recording: .rerun)
    let all = tiny.fixture.tokens
    // None, some, all but one and all tokens shared; shorter and longer than the recorded prompt.
    let others = [
      tiny.fixture.corrupted, all, all + [3, 2], Array(all.prefix(4)), Array(all.prefix(5)) + [2],
      [5] + all.dropFirst(),
    ]
    for tokens in others {
      let plain = try tiny.model.forward(tokens, recording: .rerun, logits: .all)
      for rows in [LogitRows.last(1), .last(3), .all] {
        let shared = try tiny.model.forward(
          .tokens(tokens, sharingPrefixOf: recorded), logits: rows)
        let first = tokens.count - shared.logits.shape[0]
        expectSameBits("logits \(rows)", shared.logits, plain.logits, fromRow: first)
      }
      let shared = try tiny.model.forward(
        .tokens(tokens, sharingPrefixOf: recorded), recording: .rerun)
      for (a, b) in zip(shared.layers, plain.layers) {
        expectSameBits("residPre", a.residPre, b.residPre)
        expectSameBits("headZ", a.headZ, b.headZ)
        expectSameBits("k", a.k, b.k)
        expectSameBits("v", a.v, b.v)
      }
    }
  }

  @Test(arguments: ReferenceCase.names)
  func theThreadCountChangesNoBit(name: String) throws {
    let tiny = try EngineFixture(name)
    let before = kernel_threads()
    defer { kernel_threads_set(before) }
    let runs = try [1, 2, 3].map { count in
      kernel_threads_set(count)
      let run = try tiny.model.forward(
        tiny.fixture.tokens, recording: Self.everything, logits: .all)
      return run.logits.bits + tiny.model.backward(run, of: tiny.metric).gradHeadZ[0].bits
    }
    #expect(runs[0] == runs[1] && runs[0] == runs[2])
  }
}
