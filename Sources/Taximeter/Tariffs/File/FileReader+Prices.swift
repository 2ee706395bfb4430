extension FileReader {
    /// A price per million tokens, or a stand-in.
    func price(_ node: FileNode) -> UnitPrice {
        decimal(node, expected: "a price per million tokens of 0 or more, with at most 12 decimals, such as 0.14") {
            text throws(DecimalError) in try UnitPrice(perMillion: text)
        } ?? UnitPrice(unitsPerToken: 0)
    }

    /// A factor, or a stand-in.
    func factor(_ node: FileNode) -> Factor {
        decimal(node, expected: "a factor of 0 or more, such as 0.5 (less would be a discount of more than 100 %)") {
            text throws(DecimalError) in try Factor(text)
        } ?? .one
    }

    private func decimal<Value>(
        _ node: FileNode, expected: String, _ read: (String) throws(DecimalError) -> Value
    ) -> Value? {
        value(node, expected: expected) { text in try? read(text) }
    }
}
