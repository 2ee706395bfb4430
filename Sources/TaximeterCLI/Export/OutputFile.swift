import Foundation
import Glibc

/// A file that is written piece by piece and is there only once it is whole; or standard output.
final class OutputFile {
    private let path: String?
    private let partial: String
    private let output: FileHandle

    /// - Parameter path: The file; nil for standard output.
    /// - Throws: ``InputError`` when it cannot be made.
    init(_ path: String?) throws {
        self.path = path
        partial = (path ?? "") + ".partial"
        guard path != nil else {
            output = .standardOutput
            return
        }
        guard FileManager.default.createFile(atPath: partial, contents: nil),
            let file = FileHandle(forWritingAtPath: partial)
        else { throw InputError(file: partial, problem: "cannot be created") }
        output = file
    }

    /// - Throws: ``InputError`` when the disk is full, say.
    func write(_ text: String) throws {
        do {
            try output.write(contentsOf: Data(text.utf8))
        } catch {
            throw InputError(file: path ?? "stdout", problem: "cannot be written: \(error.localizedDescription)")
        }
    }

    /// Gives the file its name.
    func finish() throws {
        guard let path else { return }
        do {
            try output.synchronize()
            try output.close()
        } catch {
            throw InputError(file: path, problem: "cannot be written: \(error.localizedDescription)")
        }
        if unsafe rename(partial, path) != 0 { throw InputError(file: path, problem: "cannot be put in its place") }
    }

    /// Removes what was written of it.
    func discard() { if path != nil { try? FileManager.default.removeItem(atPath: partial) } }
}
