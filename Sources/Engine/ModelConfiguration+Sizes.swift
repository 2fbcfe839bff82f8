// How large a model of a configuration is, without its files.

extension ModelConfiguration {
  /// The number of parameters that the configuration implies.
  public var parameterCount: Int {
    let norm = normParameters(dModel)
    let ends = vocabularySize * dModel * (tiesEmbedding ? 1 : 2)
    let positions = rope == nil ? contextLength * dModel : 0
    return ends + positions + norm + layerCount * layerParameterCount
  }

  private var layerParameterCount: Int {
    let (q, kv, d) = (queryWidth, kvWidth, dModel)
    var count = 2 * d * (q + kv) + d * dMLP * (mlp.isGated ? 3 : 2)
    if attention.hasInputBias { count += q + 2 * kv }
    if attention.hasOutputBias { count += d }
    if mlp.hasBias { count += dMLP * (mlp.isGated ? 2 : 1) + d }
    switch attention.headNorm {
    case .none: break
    case .perHead: count += 2 * dHead
    case .wholeWidth: count += q + kv
    }
    return count + normParameters(d) * (norm.placement == .beforeAndAfter ? 4 : 2)
  }

  private func normParameters(_ width: Int) -> Int { norm.kind == .layer ? 2 * width : width }

  /// Floats of one layer that a run keeps for `Model.backward`, for each token, beside its pattern.
  public var recordedWidth: Int {
    var width = 2 * dModel + 2 * queryWidth + 2 * kvWidth + dMLP * (mlp.isGated ? 2 : 1)
    if norm.placement != .before { width += 2 * dModel }
    if attention.headNorm != nil { width += queryWidth + kvWidth }
    return width
  }
}
