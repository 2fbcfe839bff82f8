// Draws one row of a task: query, keys, values and what each of them leads to.

/// The choices that are dealt evenly over a set instead of drawn independently.
package struct DeckKey: Hashable {
  package enum Purpose: Hashable { case query, value, targetPosition, pairCount }
  package var purpose: Purpose
  package var form: TaskForm?
  package var schema: SchemaID?
  package var relation: Relation?
  package var size: Int
}

/// The seeded state of a whole set.
package struct Chooser {
  package var random: SplitMix64
  private var decks: [DeckKey: Deck] = [:]

  package init(seed: UInt64) { random = SplitMix64(seed: seed) }

  package mutating func deal(_ key: DeckKey) -> Int {
    decks[key, default: Deck(size: key.size)].deal(&random)
  }
}

package struct RowSampler {
  package let vocabulary: Vocabulary
  private let members: [SchemaID: [String]]

  package init(vocabulary: Vocabulary) {
    self.vocabulary = vocabulary
    members = Dictionary(
      uniqueKeysWithValues: SchemaID.allCases.map { ($0, vocabulary[$0].members) })
  }

  /// Draws a row. Where `isBalanced`, the query, the right value and the right pair's place are
  /// dealt evenly over the set; demonstrations draw them freely, so as not to disturb that.
  package func row(
    _ task: GARTask, pairCount: Int, isBalanced: Bool, _ chooser: inout Chooser
  ) throws -> Row {
    func choose(
      _ purpose: DeckKey.Purpose, _ schema: SchemaID?, _ relation: Relation?, _ size: Int
    ) -> Int {
      guard isBalanced else { return chooser.random.below(size) }
      return chooser.deal(
        DeckKey(
          purpose: purpose, form: task.form, schema: schema, relation: relation, size: size))
    }
    let querySize = unitCount(task.keySchema, task.relation0)
    let query = choose(.query, task.keySchema, task.relation0, querySize)
    let valueSize = unitCount(task.valueSchema, task.relation1)
    let unit = choose(.value, task.valueSchema, task.relation1, valueSize)
    let position = choose(.targetPosition, nil, nil, pairCount)

    var keys = try drawKeys(task, query: query, count: pairCount, &chooser.random)
    var values = try drawValues(task, unit: unit, count: pairCount, &chooser.random)
    keys.swapAt(0, position)
    values.swapAt(0, position)
    let candidates = values.map { answer(to: $0, task, &chooser.random) }
    return Row(
      pairs: zip(keys, values).map { ContextPair(key: $0, value: $1) }, target: position,
      query: queryName(task, query), candidates: candidates)
  }

  /// What a choice is made among: groups where groups are named, entities otherwise.
  private func unitCount(_ schema: SchemaID, _ relation: Relation) -> Int {
    relation == .child ? vocabulary[schema].groups.count : members[schema]?.count ?? 0
  }

  private func entity(_ schema: SchemaID, _ index: Int) -> String {
    members[schema]?[index] ?? ""
  }

  private func queryName(_ task: GARTask, _ query: Int) -> String {
    task.relation0 == .child
      ? vocabulary[task.keySchema].groups[query].name : entity(task.keySchema, query)
  }

  /// The right key first, then the distractors' keys.
  private func drawKeys(
    _ task: GARTask, query: Int, count: Int, _ random: inout SplitMix64
  ) throws -> [String] {
    let schema = vocabulary[task.keySchema]
    let name = queryName(task, query)
    let image: [String]
    let group: Int?
    switch task.relation0 {
    case .equal: (image, group) = ([name], nil)
    case .child: (image, group) = (schema.groups[query].members, query)
    case .similar:
      group = schema.group(of: name)
      image = schema.sources(of: name, by: .similar)
    }
    if task.isNegated {
      // The distractors match; where the query has fewer matches than pairs, they repeat.
      let matching = random.shuffled(image)
      let target = try drawOthers(schema, than: name, group: group, count: 1, &random)
      return target + (0..<(count - 1)).map { matching[$0 % matching.count] }
    }
    let key = image[random.below(image.count)]
    return [key] + (try drawOthers(schema, than: key, group: group, count: count - 1, &random))
  }

  /// The right value first, then the distractors' values, whose answers differ from the right one.
  private func drawValues(
    _ task: GARTask, unit: Int, count: Int, _ random: inout SplitMix64
  ) throws -> [String] {
    let schema = vocabulary[task.valueSchema]
    let value: String
    let group: Int?
    switch task.relation1 {
    case .equal: (value, group) = (entity(task.valueSchema, unit), nil)
    case .child:
      let members = schema.groups[unit].members
      (value, group) = (members[random.below(members.count)], unit)
    case .similar:
      value = entity(task.valueSchema, unit)
      group = schema.group(of: value)
    }
    return [value]
      + (try drawOthers(schema, than: value, group: group, count: count - 1, &random))
  }

  private func answer(
    to value: String, _ task: GARTask, _ random: inout SplitMix64
  ) -> String {
    let sources = vocabulary[task.valueSchema].sources(of: value, by: task.relation1)
    return sources.count > 1 ? sources[random.below(sources.count)] : sources.first ?? value
  }

  /// Distinct entities, each of another group than `group` and, as far as there are groups
  /// enough, of different ones; with no group given, any entities but `name`.
  private func drawOthers(
    _ schema: Schema, than name: String, group: Int?, count: Int, _ random: inout SplitMix64
  ) throws -> [String] {
    guard let group else {
      return try drawDistinct(schema, than: name, count: count, &random)
    }
    var groups: [Int] = []
    var drawn: [String] = []
    let otherCount = schema.groups.count - 1
    if count <= otherCount {
      while groups.count < count {
        let draw = random.below(schema.groups.count)
        if draw != group && !groups.contains(draw) { groups.append(draw) }
      }
      for group in groups {
        let members = schema.groups[group].members
        drawn.append(members[random.below(members.count)])
      }
      return drawn
    }
    let rest = random.shuffled(schema.groups.indices.filter { $0 != group })
    var members = rest.map { random.shuffled(schema.groups[$0].members) }
    let available = members.reduce(0) { $0 + $1.count }
    guard available >= count else {
      throw GenerationError.tooFewEntities(schema: schema.id, needed: count, found: available)
    }
    while drawn.count < count {
      for index in members.indices where drawn.count < count && !members[index].isEmpty {
        drawn.append(members[index].removeLast())
      }
    }
    return drawn
  }

  private func drawDistinct(
    _ schema: Schema, than name: String, count: Int, _ random: inout SplitMix64
  ) throws -> [String] {
    let all = members[schema.id] ?? []
    guard all.count > count else {
      throw GenerationError.tooFewEntities(
        schema: schema.id, needed: count + 1, found: all.count)
    }
    var drawn: [String] = []
    while drawn.count < count {
      let entity = all[random.below(all.count)]
      if entity != name && !drawn.contains(entity) { drawn.append(entity) }
    }
    return drawn
  }
}
