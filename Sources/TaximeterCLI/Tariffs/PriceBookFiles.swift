import Foundation
import Taximeter

/// Files that one of our readers reads; `-` is standard input.
enum TextFiles {
    /// Reads all files, or says all that is wrong in any of them.
    ///
    /// - Throws: ``FileFaults`` with every fault of every file, in the order of the files.
    static func read<Content>(
        _ files: [String], _ parse: (_ text: String, _ file: String) throws(FileErrors) -> Content
    ) throws -> [Content] {
        var contents: [Content] = []
        var faults: [String] = []
        var isUnreadable = true
        for file in files {
            guard let text = text(of: file) else {
                faults.append("\(file): cannot be read as a text file")
                continue
            }
            do {
                contents.append(try parse(text, file == "-" ? "stdin" : file))
            } catch {
                isUnreadable = false
                faults.append(error.description)
            }
        }
        if !faults.isEmpty { throw FileFaults(description: faults.joined(separator: "\n"), isUnreadable: isUnreadable) }
        return contents
    }

    private static func text(of file: String) -> String? {
        if file != "-" { return try? String(contentsOfFile: file, encoding: .utf8) }
        guard let data = try? FileHandle.standardInput.readToEnd() ?? Data() else { return nil }
        return String(validating: data, as: UTF8.self)
    }
}

/// Price books read from files; `-` is standard input.
enum PriceBookFiles {
    /// Reads all files; see ``TextFiles/read(_:_:)``.
    static func read(_ files: [String]) throws -> [PriceBook] { try TextFiles.read(files, PriceBook.parse) }

    /// Reads one file.
    static func read(_ file: String) throws -> PriceBook? { try read([file]).first }
}

/// Faults of files, one a line.
struct FileFaults: Error, CustomStringConvertible {
    let description: String
    /// Whether all that is wrong is that files cannot be read.
    var isUnreadable = false
}
