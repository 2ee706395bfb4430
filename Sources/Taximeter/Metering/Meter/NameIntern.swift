import Synchronization

/// The names of one kind that a meter knows, each with its place.
final class NameIntern: Sendable {
    private struct Names {
        var list: [Identifier] = []
        var places: [Identifier: Int32] = [:]
    }

    private let names = Monitor(Names())
    private let count = Atomic<Int>(0)

    /// Whether a name stands at a place.
    @inline(__always)
    func hasName(at place: Int32) -> Bool { place >= 0 && place < count.load(ordering: .acquiring) }

    /// The place of a name, which is given one the first time; nil when no more names are to be had.
    func place(of name: Identifier, mayAdd: () -> Bool) -> Int32? {
        names.withLock { names in
            if let place = names.places[name] { return place }
            guard mayAdd(), let place = Int32(exactly: names.list.count) else { return nil }
            names.list.append(name)
            names.places[name] = place
            count.store(names.list.count, ordering: .releasing)
            return place
        }
    }

    /// The name at a place.
    func name(at place: Int32) -> Identifier? {
        names.withLock { names in names.list.indices.contains(Int(place)) ? names.list[Int(place)] : nil }
    }
}
