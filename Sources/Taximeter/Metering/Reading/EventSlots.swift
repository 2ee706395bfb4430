/// Where a row says what: for each field of the documented format, its place in the row.
struct EventSlots {
    /// What the source wrote the value as. CSV does not tell text from numbers.
    enum Kind { case text, number, any, other }

    struct Slot {
        var range: Range<Int>
        var kind: Kind
    }

    private var slots = [Slot?](repeating: nil, count: EventField.allCases.count)

    subscript(field: EventField) -> Slot? {
        get { slots[field.rawValue] }
        set { slots[field.rawValue] = newValue }
    }

    mutating func clear() {
        for index in slots.indices { slots[index] = nil }
    }
}
