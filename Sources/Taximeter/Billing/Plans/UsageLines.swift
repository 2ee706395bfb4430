/// Makes usage lines of what rating a stretch of a period came to.
struct UsageLines {
    /// What the slices of one usage have in common, in small numbers: there are many slices and few lines.
    private struct Cell: Hashable {
        let segment: Int
        let line: ObjectIdentifier
        let version: VersionPlace
        let band: Int?
        let schedule: Int?
    }

    private struct Group: Hashable {
        let cell: Int
        let tokenClass: TokenClass
        let tier: RatedSlice.Tier?
        let allowance: Int?
    }

    private struct Sums {
        /// A usage of the line, which tells its names.
        let usage: Int
        var tokens: Int64 = 0
        var charged: Int64 = 0
        var price = UnitPrice(unitsPerToken: 0)
        var fees: Int128 = 0
        var list: Int128 = 0
        var net: Int128 = 0

        mutating func add(_ slice: RatedSlice) throws(MoneyError) {
            tokens = try sum(tokens, slice.tokens)
            charged = try sum(charged, slice.chargedTokens)
            list = try sum(list, try slice.listPrice.amount(tokens: slice.tokens))
            net = try sum(net, try slice.netUnits)
            if slice.isFree { return }
            price = slice.chargedPrice
            fees = try sum(fees, slice.contractedFeeUnits)
        }
    }

    private let rater: PlanRater
    private let segments: [PlanSegment]

    init(_ rater: PlanRater, _ segments: [PlanSegment]) {
        self.rater = rater
        self.segments = segments
    }

    /// The lines, in the order in which their tokens are counted first.
    func lines(of outcome: PeriodRater.Outcome, _ usages: [PeriodUsage]) throws(MoneyError) -> [UsageLine] {
        var cells: [Cell: Int] = [:]
        var cellOfUsage = Array(repeating: -1, count: usages.count)
        var places: [Group: Int] = [:]
        // By cell and class, because slices of one line mostly follow each other.
        var recent: [Int] = []
        var sums: [(group: Group, sums: Sums)] = []
        for slice in outcome.slices {
            if cellOfUsage[slice.usage] < 0 {
                guard case .priced(let amounts) = outcome[slice.usage] else { continue }
                let cell = Cell(
                    segment: segment(at: usages[slice.usage].instant), line: ObjectIdentifier(usages[slice.usage].line),
                    version: amounts.request.version, band: amounts.request.band, schedule: amounts.request.schedule)
                if cells[cell] == nil {
                    cells[cell] = cells.count
                    recent += Array(repeating: -1, count: TokenClass.allCases.count)
                }
                cellOfUsage[slice.usage] = cells[cell] ?? 0
            }
            let group = Group(
                cell: cellOfUsage[slice.usage], tokenClass: slice.tokenClass, tier: slice.tier,
                allowance: slice.allowance)
            let column = group.cell * TokenClass.allCases.count + Int(slice.tokenClass.rawValue)
            if recent[column] < 0 || sums[recent[column]].group != group {
                recent[column] = places[group] ?? sums.count
                if recent[column] == sums.count {
                    places[group] = sums.count
                    sums.append((group, Sums(usage: slice.usage)))
                }
            }
            try sums[recent[column]].sums.add(slice)
        }
        return try merged(sums, outcome, usages)
    }

    private func segment(at instant: Instant) -> Int { segments.firstIndex { $0.range.contains(instant) } ?? 0 }

    /// Other names of one model are one line.
    private func merged(
        _ sums: [(group: Group, sums: Sums)], _ outcome: PeriodRater.Outcome, _ usages: [PeriodUsage]
    ) throws(MoneyError) -> [UsageLine] {
        var lines: [UsageLine] = []
        var known: [UsageLine.Key: Int] = [:]
        for (group, sums) in sums {
            guard case .priced(let amounts) = outcome[sums.usage] else { continue }
            let key = key(
                group.tokenClass, group.tier, allowance: group.allowance, amounts.request, usages[sums.usage])
            let line = line(key, sums)
            if let place = known[line.key] {
                lines[place] = try lines[place].adding(line)
            } else {
                known[line.key] = lines.count
                lines.append(line)
            }
        }
        return lines
    }

    /// The slices that some lines are made of, in the order in which their tokens are counted.
    func slices(
        of keys: Set<UsageLine.Key>, in outcome: PeriodRater.Outcome, _ usages: [PeriodUsage]
    ) -> [(key: UsageLine.Key, slice: RatedSlice)] {
        let classes = Set(keys.map(\.tokenClass))
        return outcome.slices.compactMap { slice in
            guard classes.contains(slice.tokenClass), case .priced(let amounts) = outcome[slice.usage] else {
                return nil
            }
            let key = key(
                slice.tokenClass, slice.tier, allowance: slice.allowance, amounts.request, usages[slice.usage])
            return keys.contains(key) ? (key, slice) : nil
        }
    }

    private func key(
        _ tokenClass: TokenClass, _ tier: RatedSlice.Tier?, allowance: Int?, _ request: RatedAmounts,
        _ usage: PeriodUsage
    ) -> UsageLine.Key {
        let book = rater.book
        let tariff = book.tariffs[request.version.tariff]
        let version = tariff.versions[request.version.version]
        let segment = segments[segment(at: usage.instant)]
        return UsageLine.Key(
            segmentStart: segment.range.lowerBound, plan: segment.plan, priceBook: book.name, model: tariff.model,
            versionFrom: version.effective.from, channel: usage.line.channel, serviceTier: usage.line.serviceTier,
            band: request.band.map { version.rules.bands[$0].name },
            schedule: request.schedule.map { version.rules.schedules[$0].name }, tokenClass: tokenClass,
            tier: tier, allowance: allowance.map { book.terms.allowances[$0].name })
    }

    private func line(_ key: UsageLine.Key, _ sums: Sums) -> UsageLine {
        let currency = rater.book.currency
        return UsageLine(
            key: key, tokens: sums.tokens, chargedTokens: sums.charged, unitPrice: sums.price,
            fees: Money(units: sums.fees, currency), list: Money(units: sums.list, currency),
            net: Money(units: sums.net, currency))
    }
}

extension UsageLine {
    /// Both, of one key, and so of one price.
    fileprivate func adding(_ other: UsageLine) throws(MoneyError) -> UsageLine {
        UsageLine(
            key: key, tokens: try sum(tokens, other.tokens), chargedTokens: try sum(chargedTokens, other.chargedTokens),
            unitPrice: unitPrice, fees: try fees + other.fees, list: try list + other.list, net: try net + other.net)
    }
}
