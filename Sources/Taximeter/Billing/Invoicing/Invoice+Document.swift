extension Invoice {
    /// What the first member of a document says.
    static let format = "taximeter-invoice/1"

    /// All of the invoice as canonical JSON: the same bytes for the same content. schemas/invoice.schema.json tells what
    /// is in it. Amounts are decimals in strings, so that no reader makes floating-point numbers of them.
    public var document: String { document(body: documentBody) }

    /// The ``document`` from its ``documentBody``, which can be made before there is a number.
    public func document(body: String) -> String {
        var members: [(String, CanonicalJSON)] = [
            ("document", .string(Self.format)), ("kind", .string(kind.rawValue)),
        ]
        if let issued {
            members += [
                ("number", .string(issued.number)), ("issue", .number(Int64(issued.issue))),
                ("finalized_at", .string("\(issued.finalizedAt)")),
            ]
        }
        return CanonicalJSON.object(members).text.dropLast() + "," + body.dropFirst()
    }

    /// All of the ``document`` but what makes the invoice final, as canonical JSON.
    public var documentBody: String {
        CanonicalJSON.object([
            ("account", .string(account.text)), ("issuing_entity", .string(issuingEntity.text)),
            ("period", period.canonicalJSON), ("time_zone", .string(timeZone.identifier)),
            ("currency", .string(currency.code)), ("lines", .list(lines.map(\.canonicalJSON))),
            ("total", total.canonicalJSON), ("credits", .list(credits.map(\.canonicalJSON))),
            ("due", due.canonicalJSON),
        ]).text
    }

    /// Reads a ``document``.
    ///
    /// - Throws: ``FileErrors`` when it is none, or its totals are not those of its lines.
    public init(document text: String) throws(FileErrors) {
        let source = YAMLSource(text, file: "invoice document")
        let reader = FileReader(file: "invoice document", diagnostics: source.diagnostics)
        let invoice = source.root.flatMap(reader.invoice)
        guard let invoice, reader.diagnostics.isEmpty else { throw FileErrors(reader.diagnostics) }
        self = invoice
    }
}

extension InvoiceLine {
    fileprivate var canonicalJSON: CanonicalJSON {
        var members: [(String, CanonicalJSON)] = [
            ("kind", .string(kind.rawValue)), ("id", .string(id)), ("period", period.canonicalJSON),
        ]
        if let adjusts { members.append(("adjusts", .string(adjusts))) }
        if let usage { members.append(("usage", usage.canonicalJSON)) }
        members += [("description", .string(description)), ("quantity", .number(quantity))]
        if let unitPrice { members.append(("unit_price", unitPrice.canonicalJSON)) }
        if fees.units != 0 { members.append(("fees", fees.canonicalJSON)) }
        members += [("exact", exact.canonicalJSON), ("amount", amount.canonicalJSON)]
        return .object(members)
    }
}

extension UsageLine.Key {
    fileprivate var canonicalJSON: CanonicalJSON {
        var members: [(String, CanonicalJSON)] = [("segment_start", .string("\(segmentStart)"))]
        func add(_ name: String, _ identifier: Identifier?) {
            if let identifier { members.append((name, .string(identifier.text))) }
        }
        add("plan", plan)
        add("price_book", priceBook)
        add("model", model)
        members.append(("version_from", .string("\(versionFrom)")))
        add("channel", channel)
        add("service_tier", serviceTier)
        add("band", band)
        add("schedule", schedule)
        members.append(("token_class", .string(tokenClass.name)))
        if let tier {
            members.append(
                ("tier", .object([("table", .number(Int64(tier.table))), ("step", .number(Int64(tier.step)))])))
        }
        add("allowance", allowance)
        return .object(members)
    }
}

extension Invoice.CreditUse {
    fileprivate var canonicalJSON: CanonicalJSON {
        .object([("grant", .string(grant.text)), ("amount", amount.canonicalJSON)])
    }
}

extension BillingPeriod {
    fileprivate var canonicalJSON: CanonicalJSON {
        .object([("start", .string("\(start)")), ("end", .string("\(end)"))])
    }
}

extension Money {
    fileprivate var canonicalJSON: CanonicalJSON { .string(decimalText) }
}
