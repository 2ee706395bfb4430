/// The prices of one model over one stretch of time. Never changed once used: a new price is a new version.
public struct TariffVersion: Sendable, Hashable {
    /// When it holds. Where the file gives no end, that is the start of the following version.
    public let effective: EffectivePeriod
    /// Where the prices were published, if the file says so.
    public let source: String?
    /// The channels whose requests cost nothing here, in order.
    public let freeChannels: [Identifier]
    /// Rates, bands, schedules and multipliers.
    public let rules: PriceRules
    /// The version by itself as JSON, the same bytes for the same content: what is stored.
    ///
    /// Calendars, channel rules and the source are written out, so that no later change to a shared part of a file can
    /// reach it. It is a version of the tariff file format. The end is in it only where the file gives one: a version
    /// stays the same when another follows it.
    public let canonicalJSON: String

    /// Every unit price, computed once.
    let prices: UnitPriceTable

    init(
        effective: EffectivePeriod, source: String?, freeChannels: [Identifier], rules: PriceRules,
        prices: UnitPriceTable, canonicalJSON: String
    ) {
        self.effective = effective
        self.source = source
        self.freeChannels = freeChannels
        self.rules = rules
        self.prices = prices
        self.canonicalJSON = canonicalJSON
    }
}

/// Another name of a model, over some time. It may be the name of a model that had its last version before, or has its
/// first one after: DeepSeek serves requests for the retired `deepseek-v4-flash` by its successor.
public struct ModelAlias: Sendable, Hashable {
    /// The name that requests carry.
    public let name: Identifier
    /// When the name means the model; from ``Instant/earliest`` where no start is given.
    public let effective: EffectivePeriod

    /// A name for a model over some time.
    public init(name: Identifier, effective: EffectivePeriod) {
        self.name = name
        self.effective = effective
    }
}

/// The price table of one model: its versions, in order of time, without overlaps.
public struct Tariff: Sendable, Hashable {
    /// The model.
    public let model: Identifier
    /// Its other names.
    public let aliases: [ModelAlias]
    /// Its versions, in order.
    public let versions: [TariffVersion]
}
