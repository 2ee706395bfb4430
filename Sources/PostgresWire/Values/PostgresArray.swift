/// What Swift arrays can hold on their way to the server: scalars become a PostgreSQL array, bytes a `bytea`.
public protocol PostgresArrayElement: Sendable {
    /// The type of `[Self]`.
    static var arrayOID: UInt32 { get }
    /// Writes `[Self]`.
    static func encodeArray(_ elements: [Self], into buffer: inout WireBuffer) throws(PostgresError)
    /// Reads `[Self]`.
    static func decodeArray(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> [Self]
}

extension PostgresScalar {
    /// The type of arrays of it.
    public static var arrayOID: UInt32 { arrayTypeOID }

    /// Writes a one-dimensional array without NULLs.
    public static func encodeArray(_ elements: [Self], into buffer: inout WireBuffer) throws(PostgresError) {
        try encodeElements(elements, typeOID: typeOID, into: &buffer)
    }

    /// Reads a one-dimensional array; NULL elements are refused.
    public static func decodeArray(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> [Self] {
        try decodeElements(bytes)
    }
}

extension UInt8: PostgresArrayElement {
    /// `bytea`
    public static var arrayOID: UInt32 { 17 }

    /// Writes the bytes.
    public static func encodeArray(_ elements: [UInt8], into buffer: inout WireBuffer) throws(PostgresError) {
        elements.withUnsafeBytes { buffer.write($0) }
    }

    /// Reads the bytes.
    public static func decodeArray(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> [UInt8] { Array(bytes) }
}

extension Array: PostgresValue where Element: PostgresArrayElement {
    /// The array's type, or `bytea` for bytes.
    public static var typeOID: UInt32 { Element.arrayOID }

    /// Writes the array.
    public func encode(into buffer: inout WireBuffer) throws(PostgresError) {
        try Element.encodeArray(self, into: &buffer)
    }

    /// Reads the array.
    public static func decode(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> [Element] {
        try Element.decodeArray(bytes)
    }
}

extension Array: PostgresArrayElement where Element == UInt8 {
    /// `bytea[]`
    public static var arrayOID: UInt32 { 1001 }

    /// Writes an array of `bytea`.
    public static func encodeArray(_ elements: [[UInt8]], into buffer: inout WireBuffer) throws(PostgresError) {
        try encodeElements(elements, typeOID: 17, into: &buffer)
    }

    /// Reads an array of `bytea`.
    public static func decodeArray(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> [[UInt8]] {
        try decodeElements(bytes)
    }
}

private func encodeElements<T: PostgresValue>(
    _ elements: [T], typeOID: UInt32, into buffer: inout WireBuffer
) throws(PostgresError) {
    buffer.write(Int32(elements.isEmpty ? 0 : 1))
    buffer.write(Int32(0))
    buffer.write(typeOID)
    if elements.isEmpty { return }
    buffer.write(Int32(truncatingIfNeeded: elements.count))
    buffer.write(Int32(1))
    for element in elements { try buffer.writeField(element) }
}

private func decodeElements<T: PostgresValue>(_ bytes: UnsafeRawBufferPointer) throws(PostgresError) -> [T] {
    var reader = WireReader(bytes)
    let dimensions = try reader.read(Int32.self)
    _ = try reader.read(Int32.self)
    _ = try reader.read(UInt32.self)
    if dimensions == 0 { return [] }
    guard dimensions == 1 else { throw .decoding("an array has \(dimensions) dimensions; expected one") }
    let count = try reader.read(Int32.self)
    _ = try reader.read(Int32.self)
    var elements: [T] = []
    for _ in 0..<max(0, count) {
        let length = try reader.read(Int32.self)
        if length < 0 { throw .decoding("an array has a NULL element; expected none") }
        elements.append(try T.decode(reader.take(Int(length))))
    }
    try reader.end()
    return elements
}
