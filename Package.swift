// swift-tools-version: 6.3
import PackageDescription

let package = Package(
    name: "taximeter",
    products: [
        .executable(name: "taximeter", targets: ["TaximeterCLI"]),
        .library(name: "Taximeter", targets: ["Taximeter"]),
        .library(name: "TaximeterPostgres", targets: ["TaximeterPostgres"]),
        .library(name: "PostgresWire", targets: ["PostgresWire"]),
        .library(name: "TaximeterC", type: .dynamic, targets: ["TaximeterC"]),
    ],
    traits: [
        .trait(name: "Server", description: "The HTTP sidecar, `taximeter serve`. SwiftNIO takes minutes to build.")
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0", traits: []),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1", traits: []),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.1"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        // libpq's headers and the few macros Swift cannot import.
        .systemLibrary(name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"])]),
        // A small safe libpq client. The only target with pointers; knows nothing of billing.
        .target(name: "PostgresWire", dependencies: ["CLibPQ"]),
        // The domain: pure, no database.
        .target(
            name: "Taximeter",
            dependencies: [
                "Yams", .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ]),
        // The PostgreSQL store: migrations, statements, ingestion, jobs, the embedded cluster.
        .target(
            name: "TaximeterPostgres",
            dependencies: [
                "Taximeter", "PostgresWire", .product(name: "Logging", package: "swift-log"),
                .product(name: "Metrics", package: "swift-metrics"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            plugins: ["EmbedText"]),
        // The HTTP sidecar. Without the trait `Server` it is empty.
        .target(
            name: "TaximeterServer",
            dependencies: [
                "Taximeter", "TaximeterPostgres", "PostgresWire",
                .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Server"])),
                .product(name: "HummingbirdCore", package: "hummingbird", condition: .when(traits: ["Server"])),
                .product(name: "HTTPTypes", package: "swift-http-types", condition: .when(traits: ["Server"])),
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Server"])),
                .product(name: "NIOPosix", package: "swift-nio", condition: .when(traits: ["Server"])),
                .product(
                    name: "ServiceLifecycle", package: "swift-service-lifecycle",
                    condition: .when(traits: ["Server"])),
                .product(
                    name: "UnixSignals", package: "swift-service-lifecycle", condition: .when(traits: ["Server"])),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            plugins: ["EmbedText"]),
        // The `taximeter` command: one file a subcommand.
        .executableTarget(
            name: "TaximeterCLI",
            dependencies: [
                "Taximeter", "TaximeterPostgres", "PostgresWire",
                .target(name: "TaximeterServer", condition: .when(traits: ["Server"])),
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ],
            plugins: ["EmbedText"]),
        // The C ABI: its header, and what it declares.
        .systemLibrary(name: "CTaximeter"),
        .target(name: "TaximeterC", dependencies: ["CTaximeter", "PostgresWire", "Taximeter", "TaximeterPostgres"]),

        // sql/ and fixtures/ become string literals at build time, so that they travel inside the binary.
        .plugin(name: "EmbedText", capability: .buildTool(), dependencies: ["embed-text"]),
        .executableTarget(name: "embed-text", path: "Plugins/embed-text"),

        // `make bench`: speed, next to a baseline of the same run.
        .executableTarget(
            name: "benchmarks",
            dependencies: ["CAllocations", "CLibPQ", "Taximeter", "TaximeterPostgres", "PostgresWire"],
            path: "Benchmarks", exclude: ["CAllocations", "genai_prices_rate.py", "serve"]),
        .target(name: "CAllocations", path: "Benchmarks/CAllocations"),

        // A server that embeds the library. Without the trait `Server` it only says so.
        .executableTarget(
            name: "example-server",
            dependencies: [
                "Taximeter", "TaximeterPostgres", "PostgresWire",
                .product(name: "Hummingbird", package: "hummingbird", condition: .when(traits: ["Server"])),
                .product(name: "HTTPTypes", package: "swift-http-types", condition: .when(traits: ["Server"])),
                .product(name: "NIOCore", package: "swift-nio", condition: .when(traits: ["Server"])),
            ],
            path: "examples/swift"),

        // Databases, random numbers with a seed, fixtures: for the tests only.
        .target(
            name: "TestKit", dependencies: ["Taximeter", "TaximeterPostgres", "PostgresWire"], path: "Tests/TestKit"),
        // Processes for the fault tests to kill.
        .executableTarget(name: "spool-recorder", dependencies: ["Taximeter"], path: "Tests/SpoolRecorder"),
        .executableTarget(
            name: "trace-recorder", dependencies: ["Taximeter", "TaximeterPostgres", "PostgresWire"],
            path: "Tests/TraceRecorder"),
        .testTarget(name: "PostgresWireTests", dependencies: ["PostgresWire", "TaximeterPostgres", "TestKit"]),
        .testTarget(
            name: "TaximeterTests",
            dependencies: [
                "Taximeter", "TestKit", "spool-recorder", .product(name: "MetricsTestKit", package: "swift-metrics"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ]),
        .testTarget(
            name: "TaximeterPostgresTests",
            dependencies: [
                "TaximeterPostgres", "Taximeter", "PostgresWire", "TestKit", "trace-recorder",
                .product(name: "MetricsTestKit", package: "swift-metrics"),
            ]),
        .testTarget(name: "TaximeterCLITests", dependencies: ["TaximeterCLI", "TaximeterPostgres", "TestKit"]),
        .testTarget(
            name: "TaximeterServerTests",
            dependencies: ["TaximeterServer", "TaximeterPostgres", "TestKit", "example-server"]),
        .testTarget(
            name: "TaximeterCTests",
            dependencies: ["CTaximeter", "Taximeter", "TaximeterC", "TaximeterPostgres", "TestKit"]),
    ],
    swiftLanguageModes: [.v6]
)

for target in package.targets where target.type != .system && target.type != .plugin {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
    ]
    // Pointers live in PostgresWire, and at the C border; elsewhere the compiler has every unsafe expression marked.
    if ["Taximeter", "TaximeterPostgres", "TaximeterServer", "TaximeterCLI"].contains(target.name) {
        target.swiftSettings?.append(.strictMemorySafety())
    }
}
