/// The files of a spool: what it asks of an operating system. The disk is one; tests have one that fails on demand and
/// forgets what was not synced.
protocol SpoolFiles: Sendable {
    /// Makes a folder that only its owner can read; one that is there already is fine.
    func makeFolder(_ path: String) throws(SpoolError)
    /// The names in a folder, in no order.
    func names(in folder: String) throws(SpoolError) -> [String]
    /// Opens a file to read it.
    func openToRead(_ path: String) throws(SpoolError) -> OpenFile
    /// Makes a file that must not exist yet, to write it from its start on.
    func create(_ path: String) throws(SpoolError) -> OpenFile
    /// Opens or makes a file and locks it against every other opener; nil when somebody else holds the lock.
    func lock(_ path: String) throws(SpoolError) -> OpenFile?
    /// How many bytes a file has.
    func byteCount(of file: OpenFile) throws(SpoolError) -> Int
    /// Writes some of the bytes from `start` on at the end of what was written; returns how many.
    func write(_ bytes: [UInt8], from start: Int, to file: OpenFile) throws(SpoolError) -> Int
    /// Bytes from an offset on; fewer than asked for only at the file's end.
    func read(_ file: OpenFile, at offset: Int, count: Int) throws(SpoolError) -> [UInt8]
    /// Returns once what was written has reached the disk.
    func syncData(_ file: OpenFile) throws(SpoolError)
    /// Returns once the names in a folder have reached the disk.
    func syncFolder(_ path: String) throws(SpoolError)
    /// Puts one file in the place of another, at once.
    func rename(_ path: String, to newPath: String) throws(SpoolError)
    /// Removes a file.
    func remove(_ path: String) throws(SpoolError)
    /// Closes a file, and with it gives its lock back.
    func close(_ file: OpenFile)
}

/// An open file and where it lies.
struct OpenFile: Sendable {
    let descriptor: Int32
    let path: String
}

/// A system call that failed.
struct SystemFault: Hashable {
    /// The call: `fdatasync`.
    let call: String
    /// What it was about.
    let path: String
    /// `errno`.
    let number: Int32
}

extension SpoolFiles {
    /// Writes all bytes, however often the system takes only some.
    func writeAll(_ bytes: [UInt8], to file: OpenFile) throws(SpoolError) {
        var start = 0
        while start < bytes.count {
            let written = try write(bytes, from: start, to: file)
            // A write that takes nothing would otherwise be tried for ever.
            guard written > 0 else {
                throw SpoolError(SystemFault(call: "write", path: file.path, number: SystemErrors.inputOutput))
            }
            start += written
        }
    }

    /// The whole of a file.
    func contents(of path: String) throws(SpoolError) -> [UInt8] {
        let file = try openToRead(path)
        defer { close(file) }
        return try read(file, at: 0, count: byteCount(of: file))
    }

    /// Makes or replaces a file: afterwards it holds either what it held before or these bytes, whatever happens.
    func replace(_ name: String, in folder: String, with bytes: [UInt8]) throws(SpoolError) {
        let draft = "\(folder)/\(name).new"
        // What an earlier attempt may have left.
        try? remove(draft)
        let file = try create(draft)
        do throws(SpoolError) {
            defer { close(file) }
            try writeAll(bytes, to: file)
            try syncData(file)
        } catch {
            try? remove(draft)
            throw error
        }
        try rename(draft, to: "\(folder)/\(name)")
        try syncFolder(folder)
    }
}
