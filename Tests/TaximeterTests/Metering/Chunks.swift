extension [UInt8] {
    /// Pieces of this size; the last may be shorter.
    func chunks(of size: Int) -> [[UInt8]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }

    /// Pieces of random sizes, empty ones among them.
    func chunks(upTo size: Int, using generator: inout some RandomNumberGenerator) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var start = 0
        while start < count {
            let end = Swift.min(start + Int.random(in: 0...size, using: &generator), count)
            pieces.append(Array(self[start..<end]))
            start = end
        }
        return pieces
    }
}
