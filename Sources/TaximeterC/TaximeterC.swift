import Taximeter

/// The version's characters, kept for the life of the process.
nonisolated(unsafe) private let versionText: UnsafePointer<CChar> = {
    let bytes = Array(taximeterVersion.utf8CString)
    let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    buffer.initialize(from: bytes, count: bytes.count)
    return UnsafePointer(buffer)
}()

/// The ABI of this library; see `taximeter.h`.
@c(taximeter_abi_version)
public func abiVersion() -> Int32 { 1 }

/// The version of this library; see `taximeter.h`.
@c(taximeter_version)
public func version() -> UnsafePointer<CChar> { versionText }
