// Look-ups in a configuration, and their errors.

import Checkpoints
import Testing

private func configuration(_ json: String) throws -> ConfigurationFile {
  try ConfigurationFile(path: "config.json", json: json)
}

@Test func lookUpsReadEachKind() throws {
  let file = try configuration(
    """
    {"n": 7, "x": 1e-5, "on": true, "name": "llama", "none": null, "list": ["a", "b"],
     "mixed": [1, 2.5], "sizes": [3, 4], "rope_scaling": {"factor": 8, "rope_type": "llama3"}}
    """)
  #expect(try file.int("n") == 7)
  #expect(try file.double("n") == 7)
  #expect(try file.double("x") == 1e-5)
  #expect(try file.bool("on"))
  #expect(try file.string("name") == "llama")
  #expect(try file.strings("list") == ["a", "b"])
  #expect(try file.doubles("mixed") == [1, 2.5])
  #expect(try file.ints("sizes") == [3, 4])
  #expect(try file.ints("absent") == [])
  #expect(try file.int("none", default: 3) == 3)
  #expect(!file.contains("none") && file.contains("n"))
  let scaling = try #require(try file.section("rope_scaling"))
  #expect(try scaling.double("factor") == 8)
  #expect(try file.section("none") == nil)
  #expect(file.keys.count == 9)
}

@Test func missingAndWrongValuesNameFileAndKey() throws {
  let file = try configuration(#"{"n": "7", "x": 1.5, "none": null, "scale": {"factor": []}}"#)
  #expect(throws: CheckpointError.missingKey(key: "heads", file: "config.json")) {
    try file.int("heads")
  }
  #expect(throws: CheckpointError.missingKey(key: "none", file: "config.json")) {
    try file.bool("none")
  }
  let wrong = try #require(throws: CheckpointError.self) { try file.int("n", default: 1) }
  #expect(
    wrong.description == "config.json: key n is a string, not an integer; mend it or take the "
      + "original file")
  #expect(throws: CheckpointError.self) { try file.int("x") }
  #expect(throws: CheckpointError.self) { try file.strings("n") }
  let nested = try #require(try file.section("scale"))
  #expect(
    throws: CheckpointError.wrongType(
      key: "scale.factor", file: "config.json", expected: "a number", found: "an array")
  ) { try nested.double("factor") }
}

@Test func brokenConfigurationNamesTheLine() throws {
  let error = try #require(throws: CheckpointError.self) {
    try configuration("{\n  \"a\": 1,\n  \"b\" 2\n}")
  }
  #expect(
    error
      == .invalidJSON(
        file: "config.json", line: 3, reason: "expected ':' after a key, found '2'"))
  #expect(throws: CheckpointError.self) { try configuration("[1]") }
}
