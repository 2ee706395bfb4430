extension FileReader {
    /// An invoice's document.
    func invoice(_ node: FileNode) -> Invoice? {
        let keys = [
            "document", "kind", "number", "issue", "finalized_at", "account", "issuing_entity", "period", "time_zone",
            "currency", "lines", "total", "credits", "due",
        ]
        guard let fields = fields(node, keys: keys),
            word(required(fields, "document", expected: Invoice.format), [(Invoice.format, true)]) != nil,
            let account = identifier(required(fields, "account", expected: "an account")),
            let entity = identifier(required(fields, "issuing_entity", expected: "who issued it")),
            let period = billingPeriod(required(fields, "period", expected: "the billing period")),
            let zone = value(
                required(fields, "time_zone", expected: "a time zone"), expected: "a time zone",
                { TimeZoneRules(identifier: $0) }),
            let currency = value(
                required(fields, "currency", expected: "a currency"), expected: "a currency",
                { Currency(code: $0) }),
            let items = required(fields, "lines", expected: "the lines").flatMap({ list($0, expected: "the lines") })
        else { return nil }
        let uses = fields["credits"].flatMap { list($0, expected: "the credits used") } ?? []
        let lines = items.compactMap { invoiceLine($0, currency) }
        let credits = uses.compactMap { creditUse($0, currency) }
        guard lines.count == items.count, credits.count == uses.count else { return nil }
        do {
            let invoice = try Invoice(
                issued: fields["number"] == nil ? nil : issued(fields), account: account, issuingEntity: entity,
                period: period, timeZone: zone, lines: lines, credits: credits)
            for (key, sum) in [("total", invoice?.total), ("due", invoice?.due)] {
                let written = money(required(fields, key, expected: "the sum"), currency)
                if let written, written != sum {
                    report(fields.node, missing: key, found: "\(written)", expected: "the sum of the lines")
                }
            }
            return invoice
        } catch {
            report(node, found: "lines that do not add up: \(error)", expected: "amounts of one currency")
            return nil
        }
    }

    private func issued(_ fields: Fields) -> Invoice.Issued? {
        guard let number = value(fields["number"], expected: "a number", { $0 }),
            let issue = value(
                required(fields, "issue", expected: "1 or more"), expected: "1 or more", { Int32($0) }),
            let time = instant(required(fields, "finalized_at", expected: "an instant"))
        else { return nil }
        return Invoice.Issued(number: number, issue: issue, finalizedAt: time)
    }

    private func invoiceLine(_ node: FileNode, _ currency: Currency) -> InvoiceLine? {
        let keys = [
            "kind", "id", "period", "adjusts", "usage", "description", "quantity", "unit_price", "fees", "exact",
            "amount",
        ]
        guard let fields = fields(node, keys: keys),
            let kind = word(
                required(fields, "kind", expected: "a kind"), InvoiceLine.Kind.allCases.map { ($0.rawValue, $0) }),
            let id = value(required(fields, "id", expected: "an id"), expected: "an id", { $0 }),
            let period = billingPeriod(required(fields, "period", expected: "the period")),
            let description = value(
                required(fields, "description", expected: "a text"), expected: "a text", { $0 }),
            let quantity = value(
                required(fields, "quantity", expected: "a count"), expected: "a count", { Int64($0) }),
            let exact = money(required(fields, "exact", expected: "an amount"), currency),
            let amount = money(required(fields, "amount", expected: "an amount"), currency)
        else { return nil }
        return InvoiceLine(
            kind: kind, id: id, period: period, adjusts: value(fields["adjusts"], expected: "a number") { $0 },
            usage: fields["usage"].flatMap(usageKey), description: description, quantity: quantity,
            unitPrice: money(fields["unit_price"], currency), fees: money(fields["fees"], currency) ?? .zero(currency),
            exact: exact, amount: amount)
    }

    private func usageKey(_ node: FileNode) -> UsageLine.Key? {
        let keys = [
            "segment_start", "plan", "price_book", "model", "version_from", "channel", "service_tier", "band",
            "schedule", "token_class", "tier", "allowance",
        ]
        guard let fields = fields(node, keys: keys),
            let segmentStart = instant(required(fields, "segment_start", expected: "an instant")),
            let priceBook = identifier(required(fields, "price_book", expected: "a price book")),
            let model = identifier(required(fields, "model", expected: "a model")),
            let versionFrom = instant(required(fields, "version_from", expected: "an instant")),
            let channel = identifier(required(fields, "channel", expected: "a channel")),
            let serviceTier = identifier(required(fields, "service_tier", expected: "a service tier")),
            let tokenClass = word(
                required(fields, "token_class", expected: "a class"), TokenClass.allCases.map { ($0.name, $0) })
        else { return nil }
        return UsageLine.Key(
            segmentStart: segmentStart, plan: identifier(fields["plan"]), priceBook: priceBook, model: model,
            versionFrom: versionFrom, channel: channel, serviceTier: serviceTier, band: identifier(fields["band"]),
            schedule: identifier(fields["schedule"]), tokenClass: tokenClass, tier: fields["tier"].flatMap(tier),
            allowance: identifier(fields["allowance"]))
    }

    private func tier(_ node: FileNode) -> RatedSlice.Tier? {
        guard let fields = fields(node, keys: ["table", "step"]),
            let table = value(
                required(fields, "table", expected: "a place"), expected: "a place", { Int($0) }),
            let step = value(required(fields, "step", expected: "a place"), expected: "a place", { Int($0) })
        else { return nil }
        return RatedSlice.Tier(table: table, step: step)
    }

    private func creditUse(_ node: FileNode, _ currency: Currency) -> Invoice.CreditUse? {
        guard let fields = fields(node, keys: ["grant", "amount"]),
            let grant = identifier(required(fields, "grant", expected: "a grant")),
            let amount = money(required(fields, "amount", expected: "an amount"), currency)
        else { return nil }
        return Invoice.CreditUse(grant: grant, amount: amount)
    }

    private func billingPeriod(_ node: FileNode?) -> BillingPeriod? {
        guard let node, let fields = fields(node, keys: ["start", "end"]),
            let start = instant(required(fields, "start", expected: "an instant")),
            let end = instant(required(fields, "end", expected: "an instant"))
        else { return nil }
        guard let period = BillingPeriod(start: start, end: end) else {
            report(node, found: "an empty period", expected: "an end after its start")
            return nil
        }
        return period
    }

    private func money(_ node: FileNode?, _ currency: Currency) -> Money? {
        value(node, expected: "a decimal") { try? Money($0, currency) }
    }
}
