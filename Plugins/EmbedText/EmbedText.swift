import Foundation
import PackagePlugin

/// Turns text files of the package into string literals, in name order: `sql/` for the store, the demo's fixtures for
/// the command, the description of its interface for the sidecar. The schema and the published day then travel inside the binary.
@main
struct EmbedText: BuildToolPlugin {
    /// Which folders travel in which target.
    static let folders = [
        "TaximeterPostgres": ["sql/roles", "sql/migrations", "sql/views", "sql/guards", "sql/verify"],
        "TaximeterCLI": ["fixtures/published-day", "fixtures/price-books", "templates"],
        "TaximeterServer": ["schemas/http"],
    ]

    func createBuildCommands(context: PluginContext, target: any Target) throws -> [Command] {
        let root = context.package.directoryURL
        let files = try (Self.folders[target.name] ?? []).flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: root.appending(path: folder).path)
                .filter { name in [".sql", ".yaml", ".csv", ".mustache", ".json"].contains { name.hasSuffix($0) } }
                .sorted()
                .map { root.appending(path: folder).appending(path: $0) }
        }
        let output = context.pluginWorkDirectoryURL.appending(path: "EmbeddedText.swift")
        return [
            .buildCommand(
                displayName: "Embedding \(files.count) text files in \(target.name)",
                executable: try context.tool(named: "embed-text").url,
                arguments: [output.path, root.path] + files.map(\.path),
                inputFiles: files, outputFiles: [output])
        ]
    }
}
