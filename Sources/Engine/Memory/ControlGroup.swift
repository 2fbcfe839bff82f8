// Memory limits of the control groups that this process is in, as containers and job schedulers set
// them.

extension ProcessMemory {
  /// One control group's limit and use.
  package struct ControlGroup: Equatable {
    package let limit: Int
    package let used: Int
    /// Of `used`, cached files, which give way.
    package let cached: Int

    package var available: Int? { max(0, limit - max(0, used - cached)) }
  }

  /// Every group with a limit, from the process's own up to the root.
  static var controlGroups: [ControlGroup] {
    controlGroups(membership: text("/proc/self/cgroup") ?? "", root: "/sys/fs/cgroup") {
      text($0)
    }
  }

  /// The groups that `membership` names, in lines such as `0::/job/step` (version 2) or
  /// `5:memory:/job` (version 1), mounted at `root`; `read` gives a file's text.
  package static func controlGroups(
    membership: String, root: String, read: (String) -> String?
  ) -> [ControlGroup] {
    membership.split(separator: "\n").flatMap { line -> [ControlGroup] in
      let parts = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
      guard parts.count == 3 else { return [] }
      let controllers = parts[1].split(separator: ",")
      guard controllers.isEmpty || controllers.contains("memory") else { return [] }
      let files = controllers.isEmpty ? Files.version2 : Files.version1
      return ancestors(of: String(parts[2])).compactMap { group in
        files.read(root + files.mount + group, read)
      }
    }
  }

  /// `/a/b`, `/a` and the root, which in a container is the container's own group.
  private static func ancestors(of path: String) -> [String] {
    let names = path.split(separator: "/")
    return (0...names.count).reversed().map { count in
      names.prefix(count).map { "/" + $0 }.joined()
    }
  }

  private struct Files {
    let mount, limit, used, cached: String

    static let version2 = Files(
      mount: "", limit: "memory.max", used: "memory.current", cached: "file ")
    static let version1 = Files(
      mount: "/memory", limit: "memory.limit_in_bytes", used: "memory.usage_in_bytes",
      cached: "total_cache ")

    func read(_ group: String, _ text: (String) -> String?) -> ControlGroup? {
      // `max`, and numbers that no machine has, mean that there is no limit.
      guard let limit = number(text("\(group)/\(limit)")), limit < 1 << 60,
        let used = number(text("\(group)/\(used)"))
      else { return nil }
      let line = text("\(group)/memory.stat")?.split(separator: "\n")
        .first { $0.hasPrefix(cached) }
      let cachedFiles = line.flatMap { number(String($0.dropFirst(cached.count))) }
      return ControlGroup(limit: limit, used: used, cached: cachedFiles ?? 0)
    }

    private func number(_ text: String?) -> Int? {
      text.flatMap { Int($0.filter { !$0.isWhitespace }) }
    }
  }
}
