import Foundation
import Glibc
import Synchronization
import TaximeterPostgres

/// Homes for clusters that live no longer than this process.
///
/// They lie in one folder, in memory where there is room, named after the process. At exit their servers are stopped
/// and the folder removed; what a killed process left behind, the next one finds by a lock that nobody holds.
public enum ClusterHomes {
    /// The path of a home of its own: a folder that does not exist yet, and into which the servers' user can come.
    public static func make(_ label: String = "home") throws -> String {
        let folder = try folder()
        return folder + "/\(label)-\(counter.wrappingAdd(1, ordering: .relaxed).newValue)"
    }

    private static let prefix = "taximeter-test-"
    private static let counter = Atomic(0)
    private static let created = Mutex<String?>(nil)

    private static func folder() throws -> String {
        try created.withLock { created in
            if let created { return created }
            let base = base()
            removeLeftovers(in: base)
            let folder = "\(base)/\(prefix)\(getpid())-\(String(UInt32.random(in: 0 ... .max), radix: 16))"
            // The lock comes first and goes last, so that no folder is ever without one. It is held until the end.
            guard let lock = lock(folder + ".lock", creating: true) else {
                throw CocoaError(.fileWriteUnknown, userInfo: [NSFilePathErrorKey: folder + ".lock"])
            }
            _ = lock
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o711])
            atexit { ClusterHomes.removeOwn() }
            created = folder
            return folder
        }
    }

    private static func base() -> String {
        let attributes = try? FileManager.default.attributesOfFileSystem(forPath: "/dev/shm")
        let free = (attributes?[.systemFreeSize] as? NSNumber)?.int64Value ?? 0
        if free > 1 << 30 { return "/dev/shm" }
        return ProcessInfo.processInfo.environment["TMPDIR"] ?? "/tmp"
    }

    private static func removeOwn() {
        if let folder = created.withLock({ $0 }) { remove(folder) }
    }

    private static func removeLeftovers(in base: String) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: base)) ?? []
        for name in names where name.hasPrefix(prefix) && name.hasSuffix(".lock") {
            guard let lock = lock("\(base)/\(name)", creating: false) else { continue }
            remove("\(base)/\(name.dropLast(5))")
            close(lock)
        }
    }

    /// Stops the servers of a folder's homes and removes it.
    private static func remove(_ folder: String) {
        for home in (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [] {
            _ = try? EmbeddedCluster(home: "\(folder)/\(home)", timeoutSeconds: 20).stop(.immediate)
            // A home may be a file system of its own.
            umount2("\(folder)/\(home)", Int32(MNT_DETACH))
        }
        try? FileManager.default.removeItem(atPath: folder)
        unlink(folder + ".lock")
    }

    /// The locked file's descriptor, or nil when another process holds the lock.
    private static func lock(_ path: String, creating: Bool) -> Int32? {
        let descriptor = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | (creating ? O_CREAT | O_EXCL : 0), 0o600)
        if descriptor < 0 { return nil }
        if flock(descriptor, LOCK_EX | LOCK_NB) == 0 { return descriptor }
        close(descriptor)
        return nil
    }
}
