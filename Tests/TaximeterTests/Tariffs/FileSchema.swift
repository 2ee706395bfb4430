import Foundation
import TestKit
import Testing

@testable import Taximeter

/// A JSON Schema of `schemas/`, and the reader whose keys it must have.
struct FileSchema {
    static let folder = Fixtures.packageRoot.appending(path: "schemas")
    private let content: Any

    init(_ name: String) throws {
        content = try JSONSerialization.jsonObject(with: Data(contentsOf: Self.folder.appending(path: name)))
    }

    /// The keys of each closed mapping of the schema.
    func keySets() -> Set<Set<String>> {
        var sets: Set<Set<String>> = []
        func visit(_ value: Any) {
            if let list = value as? [Any] { list.forEach(visit) }
            guard let object = value as? [String: Any] else { return }
            // Conditions repeat some keys of the mapping that they belong to.
            if let properties = object["properties"] as? [String: Any], object["type"] != nil {
                #expect(object["additionalProperties"] as? Bool == false, "\(properties.keys.sorted())")
                sets.insert(Set(properties.keys))
            }
            object.values.forEach(visit)
        }
        visit(content)
        return sets
    }

    /// The lists of keys in the reader's own sources: a key that is added there is missing here until the schema has it.
    static func readerKeySets(of path: String) throws -> Set<Set<String>> {
        let sources = Fixtures.packageRoot.appending(path: path)
        let names = try FileManager.default.contentsOfDirectory(atPath: sources.path).filter { $0.hasSuffix(".swift") }
        var sets: Set<Set<String>> = []
        for name in names {
            let text = try String(contentsOf: sources.appending(path: name), encoding: .utf8)
            let calls = text.matches(of: #/\bfields\([^()]*keys:/#).count
            let lists = text.matches(of: /\bkeys(?::| =) \[([^\]]*)\]/)
            #expect(calls == lists.count, "\(name): a list of keys that cannot be found")
            for list in lists {
                sets.insert(Set(list.output.1.matches(of: /"([a-z_0-9]+)"/).map { String($0.output.1) }))
            }
        }
        return sets
    }

    // MARK: By a validator

    static let hasValidator =
        (try? CommandLineTool.run(script: "python3 -c 'import jsonschema, yaml, referencing'").exitCode) == 0

    static func check(_ files: [String]) throws -> CommandLineTool.Result {
        let quoted = files.map { "'\($0)'" }.joined(separator: " ")
        return try CommandLineTool.run(script: "python3 '\(folder.path)/check.py' \(quoted)")
    }

    /// What the schemas find wrong in some texts, a line each.
    static func validate(_ texts: [String]) throws -> [String] {
        let folder = FileManager.default.temporaryDirectory.appending(path: "taximeter-schema-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let files = try texts.enumerated().map { index, text in
            let file = folder.appending(path: "\(index).yaml")
            try Data(text.utf8).write(to: file)
            return file.path
        }
        let result = try check(files)
        #expect(result.exitCode == (result.output.isEmpty ? 0 : 1), "\(result)")
        return result.output.split(separator: "\n").map(String.init)
    }
}
