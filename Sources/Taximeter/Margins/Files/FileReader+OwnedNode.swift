extension FileReader {
    private static let ownedKeys = [
        "capex", "residual", "years", "hours_per_year", "kilowatts", "pue", "per_kilowatt_hour", "opex_per_year",
    ]

    /// What an owned node's rate is computed from.
    func ownedNode(_ node: FileNode) -> OwnedNode? {
        guard let members = fields(node, keys: Self.ownedKeys) else { return nil }
        let before = diagnostics.count
        let capex = figure(required(members, "capex", expected: "the price of a node"), most: 1_000_000_000)
        let years = whole(required(members, "years", expected: "how many years it serves"), most: 100)
        let hours = whole(members["hours_per_year"], most: 8_784)
        let residual = figure(members["residual"], most: 1)
        let kilowatts = figure(members["kilowatts"], most: 1_000_000)
        let pue = figure(members["pue"], most: 100)
        let price = figure(members["per_kilowatt_hour"], most: 1_000_000)
        let opex = figure(members["opex_per_year"], most: 100)
        guard diagnostics.count == before, let capex, let years else { return nil }
        return OwnedNode(
            capex: capex, residual: residual ?? .zero, years: years, hoursPerYear: hours ?? OwnedNode.hoursOfAYear,
            kilowatts: kilowatts ?? .zero, pue: pue ?? .one, perKilowattHour: price ?? .zero,
            opexPerYear: opex ?? .zero)
    }

    private func figure(_ node: FileNode?, most: Int128) -> Factor? {
        value(node, expected: "a decimal of 0 to \(most) with at most \(OwnedNode.decimals) decimals") { text in
            guard let units = try? DecimalText.units(text, decimals: OwnedNode.decimals), units >= 0,
                units <= most * 1_000_000
            else { return nil }
            return try? Factor(text)
        }
    }

    private func whole(_ node: FileNode?, most: Int64) -> Int64? {
        value(node, expected: "a whole number of 1 to \(most)") { text in
            Int64(text).flatMap { (1...most).contains($0) ? $0 : nil }
        }
    }
}

extension OwnedNode {
    /// Terms as a store keeps them.
    ///
    /// - Throws: ``FileErrors`` when the text is none.
    package init(stored text: String) throws(FileErrors) {
        let source = YAMLSource(text, file: "stored rate")
        let reader = FileReader(file: "stored rate", diagnostics: source.diagnostics)
        let node = source.root.flatMap(reader.ownedNode)
        guard let node, reader.diagnostics.isEmpty else { throw FileErrors(reader.diagnostics) }
        self = node
    }

    /// The terms as JSON, every key there.
    package var definition: String {
        CanonicalJSON.object([
            ("capex", .string("\(capex)")), ("residual", .string("\(residual)")), ("years", .number(years)),
            ("hours_per_year", .number(hoursPerYear)), ("kilowatts", .string("\(kilowatts)")),
            ("pue", .string("\(pue)")),
            ("per_kilowatt_hour", .string("\(perKilowattHour)")), ("opex_per_year", .string("\(opexPerYear)")),
        ]).text
    }
}
