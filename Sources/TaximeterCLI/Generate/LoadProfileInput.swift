import Foundation
import Taximeter
import TaximeterPostgres

/// A load profile as users have it: a profile file, or ServeGen's data as a folder or packed by tar.
enum LoadProfileInput {
    static func read(_ path: String) throws -> LoadProfile {
        let place = URL(filePath: path).resolvingSymlinksInPath()
        guard let attributes = try? FileManager.default.attributesOfItem(atPath: place.path) else {
            throw InputError(file: path, problem: "there is no such file, or it cannot be reached")
        }
        if attributes[.type] as? FileAttributeType == .typeDirectory { return try serveGen(place) }
        if path.contains(/\.(tar(\.[a-z0-9]+)?|tgz|txz)$/) { return try unpacked(path) }
        return try LoadProfile.parse(text(URL(filePath: path)), file: path)
    }

    /// Unpacks into a folder that is removed again.
    private static func unpacked(_ path: String) throws -> LoadProfile {
        let folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = URL(filePath: path).standardizedFileURL.path
        let tar = Command(
            program: "/bin/tar", arguments: ["--extract", "--file", path, "--directory", folder.path],
            // tar looks for xz and others.
            environment: ["PATH": ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"])
        let outcome = try tar.run()
        guard outcome.succeeded else {
            let reason = outcome.errors.split(separator: "\n").first.map(String.init) ?? "tar failed"
            throw InputError(file: path, problem: "cannot be unpacked: \(reason)")
        }
        return try serveGen(folder, shownAs: path)
    }

    /// The one folder in or below this one that has clients in it; its name is the model's.
    private static func serveGen(_ top: URL, shownAs shown: String? = nil) throws -> LoadProfile {
        let top = top.standardizedFileURL
        let paths = try FileManager.default.subpathsOfDirectory(atPath: top.path)
        let traces = paths.filter { $0.firstMatch(of: /(^|\/)chunk-[0-9]+-trace\.csv$/) != nil }
        let folders = Set(traces.map { ($0 as NSString).deletingLastPathComponent })
        guard folders.count == 1, let folder = folders.first.map({ $0.isEmpty ? top : top.appending(path: $0) }) else {
            let found =
                folders.isEmpty ? "no chunk-N-trace.csv" : "several models: \(folders.sorted().joined(separator: ", "))"
            throw FileFaults(
                description:
                    "\(shown ?? top.path): found \(found); expected a profile file or the data of one ServeGen model"
            )
        }
        let numbers = traces.compactMap { Int(($0 as NSString).lastPathComponent.split(separator: "-")[1]) }.sorted()
        let clients = try numbers.map { number in
            ServeGenClient(
                name: try Identifier("client-\(number)"),
                trace: try file("chunk-\(number)-trace.csv", in: folder, shown),
                dataset: try file("chunk-\(number)-dataset.json", in: folder, shown))
        }
        return try LoadProfile.serveGen(clients, model: Identifier(folder.lastPathComponent))
    }

    private static func file(_ name: String, in folder: URL, _ shown: String?) throws -> ServeGenClient.File {
        let url = folder.appending(path: name)
        return ServeGenClient.File(name: shown.map { "\($0):\(name)" } ?? url.path, text: try text(url))
    }

    private static func text(_ url: URL) throws -> String {
        guard let text = try? String(contentsOf: url, encoding: .utf8) else {
            throw InputError(file: url.path, problem: "cannot be read as a text file")
        }
        return text
    }
}
