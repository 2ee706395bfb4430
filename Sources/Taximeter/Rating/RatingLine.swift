/// What requests have in common that decides their price besides time and size, resolved against a book once: model,
/// channel, service tier and multipliers. A serving process or a job keeps one for all requests that are alike.
public final class RatingLine: Sendable {
    /// The name of the model, as requests give it.
    public let model: Identifier
    /// Where the requests come from.
    public let channel: Identifier
    /// The service tier.
    public let serviceTier: Identifier
    /// Multipliers besides the service tier's.
    public let multipliers: [Identifier]

    /// When each meaning begins, in order; the first holds from the beginning of time.
    private let starts: [Int64]
    private let meanings: [LineMeaning]
    /// Those of the rater.
    let tables: RateTables

    init(_ usage: RatableUsage, starts: [Int64], meanings: [LineMeaning], tables: RateTables) {
        model = usage.model
        channel = usage.channel
        serviceTier = usage.serviceTier
        multipliers = usage.multipliers
        self.starts = starts
        self.meanings = meanings
        self.tables = tables
    }

    /// What the line means at an instant.
    @inline(__always)
    func meaning(at instant: Instant) -> LineMeaning {
        var index = starts.count &- 1
        while index > 0, starts[index] > instant.microseconds { index &-= 1 }
        return meanings[index]
    }

    /// Whether this line sorts before another: by model, channel, service tier and multipliers, bytewise.
    func precedes(_ other: RatingLine) -> Bool {
        if model != other.model { return model < other.model }
        if channel != other.channel { return channel < other.channel }
        if serviceTier != other.serviceTier { return serviceTier < other.serviceTier }
        return multipliers.lexicographicallyPrecedes(other.multipliers)
    }
}

/// What the names of a line come to over some time. Plain numbers; what they stand for is in ``RateTables``.
struct LineMeaning: Sendable {
    /// A version of the book's reference model.
    struct Reference: Sendable {
        /// Its place among all versions.
        let version: Int
        /// The multipliers that apply there, as bits.
        let multipliers: Int
    }

    /// The version; none where ``reason`` says that there is none.
    let plan: VersionPlan
    /// Why there is no price. With a version, it is told only of usage that has a band.
    let reason: UnpricedReason?
    /// The multipliers that apply, as bits.
    let multipliers: Int
    /// Whether the channel costs nothing.
    let isFree: Bool
    /// The version of the book's reference model, where that is another and can price the line.
    let reference: Reference?

    init(
        _ plan: VersionPlan, multipliers: Int = 0, isFree: Bool = false, reason: UnpricedReason? = nil,
        reference: Reference? = nil
    ) {
        self.plan = plan
        self.reason = reason
        self.multipliers = multipliers
        self.isFree = isFree
        self.reference = reference
    }
}

extension Rater {
    /// The line of usage; its instant, size and tokens do not matter.
    public func line(of usage: RatableUsage) -> RatingLine {
        let tariffs = Set((names[usage.model] ?? []).map(\.tariff) + [reference].compactMap(\.self))
        var edges: Set<Int64> = []
        for name in names[usage.model] ?? [] {
            edges.formUnion([name.effective?.from, name.effective?.until].compactMap { $0?.microseconds })
        }
        for version in tariffs.flatMap({ self.tariffs[$0].versions }) {
            let effective = version.version.effective
            edges.formUnion([effective.from, effective.until].compactMap { $0?.microseconds })
        }
        edges.remove(Instant.earliest.microseconds)
        let starts = [Instant.earliest.microseconds] + edges.sorted()
        return RatingLine(
            usage, starts: starts, meanings: starts.map { meaning(of: usage, at: Instant(unchecked: $0)) },
            tables: tables)
    }

    /// What the names of usage mean at an instant.
    func meaning(of usage: RatableUsage, at instant: Instant) -> LineMeaning {
        guard let name = names[usage.model]?.first(where: { $0.effective?.contains(instant) ?? true }) else {
            return LineMeaning(.none, reason: .noTariff)
        }
        guard let version = tariffs[name.tariff].version(at: instant) else {
            return LineMeaning(.none, reason: .noVersion)
        }
        let isFree = version.version.freeChannels.contains(usage.channel)
        do throws(UnpricedReason) {
            return LineMeaning(
                version.plan, multipliers: try version.multipliers(usage.serviceTier, usage.multipliers),
                isFree: isFree,
                reference: referencePrices(of: usage, at: instant, besides: name.tariff))
        } catch {
            return LineMeaning(version.plan, isFree: isFree, reason: error)
        }
    }

    private func referencePrices(
        of usage: RatableUsage, at instant: Instant, besides tariff: Int
    ) -> LineMeaning.Reference? {
        guard let reference, reference != tariff, let version = tariffs[reference].version(at: instant),
            let multipliers = try? version.multipliers(usage.serviceTier, usage.multipliers)
        else { return nil }
        return LineMeaning.Reference(version: version.plan.number, multipliers: multipliers)
    }
}
