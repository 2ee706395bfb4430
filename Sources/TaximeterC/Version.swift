import CTaximeter
import Taximeter

/// Text that lives as long as the process.
func constant(_ text: String) -> UnsafePointer<CChar> {
    let bytes = Array(text.utf8CString)
    let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count)
    buffer.initialize(from: bytes, count: bytes.count)
    return UnsafePointer(buffer)
}

nonisolated(unsafe) private let versionText = constant(taximeterVersion)

/// See `taximeter.h`.
@c @implementation
public func taximeter_abi_version() -> Int32 { TAXIMETER_ABI_VERSION }

/// See `taximeter.h`.
@c @implementation
public func taximeter_version() -> UnsafePointer<CChar>! { versionText }
