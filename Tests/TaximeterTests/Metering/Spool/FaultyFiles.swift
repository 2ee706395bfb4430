import Glibc

@testable import Taximeter

/// A disk in memory that fails when told to, and after a power loss knows only what was synced.
final class FaultyFiles: SpoolFiles {
    struct Node {
        var bytes: [UInt8] = []
        var durable: [UInt8] = []
    }

    struct Disk {
        var folders: Set<String> = []
        var nodes: [Int: Node] = [:]
        var names: [String: Int] = [:]
        var durableNames: [String: Int] = [:]
        var open: [Int32: Int] = [:]
        var locked: [Int32: String] = [:]
        var nextID = 3
        /// Calls that change something, or sync.
        var calls = 0
        /// From this call on, everything fails: the process is dead.
        var diesAt = Int.max
        /// Calls by name that fail, with which error, from when on and how often.
        var faults: [String: (number: Int32, skip: Int, times: Int)] = [:]
        /// The most bytes that one write takes.
        var shortWrite = Int.max
        /// The negative control: says it has synced, and has not.
        var isSyncALie = false
        /// The most bytes that all files may have together.
        var capacity = Int.max
    }

    let disk = Monitor(Disk())

    /// The process dies: what it wrote stays, its locks and open files do not.
    func kill() {
        disk.withLock { disk in
            disk.open = [:]
            disk.locked = [:]
            disk.diesAt = .max
            disk.calls = 0
        }
    }

    /// The machine loses its power: of what was not synced any beginning may be there, or garbage, or nothing.
    func losePower(using generator: inout some RandomNumberGenerator) {
        kill()
        disk.withLock { disk in
            if Bool.random(using: &generator) { disk.names = disk.durableNames } else { disk.durableNames = disk.names }
            // In a fixed order, so that a seed says all.
            for id in disk.nodes.keys.sorted() {
                guard var node = disk.nodes[id] else { continue }
                let unsynced = node.bytes.dropFirst(node.durable.count)
                var kept = Array(unsynced.prefix(Int.random(in: 0...unsynced.count, using: &generator)))
                if !kept.isEmpty, Int.random(in: 0..<3, using: &generator) == 0 {
                    for index in Int.random(in: kept.indices, using: &generator)..<kept.count { kept[index] = 0 }
                }
                node.durable += kept
                node.bytes = node.durable
                disk.nodes[id] = node
            }
        }
    }

    /// A copy of a file's bytes.
    func bytes(_ path: String) -> [UInt8]? {
        disk.withLock { disk in disk.names[path].flatMap { disk.nodes[$0]?.bytes } }
    }

    /// Puts bytes in a file's place, or removes it.
    func put(_ path: String, _ bytes: [UInt8]?) {
        disk.withLock { disk in
            guard let bytes else {
                disk.names[path] = nil
                disk.durableNames[path] = nil
                return
            }
            disk.nextID += 1
            disk.nodes[disk.nextID] = Node(bytes: bytes, durable: bytes)
            disk.names[path] = disk.nextID
            disk.durableNames[path] = disk.nextID
        }
    }

    /// All files, sorted by name.
    var paths: [String] { disk.withLock { $0.names.keys.sorted() } }

    private func change<Value: Sendable>(
        _ call: String, _ path: String, _ body: (inout Disk) -> Result<Value, SpoolError>
    ) throws(SpoolError) -> Value {
        let result = disk.withLock { disk -> Result<Value, SpoolError> in
            disk.calls += 1
            if disk.calls >= disk.diesAt { return .failure(Self.fault(call, path, ESHUTDOWN)) }
            if var fault = disk.faults[call] {
                defer { disk.faults[call] = fault.times > 0 ? fault : nil }
                if fault.skip > 0 {
                    fault.skip -= 1
                } else {
                    fault.times -= 1
                    return .failure(Self.fault(call, path, fault.number))
                }
            }
            return body(&disk)
        }
        return try result.get()
    }

    private static func fault(_ call: String, _ path: String, _ number: Int32) -> SpoolError {
        SpoolError(SystemFault(call: call, path: path, number: number))
    }

    func makeFolder(_ path: String) throws(SpoolError) {
        try change("mkdir", path) { disk in
            disk.folders.insert(path)
            return .success(())
        }
    }

    func names(in folder: String) throws(SpoolError) -> [String] {
        disk.withLock { disk in
            let files = disk.names.keys.filter { $0.hasPrefix(folder + "/") }.map { $0.dropFirst(folder.count + 1) }
            let folders = disk.folders.filter { $0.hasPrefix(folder + "/") }.map { $0.dropFirst(folder.count + 1) }
            return (files + folders).filter { !$0.contains("/") }.map(String.init)
        }
    }

    func openToRead(_ path: String) throws(SpoolError) -> OpenFile {
        let descriptor = disk.withLock { disk in disk.names[path].map { Self.open($0, &disk) } }
        guard let descriptor else { throw Self.fault("open", path, ENOENT) }
        return OpenFile(descriptor: descriptor, path: path)
    }

    private static func open(_ node: Int, _ disk: inout Disk) -> Int32 {
        disk.nextID += 1
        disk.open[Int32(disk.nextID)] = node
        return Int32(disk.nextID)
    }

    func create(_ path: String) throws(SpoolError) -> OpenFile {
        let descriptor = try change("open", path) { disk -> Result<Int32, SpoolError> in
            guard disk.names[path] == nil else { return .failure(Self.fault("open", path, EEXIST)) }
            disk.nextID += 1
            disk.nodes[disk.nextID] = Node()
            disk.names[path] = disk.nextID
            return .success(Self.open(disk.nextID, &disk))
        }
        return OpenFile(descriptor: descriptor, path: path)
    }

    func lock(_ path: String) throws(SpoolError) -> OpenFile? {
        disk.withLock { disk in
            if disk.locked.values.contains(path) { return nil }
            disk.nextID += 1
            disk.locked[Int32(disk.nextID)] = path
            return OpenFile(descriptor: Int32(disk.nextID), path: path)
        }
    }

    func byteCount(of file: OpenFile) throws(SpoolError) -> Int {
        disk.withLock { disk in disk.open[file.descriptor].flatMap { disk.nodes[$0]?.bytes.count } ?? 0 }
    }

    func write(_ bytes: [UInt8], from start: Int, to file: OpenFile) throws(SpoolError) -> Int {
        try change("write", file.path) { disk in
            guard let node = disk.open[file.descriptor] else { return .failure(Self.fault("write", file.path, EBADF)) }
            let used = disk.nodes.values.reduce(0) { $0 + $1.bytes.count }
            let room = max(0, disk.capacity - used)
            let count = min(bytes.count - start, disk.shortWrite, room)
            // As Linux does: what fits is written, and only the next call fails.
            if count == 0 { return .failure(Self.fault("write", file.path, ENOSPC)) }
            disk.nodes[node]?.bytes += bytes[start..<start + count]
            return .success(count)
        }
    }

    func read(_ file: OpenFile, at offset: Int, count: Int) throws(SpoolError) -> [UInt8] {
        disk.withLock { disk in
            let bytes = disk.open[file.descriptor].flatMap { disk.nodes[$0]?.bytes } ?? []
            return Array(bytes.dropFirst(offset).prefix(max(0, count)))
        }
    }

    func syncData(_ file: OpenFile) throws(SpoolError) {
        try change("fdatasync", file.path) { disk in
            if !disk.isSyncALie, let node = disk.open[file.descriptor], let bytes = disk.nodes[node]?.bytes {
                disk.nodes[node]?.durable = bytes
            }
            return .success(())
        }
    }

    func syncFolder(_ path: String) throws(SpoolError) {
        try change("fsync", path) { disk in
            if disk.isSyncALie { return .success(()) }
            disk.durableNames = disk.durableNames.filter { !$0.key.hasPrefix(path + "/") }
            for (name, node) in disk.names where name.hasPrefix(path + "/") { disk.durableNames[name] = node }
            return .success(())
        }
    }

    func rename(_ path: String, to newPath: String) throws(SpoolError) {
        try change("rename", path) { disk in
            disk.names[newPath] = disk.names.removeValue(forKey: path)
            return .success(())
        }
    }

    func remove(_ path: String) throws(SpoolError) {
        try change("unlink", path) { disk -> Result<Void, SpoolError> in
            guard let node = disk.names.removeValue(forKey: path) else {
                return .failure(Self.fault("unlink", path, ENOENT))
            }
            if !disk.durableNames.values.contains(node) { disk.nodes[node] = nil }
            return .success(())
        }
    }

    func close(_ file: OpenFile) {
        disk.withLock { disk in
            disk.open[file.descriptor] = nil
            disk.locked[file.descriptor] = nil
        }
    }
}
