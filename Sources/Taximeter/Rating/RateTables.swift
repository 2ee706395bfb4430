/// The numbers of all versions of a book that rating a request reads, as plain values in a few arrays: so that on the
/// way to an amount no reference is counted, and nothing copied or allocated.
struct RateTables: Sendable {
    /// The currency of the book.
    let currency: Currency
    /// The versions, for what is asked more rarely.
    private(set) var versions: [CompiledVersion] = []
    private var bands: [BandBounds] = []
    private var windows: [ClockSpan] = []
    /// Units per token, one row a combination; see ``UnitPriceTable``. None of a version with a price that is not below
    /// ``plainPrices``.
    private(set) var rows: [PerClass<Int64>] = []

    /// The price from which on amounts need checks: below it, five products with any counts add up to less than 2¹²⁷.
    private static let plainPrices: Int128 = 1 << 61

    init(_ currency: Currency) { self.currency = currency }

    /// Takes a version in.
    mutating func add(_ version: TariffVersion, at place: VersionPlace, tariffOrder: Int, tiers: CompiledTiers)
        -> CompiledVersion
    {
        let rules = version.rules
        var plan = VersionPlan(place, number: versions.count, version.prices)
        (plan.firstBand, plan.bandCount) = (bands.count, rules.bands.count)
        bands += rules.bands.map { BandBounds(input: $0.inputFrom, output: $0.outputFrom) }
        (plan.firstWindow, plan.windowCount) = (windows.count, rules.schedules.count)
        windows += rules.schedules.map(\.window.span)
        if let zone = rules.schedules.first?.window.zone {
            let effective = version.effective
            let offsets = zone.offsets(
                in: effective.from.microseconds...(effective.until ?? .latest).microseconds)
            plan.clock = zone.offset(at: effective.from) + VersionPlan.clockStart
            plan.isRegular = offsets.count == 1 && rules.schedules.allSatisfy { $0.window.weekdays == .all }
        }
        if version.prices.units.allSatisfy({ $0 < Self.plainPrices }) {
            plan.firstRow = rows.count
            for start in stride(from: 0, to: version.prices.units.count, by: UnitPriceTable.columns) {
                rows.append(PerClass { Int64(truncatingIfNeeded: version.prices.units[start + Int($0.rawValue)]) })
            }
        }
        let compiled = CompiledVersion(version, plan, tariffOrder: tariffOrder, tiers: tiers)
        versions.append(compiled)
        return compiled
    }

    /// The schedule whose window contains the instant, or -1.
    @inline(__always)
    func schedule(_ plan: VersionPlan, at instant: Instant) -> Int {
        if !plan.isRegular { return versions[plan.number].schedule(at: instant) }
        let time = Int64(bitPattern: UInt64(bitPattern: instant.microseconds &+ plan.clock) % UInt64(Instant.day))
        // No two windows overlap. All are looked at, because a branch that depends on the time of day is guessed wrong
        // too often.
        var schedule = -1
        var place = 0
        while place < plan.windowCount {
            schedule = windows[plan.firstWindow &+ place].contains(time) ? place : schedule
            place &+= 1
        }
        return schedule
    }

    /// The narrowest band that the request is in, or -1: the last, as wider bands come first and crossing ones have a
    /// corner.
    @inline(__always)
    func band(_ plan: VersionPlan, of size: RequestSize) throws(UnpricedReason) -> Int {
        if plan.bandCount == 0 { return -1 }
        guard case .request(let input, let output) = size else { throw .summedUnderBands }
        var band = -1
        var place = 0
        while place < plan.bandCount {
            band = bands[plan.firstBand &+ place].contains(input: input, output: output) ? place : band
            place &+= 1
        }
        return band
    }
}

/// Where the numbers of a version stand in ``RateTables``. Plain numbers itself.
struct VersionPlan: Sendable {
    let place: VersionPlace
    /// Its place among all versions.
    let number: Int
    /// The classes that have a rate, as bits.
    let ratedClasses: Int16
    /// Whether time has one offset as long as the version holds, and every window is open every day.
    var isRegular = true
    /// Microseconds from ``clockStart`` to the epoch of the windows' clock, where that is always the same.
    var clock: Int64 = 0
    var firstBand = 0
    var bandCount = 0
    var firstWindow = 0
    var windowCount = 0
    /// The first row of its prices; -1 where they are too high to be among them.
    var firstRow = -1
    /// How far apart the rows of two bands and those of two schedules are.
    let bandStride: Int
    let scheduleStride: Int

    /// A midnight before any instant.
    static let clockStart = 800_000 * Instant.day

    init(_ place: VersionPlace, number: Int, _ prices: UnitPriceTable) {
        self.place = place
        self.number = number
        ratedClasses = prices.ratedClasses
        bandStride = prices.row(schedule: -1, band: 0, multipliers: 0)
        scheduleStride = prices.row(schedule: 0, band: -1, multipliers: 0)
    }

    /// No version.
    static let none = VersionPlan()

    private init() {
        (place, number, ratedClasses, bandStride, scheduleStride) = (VersionPlace(tariff: 0, version: 0), 0, 0, 0, 0)
    }

    /// The row of list prices of a band (-1 in none) and a set of multipliers.
    @inline(__always)
    func row(band: Int, multipliers: Int) -> Int { (band &+ 1) &* bandStride &+ multipliers }
}

/// Where a band begins.
struct BandBounds: Sendable {
    let input: Int64
    let output: Int64

    /// Whether a request of this size is in the band.
    @inline(__always)
    func contains(input: Int64, output: Int64) -> Bool { input >= self.input && output >= self.output }
}
