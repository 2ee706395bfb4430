extension CostImport {
    /// Keys that describe the pools of a FOCUS file, which does not.
    public static let poolKeys = ["gpu", "gpus_per_node"]

    /// Reads what a supplier billed from a FOCUS cost file (CSV; https://focus.finops.org, 1.0 to 1.2): each row of usage is
    /// the time of one node, and its effective cost gives the rate.
    ///
    /// Pool, model, phase and use come from ``labels`` (columns) and ``constants``; the node is `ResourceId`. Rows that are
    /// not usage (purchases, taxes, credits) are passed over: the effective cost of usage holds what was bought before.
    /// Outside the time of the file, the rates of its pools stay what they were.
    ///
    /// - Throws: ``FileErrors`` with everything that is wrong in it.
    public func focus(_ text: String, file: String) throws(FileErrors) -> CostFile {
        let reader = FileReader(file: file, diagnostics: [])
        let start = FileNode(content: .text(""), line: 1, column: 1, path: "")
        let gpu = constants["gpu"]
        let gpus = constants["gpus_per_node"].flatMap { Int32($0) }.flatMap { (1...1_000_000).contains($0) ? $0 : nil }
        if gpu == nil { reader.report(start, missing: "gpu", found: "nothing", expected: "the GPU type, such as H800") }
        if gpus == nil {
            reader.report(
                start, missing: "gpus_per_node", found: "nothing", expected: "how many GPUs a node has, 1 to 1000000")
        }
        var rows: [FOCUSRow] = []
        for record in reader.csvRecords(text) where record["ChargeCategory"]?.text == "Usage" {
            if let row = FOCUSRow(record, nodes(of: record, reader), gpus ?? 1, reader) { rows.append(row) }
        }
        let pools = Dictionary(grouping: rows, by: \.interval.pool).sorted { $0.key < $1.key }.map { name, rows in
            GPUPool(name: name, gpu: gpu ?? "", gpusPerNode: gpus ?? 1, rates: rates(rows, reader))
        }
        let occupancy = try finish(rows.map { ($0.node, $0.interval) }, reader)
        return CostFile(file: file, pools: pools, occupancy: occupancy, ratesArePartial: true)
    }

    private func nodes(of record: FileNode, _ reader: FileReader) -> FileReader.Nodes? {
        let columns = record.memberDictionary
        var members: [(key: FileNode, value: FileNode)] = []
        for key in FileReader.nodeKeys {
            let column = labels[key] ?? (key == "node" ? "ResourceId" : nil)
            let constant = constants[key].map { FileNode(content: .text($0), line: record.line, column: 1, path: key) }
            guard let value = column.flatMap({ columns[$0] }) ?? constant else { continue }
            members.append((FileNode(content: .text(key), line: value.line, column: value.column, path: ""), value))
        }
        let node = FileNode(content: .mapping(members), line: record.line, column: 1, path: "")
        return reader.fields(node, keys: FileReader.nodeKeys).map(reader.nodes)
    }

    /// The rates of a pool, in order; the same rate for as long as it holds.
    private func rates(_ rows: [FOCUSRow], _ reader: FileReader) -> [GPURate] {
        var rates: [(rate: GPURate, row: FOCUSRow)] = []
        for row in rows.sorted(by: { $0.period.lowerBound < $1.period.lowerBound }) {
            guard let last = rates.last, last.rate.until ?? .latest >= row.period.lowerBound else {
                rates.append((row.rate(from: row.period.lowerBound), row))
                continue
            }
            let end = last.rate.until ?? .latest
            if last.rate.perGPUHour == row.perGPUHour {
                let until = max(end, row.period.upperBound)
                rates[rates.count - 1].rate = GPURate(
                    from: last.rate.from, until: until, perGPUHour: row.perGPUHour, kind: row.kind)
            } else if end > row.period.lowerBound {
                reader.report(
                    row.node, found: "\(row.perGPUHour) a GPU-hour",
                    expected: "\(last.rate.perGPUHour), as in line \(last.row.node.line) for the same pool and time; "
                        + "what costs otherwise is another pool")
            } else {
                rates.append((row.rate(from: row.period.lowerBound), row))
            }
        }
        return rates.map(\.rate)
    }
}

/// A row of usage: a node's time and what it cost.
private struct FOCUSRow {
    let node: FileNode
    let interval: GPUOccupancy
    let period: Range<Instant>
    let perGPUHour: Money
    let kind: GPURate.Kind

    /// Decimals of a quantity.
    private static let decimals = 9

    init?(_ record: FileNode, _ nodes: FileReader.Nodes?, _ gpus: Int32, _ reader: FileReader) {
        func field(_ names: String...) -> FileNode? {
            for name in names { if let value = record[name] { return value } }
            reader.report(record, missing: names[0], found: "nothing", expected: "a value")
            return nil
        }
        let from = reader.instant(field("ChargePeriodStart"))
        let until = reader.instant(field("ChargePeriodEnd"))
        let currency = reader.value(field("BillingCurrency"), expected: "an ISO 4217 code") { Currency(code: $0) }
        let cost = reader.value(field("EffectiveCost"), expected: "an amount of 0 or more") { text in
            (try? Money(text, currency ?? .usd)).flatMap { $0.units >= 0 ? $0 : nil }
        }
        let unit = field("ConsumedUnit", "PricingUnit")
        let isHours = reader.value(unit, expected: "Hours") { ["Hour", "Hours", "Hrs", "h"].contains($0) ? true : nil }
        let hours = reader.value(
            field("ConsumedQuantity", "PricingQuantity"),
            expected: "more than 0 hours, at most \(Self.decimals) decimals"
        ) { text in
            (try? DecimalText.units(text, decimals: Self.decimals)).flatMap { $0 > 0 ? $0 : nil }
        }
        if nodes?.node == nil { _ = field("ResourceId") }
        guard let nodes, nodes.node != nil, let from, let until, let cost, let hours, isHours != nil, currency != nil
        else {
            return nil
        }
        guard from < until else {
            reader.report(record, missing: "ChargePeriodEnd", found: "\(until)", expected: "an instant after \(from)")
            return nil
        }
        let length = Int128(until.microseconds - from.microseconds)
        let used = hours * Int128(Instant.hour) / 1_000_000_000
        // Within an hour it makes no difference when; over a longer time it does.
        guard used == length || used < length && length <= Int128(Instant.hour) && until <= from.endOfHour, used > 0,
            let end = from.advanced(byMicroseconds: Int64(used)),
            let interval = nodes.interval(from: from, until: end, nodes: 1)
        else {
            reader.report(
                record, missing: "ConsumedQuantity", found: DecimalText.text(hours, decimals: Self.decimals) + " hours",
                expected: "the whole time from \(from) to \(until), or a part of one hour")
            return nil
        }
        guard let perHour = Self.perGPUHour(record, cost, hours, gpus) else {
            reader.report(record, missing: "EffectiveCost", found: "\(cost)", expected: "a cost that fits")
            return nil
        }
        node = record
        self.interval = interval
        period = from..<until
        perGPUHour = perHour
        kind = record["CommitmentDiscountId"] == nil ? .leased : .reserved
    }

    /// From the unit price where the cost is that times the quantity, rounded as it may be; else from the cost.
    private static func perGPUHour(_ record: FileNode, _ cost: Money, _ hours: Int128, _ gpus: Int32) -> Money? {
        let unit: Int128 = 1_000_000_000
        if let text = record["ContractedUnitPrice"]?.text, let price = try? Money(text, cost.currency),
            let whole = try? price.share(hours, of: unit, rounding: .halfAwayFromZero),
            whole == cost || (try? whole.rounded(.halfAwayFromZero)) == cost
        {
            return try? price.share(1, of: Int128(gpus), rounding: .halfAwayFromZero)
        }
        return try? cost.share(unit, of: hours * Int128(gpus), rounding: .halfAwayFromZero)
    }

    func rate(from: Instant) -> GPURate {
        GPURate(from: from, until: period.upperBound, perGPUHour: perGPUHour, kind: kind)
    }
}

extension Instant {
    /// The start of the next UTC hour.
    fileprivate var endOfHour: Instant { startOfHour.advanced(byMicroseconds: Self.hour) ?? .latest }
}
