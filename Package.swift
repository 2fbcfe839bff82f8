// swift-tools-version: 6.0
import PackageDescription

// Modules from the bottom up: each may import only those above it in this list.
// See CONTRIBUTING.md for what lives where.
let package = Package(
  name: "gar-explorer",
  platforms: [.macOS(.v14)],
  products: [.executable(name: "gar", targets: ["Commands"])],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
  ],
  targets: [
    .target(name: "CKernels", linkerSettings: [.linkedLibrary("m")]),
    .target(name: "CNcurses", linkerSettings: [.linkedLibrary("ncursesw")]),
    .target(name: "JSONText"),
    .target(name: "Checkpoints", dependencies: ["JSONText"]),
    .target(name: "Tokenization", dependencies: ["Checkpoints", "JSONText"]),
    .target(
      name: "Engine", dependencies: ["CKernels", "Checkpoints"],
      linkerSettings: [.linkedLibrary("m")]),
    .target(name: "ModelStores", dependencies: ["Engine", "Checkpoints", "JSONText"]),
    .target(name: "GAR", dependencies: ["Tokenization", "JSONText"]),
    .target(name: "Interpretability", dependencies: ["Engine", "GAR", "Tokenization"]),
    .target(
      name: "Results",
      dependencies: [
        "Interpretability", "GAR", "Engine", "Checkpoints", "JSONText",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]),
    .target(name: "CCurl", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
    .target(name: "Endpoints", dependencies: ["CCurl", "Interpretability", "GAR", "JSONText"]),
    .target(
      name: "Explorer",
      dependencies: ["Interpretability", "Results", "GAR", "Engine", "Tokenization"]),
    .target(name: "Terminal", dependencies: ["CNcurses", "Explorer"]),
    .target(
      name: "Assets", path: "Assets", resources: [.copy("model"), .copy("gar")]),
    .executableTarget(
      name: "Commands",
      dependencies: [
        "Terminal", "Explorer", "Endpoints", "Results", "Interpretability", "GAR", "ModelStores",
        "Engine",
        "Tokenization",
        "Checkpoints", "JSONText", "CKernels", "Assets",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .target(name: "TestSupport", dependencies: ["Assets", "GAR"], path: "Tests/TestSupport"),
    .testTarget(
      name: "CKernelsTests", dependencies: ["CKernels", "TestSupport"], exclude: ["Fixtures"]),
    .testTarget(name: "JSONTextTests", dependencies: ["JSONText", "TestSupport"]),
    .testTarget(
      name: "CheckpointsTests", dependencies: ["Checkpoints", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "TokenizationTests",
      dependencies: ["Tokenization", "Checkpoints", "GAR", "Assets", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "EngineTests", dependencies: ["Engine", "CKernels", "Checkpoints", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(name: "ModelStoresTests", dependencies: ["ModelStores", "TestSupport"]),
    .testTarget(
      name: "GARTests",
      dependencies: ["GAR", "JSONText", "Assets", "Tokenization", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "InterpretabilityTests",
      dependencies: ["Interpretability", "Engine", "GAR", "Tokenization", "Assets", "TestSupport"],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "ResultsTests",
      dependencies: [
        "Results", "Interpretability", "Engine", "TestSupport",
        .product(name: "GRDB", package: "GRDB.swift"),
      ],
      exclude: ["Fixtures"]),
    .testTarget(
      name: "ExplorerTests",
      dependencies: [
        "Explorer", "Interpretability", "Results", "GAR", "Engine", "Tokenization", "Assets",
        "TestSupport",
      ],
      exclude: ["Golden"]),
    .testTarget(
      name: "EndpointsTests",
      dependencies: [
        "Endpoints", "Interpretability", "Engine", "GAR", "Tokenization", "Checkpoints",
        "JSONText", "Assets", "TestSupport",
      ],
      exclude: ["Fixtures"]),
    .testTarget(name: "CommandTests", dependencies: ["Commands", "TestSupport"]),
    .testTarget(
      name: "EndToEndTests", dependencies: ["Commands", "TestSupport"], exclude: ["Fixtures"],
      linkerSettings: [.linkedLibrary("util", .when(platforms: [.linux]))]),
  ],
  swiftLanguageModes: [.v6],
  cLanguageStandard: .c11
)
