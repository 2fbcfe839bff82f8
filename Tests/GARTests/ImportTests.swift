// The release's format read back: items of any number of pairs and demonstrations come through
// unchanged, with and without token ranges, known entities or not.

import Assets
import GAR
import JSONText
import TestSupport
import Testing
import Tokenization

@Suite struct ImportTests {
  /// Settings that the paper's release does not have.
  struct Setting: CustomTestStringConvertible, Sendable {
    var pairs: Int
    var shots: Int
    var seed: UInt64
    var hasPreamble: Bool
    var hasRanges: Bool
    var testDescription: String { "\(self)" }

    static let all: [Setting] = (2...6).flatMap { pairs in
      (0...5).map { shots in
        Setting(
          pairs: pairs, shots: shots, seed: UInt64(10 * pairs + shots),
          hasPreamble: (pairs + shots).isMultiple(of: 2), hasRanges: shots.isMultiple(of: 2))
      }
    }

    func items() throws -> [Item] {
      var settings = GenerationSettings()
      settings.count = 576
      settings.seed = seed
      settings.pairs = [pairs]
      settings.shots = shots
      settings.hasPreamble = hasPreamble
      return try ItemGenerator(
        vocabulary: try builtInVocabulary.get(), settings: settings
      ).items()
    }
  }

  private func read(_ items: [Item], hasRanges: Bool) throws -> ItemFile {
    let tokenizer = hasRanges ? try Tokenizer.load(path: Assets.model) : nil
    let file = try ItemFile(
      bytes: officialLines(of: items, tokenizer: tokenizer), file: "release.jsonl",
      vocabulary: try builtInVocabulary.get())
    #expect(file.format == .official && file.problems == [])
    return file
  }

  @Test(arguments: Setting.all) func generatedItemsComeBackAsTheyWere(_ setting: Setting) throws {
    let items = try setting.items()
    let file = try read(items, hasRanges: setting.hasRanges)
    let official = try #require(file.official)
    #expect(official.renderedExactly == items.count)
    #expect(official.exampleCount == items.count * (setting.shots + 1))
    #expect(official.disagreements == [] && official.undecided == [])
    #expect(official.contradictions == [])
    #expect(file.items.count == items.count)
    for (item, back) in zip(items, file.items) {
      let isSame =
        back.text == item.text && back.prompt == item.prompt && back.answer == item.answer
        && back.rows == item.rows && back.roles == item.roles && back.preamble == item.preamble
        && back.task == item.task && back.partnerClaim == item.partnerClaim
      if !isSame { Issue.record("\(item.id) came back as \(back.rows) of \(item.rows)") }
      #expect(back.foil != back.answer && !back.foil.isEmpty)
    }
    #expect(file.items.map(\.id) == (1...items.count).map { "official-\($0)" })
  }

  @Test func importedItemsAreReadAsOurs() throws {
    let items = try Setting.all[7].items()
    let file = try read(items, hasRanges: true)
    let again = try ItemFile(
      bytes: jsonLines(of: file.items), file: "items.jsonl",
      vocabulary: try builtInVocabulary.get(), isStrict: true)
    #expect(again.format == .items && again.problems == [])
    #expect(again.items == file.items)
  }

  @Test func partnersAreLinkedBothWays() throws {
    let items = try Setting.all[8].items()
    let file = try read(items, hasRanges: false)
    let byID = Dictionary(uniqueKeysWithValues: file.items.map { ($0.id, $0) })
    var linked = 0
    for item in file.items where item.task.form == .classification {
      let partner = try #require(item.partnerID.flatMap { byID[$0] }, "\(item.id)")
      #expect(partner.partnerID == item.id && partner.answer != item.answer)
      #expect(item.partnerClaim == partner.row.claim)
      linked += 1
    }
    #expect(linked == items.count { $0.task.form == .classification })
  }

  /// Names that no vocabulary holds: every entity and group is spelt another way.
  private func renamed(_ item: Item, _ grammar: Grammar) -> Item {
    func spelt(_ name: String) -> String {
      let isGroup = name.hasPrefix("the ")
      return isGroup ? "the " + spelt(String(name.dropFirst(4))) : name + "ovar"
    }
    var item = item
    item.rows = item.rows.map { row in
      var changed = Row(
        pairs: row.pairs.map { ContextPair(key: spelt($0.key), value: spelt($0.value)) },
        target: row.target, query: spelt(row.query), candidates: row.candidates.map(spelt),
        claim: row.claim.map(spelt))
      changed.label = row.label
      return changed
    }
    var listed: [String] = []
    for candidate in item.rows.flatMap(\.candidates) where !listed.contains(candidate) {
      listed.append(candidate)
    }
    if item.preamble != nil { item.preamble = grammar[item.task].preamble(listing: listed) }
    let written = grammar[item.task].render(rows: item.rows, preamble: item.preamble)
    item.text = written.text
    item.prompt = written.prompt
    item.answer = written.answer
    item.roles = written.roles
    return item
  }

  @Test(arguments: [1, 9, 16, 22]) func unknownNamesComeBackByTheirRanges(_ index: Int) throws {
    let grammar = Grammar(vocabulary: try builtInVocabulary.get())
    let items = try Setting.all[index].items().map { renamed($0, grammar) }
    let file = try read(items, hasRanges: true)
    #expect(file.official?.renderedExactly == items.count)
    #expect(file.official?.disagreements == [])
    for (item, back) in zip(items, file.items) {
      for (row, read) in zip(item.rows, back.rows) {
        let isSame =
          read.pairs == row.pairs && read.query == row.query && read.target == row.target
          && read.claim == row.claim && read.label == row.label
          && (row.label == "No" || read.answer == row.answer)
          && zip(read.candidates, row.candidates).allSatisfy { $0 == $1 || $0.isEmpty }
        if !isSame { Issue.record("\(item.id) came back as \(read) of \(row)") }
      }
      #expect(back.text == item.text && back.roles == item.roles)
    }
  }

  @Test func testimonySettlesUnknownNamesWithoutRanges() throws {
    let grammar = Grammar(vocabulary: try builtInVocabulary.get())
    var settings = GenerationSettings()
    settings.count = 6000
    settings.schemas = [[.cities]]
    let items = try ItemGenerator(
      vocabulary: try builtInVocabulary.get(), settings: settings
    ).items().map { renamed($0, grammar) }
    let file = try read(items, hasRanges: false)
    #expect(file.official?.disagreements == [])
    #expect((file.official?.undecided.count ?? .max) < 12)
    let wrong = zip(items, file.items).count { item, back in
      zip(item.rows, back.rows).contains { $0.target != $1.target }
    }
    #expect(wrong == 0)
    #expect((file.official?.facts.decided[.testimony] ?? 0) > 10_000)
    #expect(file.official?.facts.decided[.vocabulary] == nil)
  }
}
