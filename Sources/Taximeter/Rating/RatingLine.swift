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

    init(_ usage: RatableUsage, starts: [Int64], meanings: [LineMeaning]) {
        model = usage.model
        channel = usage.channel
        serviceTier = usage.serviceTier
        multipliers = usage.multipliers
        self.starts = starts
        self.meanings = meanings
    }

    /// What the line means at an instant.
    func meaning(at instant: Instant) -> LineMeaning {
        var index = starts.count - 1
        while index > 0, starts[index] > instant.microseconds { index -= 1 }
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

/// What the names of a line come to over some time.
final class LineMeaning: Sendable {
    /// The version; nil where there is none, and ``reason`` says why.
    let version: CompiledVersion?
    /// Why there is no price. With a version, it is told only of usage that has a band.
    let reason: UnpricedReason?
    /// The multipliers that apply, as bits.
    let multipliers: Int
    /// Whether the channel costs nothing.
    let isFree: Bool
    /// The version of the book's reference model, where that is another and can price the line.
    let reference: CompiledVersion?
    /// The reference's multipliers that apply.
    let referenceMultipliers: Int

    init(
        _ version: CompiledVersion?, multipliers: Int = 0, isFree: Bool = false, reason: UnpricedReason? = nil,
        reference: (version: CompiledVersion, multipliers: Int)? = nil
    ) {
        self.version = version
        self.multipliers = multipliers
        self.isFree = isFree
        self.reason = reason
        self.reference = reference?.version
        referenceMultipliers = reference?.multipliers ?? 0
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
            usage, starts: starts, meanings: starts.map { meaning(of: usage, at: Instant(unchecked: $0)) })
    }

    /// What the names of usage mean at an instant.
    func meaning(of usage: RatableUsage, at instant: Instant) -> LineMeaning {
        guard let name = names[usage.model]?.first(where: { $0.effective?.contains(instant) ?? true }) else {
            return LineMeaning(nil, reason: .noTariff)
        }
        guard let version = tariffs[name.tariff].version(at: instant) else {
            return LineMeaning(nil, reason: .noVersion)
        }
        let isFree = version.version.freeChannels.contains(usage.channel)
        do throws(UnpricedReason) {
            return LineMeaning(
                version, multipliers: try version.multipliers(usage.serviceTier, usage.multipliers), isFree: isFree,
                reference: referencePrices(of: usage, at: instant, besides: name.tariff))
        } catch {
            return LineMeaning(version, isFree: isFree, reason: error)
        }
    }

    private func referencePrices(
        of usage: RatableUsage, at instant: Instant, besides tariff: Int
    ) -> (version: CompiledVersion, multipliers: Int)? {
        guard let reference, reference != tariff, let version = tariffs[reference].version(at: instant),
            let multipliers = try? version.multipliers(usage.serviceTier, usage.multipliers)
        else { return nil }
        return (version, multipliers)
    }
}
