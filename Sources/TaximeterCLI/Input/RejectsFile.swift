import Foundation
import Taximeter

/// Where rows go that were not accepted: a JSON object a line, with file, line, reason and row. Made when first needed.
final class RejectsFile {
    private struct Entry: Encodable {
        let file: String
        let line: Int
        let reason: String
        let row: String
    }

    let path: String
    private(set) var count = 0
    private var handle: FileHandle?
    private let encoder = JSONEncoder()

    init(path: String) {
        self.path = path
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    func write(file: String, line: Int, reason: String, row: String) throws {
        let entry = Entry(file: file, line: line, reason: reason, row: row)
        do {
            let handle = try handle ?? create()
            try handle.write(contentsOf: encoder.encode(entry) + Data("\n".utf8))
        } catch {
            throw InputError(file: path, problem: "the rejected rows cannot be written: \(error.localizedDescription)")
        }
        count += 1
    }

    private func create() throws -> FileHandle {
        try Data().write(to: URL(filePath: path))
        let created = try FileHandle(forWritingTo: URL(filePath: path))
        handle = created
        return created
    }
}
