// A name for a model's content, cheap even for very large files.

import Checkpoints

extension Model {
  /// Up to this size every byte of the weights is hashed.
  static let wholeHashLimit = 64 << 20
  /// Of each tensor of a larger model, this many pages are hashed: its first, its last, and others at
  /// equal distances.
  static let hashedPages = 4
  static let pageSize = 4096

  /// SHA-256 of the configuration and of the weights that are used, in hexadecimal.
  ///
  /// Equal for a checkpoint and its copy, renamed, moved or sharded otherwise. Of models beyond 64 MB
  /// every tensor's name, type and shape is hashed with four of its pages, 16 KB: training or
  /// quantising changes every page, but an edit of a few numbers by hand can go unseen.
  /// - Complexity: reads at most 64 MB, or 16 KB a tensor.
  public var contentHash: String {
    var hash = SHA256()
    hash.update("gar-explorer model 1\n" + configurationText + "\n")
    let isWhole = byteCount <= Self.wholeHashLimit
    for tensor in weights.tensors {
      hash.update("\(tensor.name) \(tensor.type.rawValue) \(tensor.shape)\n")
      let bytes = tensor.bytes
      guard !isWhole, bytes.count > Self.hashedPages * Self.pageSize else {
        hash.update(bytes)
        continue
      }
      let last = bytes.count - Self.pageSize
      for page in 0..<Self.hashedPages {
        let start = last / (Self.hashedPages - 1) * page
        hash.update(
          UnsafeRawBufferPointer(rebasing: bytes[start..<start + Self.pageSize]))
      }
    }
    return hash.hex
  }
}
