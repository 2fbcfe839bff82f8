// `model.safetensors.index.json`: which shard holds which tensor.

/// The index of a sharded checkpoint.
struct ShardIndex {
  let directory: String
  let path: String
  /// Tensor names by shard, shards in name order.
  let tensorsOfShard: [(shard: String, tensors: [String])]

  init(directory: String) throws(CheckpointError) {
    self.directory = directory
    path = directory + "/model.safetensors.index.json"
    let file = try MappedFile(path: path)
    let object = try ConfigurationFile.object(file.bytes, path: path)
    guard let value = object["weight_map"] else {
      throw .missingKey(key: "weight_map", file: path)
    }
    guard let map = value.object else {
      throw .wrongType(key: "weight_map", file: path, expected: "an object", found: value.kind)
    }
    var tensors: [String: [String]] = [:]
    for member in map.members {
      guard let shard = member.value.string else {
        throw .wrongType(
          key: "weight_map.\(member.key)", file: path, expected: "a string",
          found: member.value.kind)
      }
      tensors[shard, default: []].append(member.key)
    }
    tensorsOfShard = tensors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  /// Maps every shard and checks that each tensor is where the index says.
  func open() throws(CheckpointError) -> [SafetensorsFile] {
    var shards: [SafetensorsFile] = []
    for (name, tensors) in tensorsOfShard {
      // A name with a slash could lead outside the directory.
      guard !name.contains("/"), PathKind(directory + "/" + name) == .other else {
        throw .missingShard(name: name, index: path)
      }
      let shard = try SafetensorsFile(path: directory + "/" + name)
      let present = Set(shard.tensors.map(\.name)).union(shard.unsupported.map(\.name))
      if let absent = tensors.first(where: { !present.contains($0) }) {
        throw .tensorNotInShard(name: absent, shard: shard.file.path, index: path)
      }
      shards.append(shard)
    }
    return shards
  }
}
