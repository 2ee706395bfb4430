import Foundation

/// A file or standard input, plain or gzip (told by its first bytes), read in chunks.
///
/// gzip runs as a process of its own, so that unpacking and reading take a core each.
final class InputFile {
    private static let chunkSize = 1 << 18

    /// The path, or `stdin`.
    let name: String
    /// Bytes in the file, as they are on disk; nil for standard input.
    let byteCount: Int?

    private let handle: FileHandle
    private var first: [UInt8]
    private var gzip: (process: Process, output: FileHandle)?

    /// Opens a path, or standard input for `-`.
    init(_ path: String) throws {
        if path == "-" {
            name = "stdin"
            byteCount = nil
            handle = .standardInput
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
            handle = opened
            byteCount = (attributes[.size] as? NSNumber)?.intValue
        }
        first = try Self.read(handle, name) ?? []
        if first.starts(with: [0x1F, 0x8B]) { gzip = try startGzip() }
    }

    /// The next bytes, or nil at the end.
    ///
    /// - Throws: ``InputError``; also at the end of a gzip file that is cut off or damaged.
    func next() throws -> [UInt8]? {
        if let gzip {
            if let bytes = try Self.read(gzip.output, name) { return bytes }
            gzip.process.waitUntilExit()
            if gzip.process.terminationStatus != 0 {
                throw InputError(file: name, problem: "the gzip data are cut off or damaged; what came before was read")
            }
            return nil
        }
        if !first.isEmpty {
            defer { first = [] }
            return first
        }
        return try Self.read(handle, name)
    }

    /// How many bytes of the file have been read, for a progress bar.
    var position: Int { (try? handle.offset()).map(Int.init) ?? 0 }

    private static func read(_ handle: FileHandle, _ name: String) throws -> [UInt8]? {
        do {
            let data = try handle.read(upToCount: chunkSize) ?? Data()
            return data.isEmpty ? nil : Array(data)
        } catch {
            throw InputError(file: name, problem: "cannot be read: \(error.localizedDescription)")
        }
    }

    private func startGzip() throws -> (Process, FileHandle) {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", "-dc"]
        let input = Pipe()
        let output = Pipe()
        process.standardInput = input
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        do {
            try process.run()
        } catch {
            throw InputError(file: name, problem: "gzip cannot be started: \(error.localizedDescription)")
        }
        let pump = GzipPump(from: handle, to: input.fileHandleForWriting, first: first)
        Thread.detachNewThread { pump.run() }
        return (process, output.fileHandleForReading)
    }
}

/// Carries a file's bytes to gzip, on a thread of its own.
private final class GzipPump: Sendable {
    private let source: FileHandle
    private let target: FileHandle
    private let first: [UInt8]

    init(from source: FileHandle, to target: FileHandle, first: [UInt8]) {
        self.source = source
        self.target = target
        self.first = first
    }

    /// Ends quietly when either side does: gzip's exit status then tells whether the data were whole.
    func run() {
        // gzip stops reading at the first damage. Unless this thread blocks it, the signal for a pipe that nobody reads
        // would end the whole command without a word.
        var signals = sigset_t()
        unsafe sigemptyset(&signals)
        unsafe sigaddset(&signals, SIGPIPE)
        unsafe pthread_sigmask(SIG_BLOCK, &signals, nil)
        var bytes = Data(first)
        while !bytes.isEmpty {
            guard (try? target.write(contentsOf: bytes)) != nil,
                let more = try? source.read(upToCount: 1 << 18)
            else { break }
            bytes = more
        }
        try? target.close()
    }
}
