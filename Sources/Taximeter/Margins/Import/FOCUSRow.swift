/// A row of usage: a node's time and what it cost.
struct FOCUSRow {
    let node: FileNode
    let interval: GPUOccupancy
    let period: Range<Instant>
    let perGPUHour: Money
    /// What the row comes to.
    let cost: Money
    /// Hours of the node, in units of 10⁻⁹.
    let hours: Int128
    let kind: GPURate.Kind

    /// Decimals of a quantity.
    static let decimals = 9

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
        self.cost = cost
        self.hours = hours
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
