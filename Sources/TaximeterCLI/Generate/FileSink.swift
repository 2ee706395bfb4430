import Foundation
import Glibc
import Taximeter
import TaximeterPostgres

/// A file of JSON lines, or standard output for `-`; packed by `gzip` where the name ends so.
final class FileSink: EventSink {
    private let name: String
    private let output: FileHandle
    private let gzip: ChildProcess?
    private var writer = EventLineWriter()
    private var counts = IngestCounts()

    /// Makes the file anew.
    init(_ path: String) throws {
        name = path == "-" ? "stdout" : path
        if path == "-" {
            output = .standardOutput
            gzip = nil
            return
        }
        // Not by FileManager, which puts another file in the place of a device or a link.
        let descriptor = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        if descriptor < 0 { throw InputError(file: path, problem: "cannot be created") }
        let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        guard path.lowercased().hasSuffix(".gz") else {
            output = file
            gzip = nil
            return
        }
        guard let silence = FileHandle(forWritingAtPath: "/dev/null") else {
            throw InputError(file: "/dev/null", problem: "cannot be opened")
        }
        let pipe = Pipe()
        // Without a name and a time inside, so that the same events make the same file.
        gzip = try ChildProcess(
            program: "/bin/gzip", arguments: ["-nc"], environment: [],
            descriptors: [
                pipe.fileHandleForReading.fileDescriptor, file.fileDescriptor, silence.fileDescriptor,
            ])
        try pipe.fileHandleForReading.close()
        output = pipe.fileHandleForWriting
    }

    func take(_ events: [UsageEvent]) throws {
        events.forEach { writer.append($0) }
        do {
            try output.write(contentsOf: writer.take())
        } catch {
            throw InputError(file: name, problem: "cannot be written: \(error.localizedDescription)")
        }
        counts.accepted += events.count
    }

    func finish() throws -> IngestCounts {
        if let gzip {
            try output.close()
            if gzip.wait(until: .now + .seconds(600)) != 0 {
                throw InputError(file: name, problem: "cannot be written: gzip failed; the disk may be full")
            }
        }
        return counts
    }
}
