import Glibc

/// The files of a spool on a disk: every system call of the spool is here.
struct DiskFiles: SpoolFiles {
    func makeFolder(_ path: String) throws(SpoolError) {
        if unsafe mkdir(path, 0o700) != 0, errno != EEXIST { throw fault("mkdir", path) }
    }

    func names(in folder: String) throws(SpoolError) -> [String] {
        guard let stream = unsafe opendir(folder) else { throw fault("opendir", folder) }
        defer { unsafe closedir(stream) }
        var names: [String] = []
        while let entry = unsafe readdir(stream) {
            let name = unsafe withUnsafePointer(to: entry.pointee.d_name) { place in
                unsafe place.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != "." && name != ".." { names.append(name) }
        }
        return names
    }

    func openToRead(_ path: String) throws(SpoolError) -> OpenFile {
        try opened(path, O_RDONLY)
    }

    func create(_ path: String) throws(SpoolError) -> OpenFile {
        try opened(path, O_RDWR | O_CREAT | O_EXCL)
    }

    func lock(_ path: String) throws(SpoolError) -> OpenFile? {
        let file = try opened(path, O_RDWR | O_CREAT)
        while flock(file.descriptor, LOCK_EX | LOCK_NB) != 0 {
            let number = errno
            if number == EINTR { continue }
            close(file)
            if number == EWOULDBLOCK { return nil }
            throw SpoolError(SystemFault(call: "flock", path: path, number: number))
        }
        return file
    }

    private func opened(_ path: String, _ flags: Int32) throws(SpoolError) -> OpenFile {
        while true {
            let descriptor = unsafe Glibc.open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0o600)
            if descriptor >= 0 { return OpenFile(descriptor: descriptor, path: path) }
            if errno != EINTR { throw fault("open", path) }
        }
    }

    func byteCount(of file: OpenFile) throws(SpoolError) -> Int {
        var information = stat()
        if unsafe fstat(file.descriptor, &information) != 0 { throw fault("fstat", file.path) }
        return Int(information.st_size)
    }

    func write(_ bytes: [UInt8], from start: Int, to file: OpenFile) throws(SpoolError) -> Int {
        while true {
            let written = unsafe bytes.withUnsafeBytes { buffer in
                let rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[start...])
                return unsafe Glibc.write(file.descriptor, rest.baseAddress, rest.count)
            }
            if written >= 0 { return written }
            if errno != EINTR { throw fault("write", file.path) }
        }
    }

    func read(_ file: OpenFile, at offset: Int, count: Int) throws(SpoolError) -> [UInt8] {
        var failure: Int32 = 0
        let bytes = unsafe [UInt8](unsafeUninitializedCapacity: max(count, 0)) { buffer, filled in
            while filled < count {
                let place = unsafe buffer.baseAddress.map { unsafe $0 + filled }
                let got = unsafe pread(file.descriptor, place, count - filled, off_t(offset + filled))
                if got == 0 { return }
                if got > 0 {
                    filled += got
                } else if errno != EINTR {
                    failure = errno
                    return
                }
            }
        }
        if failure != 0 { throw SpoolError(SystemFault(call: "pread", path: file.path, number: failure)) }
        return bytes
    }

    func syncData(_ file: OpenFile) throws(SpoolError) {
        // Never tried again: after a failure the kernel may have dropped the pages, and a second call would succeed.
        if fdatasync(file.descriptor) != 0 { throw fault("fdatasync", file.path) }
    }

    func syncFolder(_ path: String) throws(SpoolError) {
        let folder = try opened(path, O_RDONLY | O_DIRECTORY)
        defer { close(folder) }
        if fsync(folder.descriptor) != 0 { throw fault("fsync", path) }
    }

    func rename(_ path: String, to newPath: String) throws(SpoolError) {
        if unsafe Glibc.rename(path, newPath) != 0 { throw fault("rename", path) }
    }

    func remove(_ path: String) throws(SpoolError) {
        if unsafe unlink(path) != 0 { throw fault("unlink", path) }
    }

    func close(_ file: OpenFile) { _ = Glibc.close(file.descriptor) }

    private func fault(_ call: String, _ path: String) -> SpoolError {
        SpoolError(SystemFault(call: call, path: path, number: errno))
    }
}

/// Error numbers of the system.
enum SystemErrors {
    static let inputOutput = EIO
    /// The disk, or the user's share of it, is full.
    static let noSpace: Set<Int32> = [ENOSPC, EDQUOT, EFBIG]
    static let noSuchFile = ENOENT

    /// What the system calls an error.
    static func text(_ number: Int32) -> String {
        unsafe strerror(number).map { unsafe String(cString: $0) } ?? "error \(number)"
    }
}
