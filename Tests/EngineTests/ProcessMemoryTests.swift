// How much memory there is, as the system and its control groups say it.

import Engine
import Testing

@Suite struct ProcessMemoryTests {
  @Test func thisProcessHoldsSomeAndThereIsSome() throws {
    #if os(Linux)
      let resident = try #require(ProcessMemory.resident)
      let peak = try #require(ProcessMemory.peak)
      #expect(resident > 1 << 20 && peak >= resident)
      #expect(try #require(ProcessMemory.available) > 1 << 20)
    #endif
    #expect(try #require(ProcessMemory.peakSinceStart) > 1 << 20)
  }

  @Test func theNearestLimitsOfVersion2AreFound() {
    let files = [
      "/cg/job/memory.max": "4294967296\n", "/cg/job/memory.current": "3221225472\n",
      "/cg/job/memory.stat": "anon 1073741824\nfile 2147483648\nfile_mapped 5\n",
      "/cg/job/step/memory.max": "max\n", "/cg/job/step/memory.current": "7\n",
      "/cg/memory.max": "8589934592\n", "/cg/memory.current": "100\n",
    ]
    let groups = ProcessMemory.controlGroups(membership: "0::/job/step\n", root: "/cg") {
      files[$0]
    }
    #expect(groups.map(\.limit) == [4 << 30, 8 << 30])
    // Cached files give way: 4 GiB without the 1 GiB that is held.
    #expect(groups.map(\.available) == [3 << 30, (8 << 30) - 100])
  }

  @Test func limitsOfVersion1AreFoundAndOthersAreNot() {
    let files = [
      "/cg/memory/box/memory.limit_in_bytes": "1073741824",
      "/cg/memory/box/memory.usage_in_bytes": "2147483648",
      "/cg/memory/memory.limit_in_bytes": "9223372036854771712",
      "/cg/memory/memory.usage_in_bytes": "5",
    ]
    let lines = "5:cpu,cpuacct:/box\n4:memory:/box\nnonsense\n"
    let groups = ProcessMemory.controlGroups(membership: lines, root: "/cg") { files[$0] }
    #expect(groups.map(\.limit) == [1 << 30])
    #expect(groups[0].available == 0)
  }
}
