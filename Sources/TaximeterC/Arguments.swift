import CTaximeter
import Taximeter

/// A text that a host gives.
func text(_ start: UnsafePointer<CChar>?, _ length: Int, _ name: String) throws -> String {
    guard let start, length >= 0 else { throw Failure.invalid("\(name) is NULL or has a negative length") }
    let bytes = UnsafeRawBufferPointer(start: start, count: length)
    guard let text = String(validating: bytes, as: UTF8.self) else { throw Failure.invalid("\(name) is not UTF-8") }
    return text
}

/// A name that a host gives.
func identifier(_ start: UnsafePointer<CChar>?, _ length: Int, _ name: String) throws -> Identifier {
    let text = try text(start, length, name)
    do {
        return try Identifier(text)
    } catch {
        throw Failure.invalid("\(name): \(error)")
    }
}

/// Writes a text and a NUL to where a host wants it.
func write(
    _ text: [UInt8], _ buffer: UnsafeMutablePointer<CChar>?, _ size: Int, _ needed: UnsafeMutablePointer<Int>?
) throws {
    needed?.pointee = text.count
    guard let buffer, size > text.count else {
        throw Failure(TAXIMETER_BUFFER_TOO_SMALL, "the answer has \(text.count) bytes and a NUL, the buffer \(size)")
    }
    buffer.withMemoryRebound(to: UInt8.self, capacity: size) { buffer in
        for (place, byte) in text.enumerated() { buffer[place] = byte }
        buffer[text.count] = 0
    }
}

/// What a host holds as an opaque pointer: an object that lives until it is closed.
enum Handle<Object: AnyObject> {
    static func give(_ object: Object) -> OpaquePointer {
        OpaquePointer(Unmanaged.passRetained(object).toOpaque())
    }

    @inline(__always)
    static func object(_ pointer: OpaquePointer?) throws -> Object {
        guard let pointer else { throw Failure.invalid("the handle is NULL") }
        return Unmanaged<Object>.fromOpaque(UnsafeRawPointer(pointer)).takeUnretainedValue()
    }

    static func take(_ pointer: OpaquePointer?) -> Object? {
        pointer.map { Unmanaged<Object>.fromOpaque(UnsafeRawPointer($0)).takeRetainedValue() }
    }
}
