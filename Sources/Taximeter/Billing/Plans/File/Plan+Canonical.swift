extension Plan {
    /// A version as a store keeps it, by itself.
    public struct StoredVersion: Sendable, Hashable {
        /// Its first instant.
        public let from: Instant
        /// The version in the plan format, as canonical JSON: the same bytes for the same content.
        public let definition: String

        /// A version that a store kept.
        public init(from: Instant, definition: String) {
            self.from = from
            self.definition = definition
        }
    }

    /// Reads a plan from YAML or JSON.
    ///
    /// - Parameters:
    ///   - text: The file's text.
    ///   - file: Its name, for messages.
    /// - Throws: ``FileErrors`` with everything that is wrong in it.
    public static func parse(_ text: String, file: String) throws(FileErrors) -> Plan {
        let source = YAMLSource(text, file: file)
        let reader = FileReader(file: file, diagnostics: source.diagnostics)
        let plan = source.root.flatMap(reader.plan)
        guard let plan, reader.diagnostics.isEmpty else { throw FileErrors(reader.diagnostics) }
        return plan
    }

    /// Puts a plan together again from its stored versions, by the same reader as a file.
    ///
    /// - Throws: ``FileErrors`` when they do not make a valid plan.
    public init(
        name: Identifier, currency: Currency, stored versions: some Sequence<StoredVersion>
    ) throws(FileErrors) {
        let texts = versions.sorted { $0.from < $1.from }.map(\.definition)
        self = try Self.parse(Self.canonicalJSON(name, currency, texts), file: "stored plan \(name)")
    }

    /// The versions as a store keeps them. One that ends where the next begins has no end of its own, so its stored form
    /// stays the same when another follows it.
    public var storedVersions: [StoredVersion] {
        versions.indices.map { index in
            let effective = versions[index].effective
            let next = index + 1 < versions.count ? versions[index + 1].effective.from : nil
            var fields: [(String, CanonicalJSON)] = [("from", .string("\(effective.from)"))]
            if let until = effective.until, until != next { fields.append(("until", .string("\(until)"))) }
            if index > 0, versions[index - 1].effective.until != effective.from { fields.append(("after_gap", .yes)) }
            return StoredVersion(
                from: effective.from,
                definition: CanonicalJSON.object(fields + versions[index].canonicalFields).text)
        }
    }

    /// The whole plan as one file in the canonical form.
    public var canonicalJSON: String {
        Self.canonicalJSON(name, versions.first?.currency ?? .usd, storedVersions.map(\.definition))
    }

    private static func canonicalJSON(_ name: Identifier, _ currency: Currency, _ versions: [String]) -> String {
        CanonicalJSON.object([
            ("plan", .string(name.text)), ("currency", .string(currency.code)),
            ("versions", .list(versions.map { .verbatim($0) })),
        ]).text
    }
}

extension PlanVersion {
    /// Whether both say the same, whenever they do.
    package func saysTheSame(as other: PlanVersion) -> Bool {
        CanonicalJSON.object(canonicalFields).text == CanonicalJSON.object(other.canonicalFields).text
    }

    /// All but when it holds; only what differs from the defaults.
    fileprivate var canonicalFields: [(String, CanonicalJSON)] {
        var fields: [(String, CanonicalJSON)] = [("price_book", .string(priceBook.text))]
        if cycle != .calendarMonth { fields.append(("billing_period", cycle.canonicalJSON)) }
        if let recurringFee { fields.append(("recurring_fee", recurringFee.canonicalJSON)) }
        if let terms { fields.append(("terms", terms.canonicalJSON)) }
        if !committedVolumes.isEmpty {
            fields.append(("committed_volumes", .list(committedVolumes.map(\.canonicalJSON))))
        }
        if isUnlimited { fields.append(("unlimited", .yes)) }
        if let minimum { fields.append(("minimum", .string(minimum.decimalText))) }
        if let maximum { fields.append(("maximum", .string(maximum.decimalText))) }
        if payment != .postpaid { fields.append(("payment", .string(payment.rawValue))) }
        if let tax {
            fields.append(("tax", .object([("name", .string(tax.name)), ("rate", .string("\(tax.rate)"))])))
        }
        return fields
    }
}

extension BillingCycle {
    fileprivate var canonicalJSON: CanonicalJSON {
        let weekday = Weekday(rawValue: UInt8(anchorDay - 1)).map { CanonicalJSON.string("\($0)") }
        let day = length == .week ? weekday : .number(Int64(anchorDay))
        var fields = [("length", CanonicalJSON.string(length.rawValue))]
        if let day { fields.append(("anchor_day", day)) }
        if length == .quarter || length == .year { fields.append(("anchor_month", .number(Int64(anchorMonth)))) }
        return .object(fields)
    }
}

extension RecurringFee {
    fileprivate var canonicalJSON: CanonicalJSON {
        .object([
            ("amount", .string(amount.decimalText)), ("due", .string(due.rawValue)),
            ("prorated", .string(proration.rawValue)),
        ])
    }
}

extension CommittedVolume {
    fileprivate var canonicalJSON: CanonicalJSON {
        var fields = allowance.canonicalFields(span: false) + [("fee", .string(fee.decimalText))]
        if let overage { fields.append(("overage", .string("\(overage)"))) }
        return .object(fields)
    }
}
