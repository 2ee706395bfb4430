/// What an account has agreed to over time.
public struct Agreement: Sendable, Hashable {
    /// The account.
    public let account: Identifier
    /// The zone whose clock cuts its billing periods.
    public let timeZone: TimeZoneRules
    /// Who bills the account: invoices of one entity are numbered without gaps.
    public let issuingEntity: Identifier
    /// What it is subscribed to, in the order of time; one at a time, gaps allowed.
    public let subscriptions: [Subscription]

    /// An agreement.
    public init(
        account: Identifier, timeZone: TimeZoneRules, issuingEntity: Identifier, subscriptions: [Subscription]
    ) {
        self.account = account
        self.timeZone = timeZone
        self.issuingEntity = issuingEntity
        self.subscriptions = subscriptions
    }
}

/// A plan that an account has over some time.
public struct Subscription: Sendable, Hashable {
    /// The plan's name.
    public let plan: Identifier
    /// When it holds.
    public let effective: EffectivePeriod

    /// A subscription.
    public init(plan: Identifier, effective: EffectivePeriod) {
        self.plan = plan
        self.effective = effective
    }
}

/// A part of a billing period in which one version of one plan holds, or none.
public struct PlanSegment: Sendable, Hashable {
    /// Its instants; segments of a period tile it.
    public let range: Range<Instant>
    /// The plan's name; nil without a subscription, where the store's default book rates.
    public let plan: Identifier?
    /// The version in force; nil without a subscription, and where the plan has no version then.
    public let version: PlanVersion?

    /// A segment.
    public init(range: Range<Instant>, plan: Identifier?, version: PlanVersion?) {
        self.range = range
        self.plan = plan
        self.version = version
    }
}
