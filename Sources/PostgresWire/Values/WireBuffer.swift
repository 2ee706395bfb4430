/// Bytes on their way to the server: integers in network order, grown as needed, used again.
public struct WireBuffer: ~Copyable {
    // What is marked for inlining is so because a COPY of millions of rows calls it from another module, for every column.
    @usableFromInline var base: UnsafeMutableRawPointer
    @usableFromInline var capacity: Int
    @usableFromInline var count = 0

    init(capacity: Int = 256) {
        self.capacity = capacity
        base = .allocate(byteCount: capacity, alignment: 8)
    }

    deinit { base.deallocate() }

    var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

    mutating func removeAll() { count = 0 }

    @inlinable @inline(__always)
    mutating func write<T: FixedWidthInteger>(_ value: T) {
        reserve(MemoryLayout<T>.size)
        base.storeBytes(of: value.bigEndian, toByteOffset: count, as: T.self)
        count += MemoryLayout<T>.size
    }

    /// Writes a column of COPY: an integer behind its length.
    @inlinable @inline(__always)
    mutating func writeColumn<T: FixedWidthInteger>(_ value: T) {
        reserve(4 + MemoryLayout<T>.size)
        base.storeBytes(of: Int32(MemoryLayout<T>.size).bigEndian, toByteOffset: count, as: Int32.self)
        base.storeBytes(of: value.bigEndian, toByteOffset: count + 4, as: T.self)
        count += 4 + MemoryLayout<T>.size
    }

    @inlinable
    mutating func write(_ bytes: UnsafeRawBufferPointer) {
        reserve(bytes.count)
        if let start = bytes.baseAddress { (base + count).copyMemory(from: start, byteCount: bytes.count) }
        count += bytes.count
    }

    /// Overwrites four bytes written before.
    mutating func replace(_ value: Int32, at offset: Int) {
        base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Int32.self)
    }

    /// Writes a value behind its length.
    mutating func writeField(_ value: some PostgresValue) throws(PostgresError) {
        let start = count
        write(Int32(0))
        try value.encode(into: &self)
        replace(Int32(truncatingIfNeeded: count - start - 4), at: start)
    }

    @inlinable @inline(__always)
    mutating func reserve(_ more: Int) {
        if count + more > capacity { grow(more) }
    }

    @usableFromInline
    mutating func grow(_ more: Int) {
        capacity = max(capacity * 2, count + more)
        let larger = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 8)
        larger.copyMemory(from: base, byteCount: count)
        base.deallocate()
        base = larger
    }
}
