import Foundation
import TaximeterPostgres

/// A file or standard input, plain or gzip, read in chunks.
///
/// `gzip -dcf` stands in between: it unpacks what is packed and hands on what is not, in a process of its own, so that
/// unpacking and reading take a core each.
final class InputFile {
    /// The path, or `stdin`.
    let name: String
    /// Bytes in the file, as they are on disk; nil for standard input.
    let byteCount: Int?

    private let source: FileHandle
    private let output: FileHandle
    private let gzip: ChildProcess

    /// Opens a path, or standard input for `-`.
    init(_ path: String) throws {
        if path == "-" {
            name = "stdin"
            byteCount = nil
            source = .standardInput
        } else {
            name = path
            guard let attributes = try? FileManager.default.attributesOfItem(atPath: path) else {
                throw InputError(file: path, problem: "there is no such file, or it cannot be reached")
            }
            if attributes[.type] as? FileAttributeType == .typeDirectory {
                throw InputError(file: path, problem: "is a folder; expected a file")
            }
            guard let opened = FileHandle(forReadingAtPath: path) else {
                throw InputError(file: path, problem: "cannot be opened for reading")
            }
            source = opened
            byteCount = (attributes[.size] as? NSNumber)?.intValue
        }
        guard let silence = FileHandle(forWritingAtPath: "/dev/null") else {
            throw InputError(file: "/dev/null", problem: "cannot be opened")
        }
        let pipe = Pipe()
        gzip = try ChildProcess(
            program: "/bin/gzip", arguments: ["-dcf"], environment: [],
            descriptors: [
                source.fileDescriptor, pipe.fileHandleForWriting.fileDescriptor, silence.fileDescriptor,
            ])
        try pipe.fileHandleForWriting.close()
        output = pipe.fileHandleForReading
    }

    /// The next bytes, or nil at the end.
    ///
    /// - Throws: ``InputError``; also at the end of a gzip file that is cut off or damaged.
    func next() throws -> [UInt8]? {
        let bytes: Data
        do {
            bytes = try output.read(upToCount: 1 << 18) ?? Data()
        } catch {
            throw InputError(file: name, problem: "cannot be read: \(error.localizedDescription)")
        }
        if !bytes.isEmpty { return Array(bytes) }
        if gzip.wait(until: .now + .seconds(10)) != 0 {
            throw InputError(file: name, problem: "the gzip data are cut off or damaged; what came before was read")
        }
        return nil
    }

    /// How many bytes of the file have been read, for a progress bar. gzip shares the place in the file.
    var position: Int { (try? source.offset()).map(Int.init) ?? 0 }
}
