import Foundation
import Taximeter

/// Price books read from files; `-` is standard input.
enum PriceBookFiles {
    /// Reads all files, or says all that is wrong in any of them.
    ///
    /// - Throws: ``FileFaults`` with every fault of every file, in the order of the files.
    static func read(_ files: [String]) throws -> [PriceBook] {
        var books: [PriceBook] = []
        var faults: [String] = []
        var isUnreadable = true
        for file in files {
            guard let text = text(of: file) else {
                faults.append("\(file): cannot be read as a text file")
                continue
            }
            do {
                books.append(try PriceBook.parse(text, file: file == "-" ? "stdin" : file))
            } catch {
                isUnreadable = false
                faults.append(error.description)
            }
        }
        if !faults.isEmpty { throw FileFaults(description: faults.joined(separator: "\n"), isUnreadable: isUnreadable) }
        return books
    }

    /// Reads one file.
    static func read(_ file: String) throws -> PriceBook? { try read([file]).first }

    private static func text(of file: String) -> String? {
        if file != "-" { return try? String(contentsOfFile: file, encoding: .utf8) }
        guard let data = try? FileHandle.standardInput.readToEnd() ?? Data() else { return nil }
        return String(validating: data, as: UTF8.self)
    }
}

/// Faults of files, one a line.
struct FileFaults: Error, CustomStringConvertible {
    let description: String
    /// Whether all that is wrong is that files cannot be read.
    var isUnreadable = false
}
