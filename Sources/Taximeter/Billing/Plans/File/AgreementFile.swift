/// What accounts have agreed to, read from YAML or JSON; docs/plan-format.md has the format.
public struct AgreementFile: Sendable, Hashable {
    /// One an account, in the order of the file.
    public let agreements: [Agreement]

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - text: The file's text.
    ///   - file: Its name, for messages.
    /// - Throws: ``FileErrors`` with everything that is wrong in it.
    public static func parse(_ text: String, file: String) throws(FileErrors) -> AgreementFile {
        let source = YAMLSource(text, file: file)
        let reader = FileReader(file: file, diagnostics: source.diagnostics)
        let agreements = source.root.flatMap(reader.agreements)
        guard let agreements, reader.diagnostics.isEmpty else { throw FileErrors(reader.diagnostics) }
        return AgreementFile(agreements: agreements)
    }
}

extension FileReader {
    /// `{accounts: […]}`.
    func agreements(_ node: FileNode) -> [Agreement]? {
        guard let fields = fields(node, keys: ["accounts"]),
            let items = required(fields, "accounts", expected: "a list of accounts").flatMap({
                list($0, expected: "a list of accounts")
            })
        else { return nil }
        var known: Set<Identifier> = []
        return items.compactMap { item in
            guard let agreement = agreement(item) else { return nil }
            if !known.insert(agreement.account).inserted {
                report(item, missing: "account", found: "a second \(agreement.account)", expected: "each account once")
            }
            return agreement
        }
    }

    private func agreement(_ node: FileNode) -> Agreement? {
        guard let fields = fields(node, keys: ["account", "time_zone", "issuing_entity", "subscriptions"]) else {
            return nil
        }
        let account = identifier(required(fields, "account", expected: "the account's id"))
        let zone = value(fields["time_zone"], expected: "an IANA time zone such as Asia/Shanghai, or UTC") {
            TimeZoneRules(identifier: $0)
        }
        let entity = identifier(fields["issuing_entity"])
        let subscriptions = fields["subscriptions"].map(subscriptions) ?? []
        guard let account else { return nil }
        return Agreement(
            account: account, timeZone: zone ?? .utc, issuingEntity: entity ?? .defaultEntity,
            subscriptions: subscriptions)
    }

    /// In order of time; one without an end ends where the next begins.
    private func subscriptions(_ node: FileNode) -> [Subscription] {
        let items = list(node, expected: "a list of subscriptions") ?? []
        var read: [(plan: Identifier, from: Instant, until: Instant?, node: FileNode)] = []
        for item in items {
            guard let fields = fields(item, keys: ["plan", "from", "until"]) else { continue }
            let plan = identifier(required(fields, "plan", expected: "the name of the plan"))
            let from = instant(required(fields, "from", expected: "the instant from which the account has the plan"))
            let until = instant(fields["until"])
            guard let plan, let from else { continue }
            if let until, until <= from {
                report(item, found: "an end at \(until)", expected: "an end after the start at \(from)")
                continue
            }
            if let last = read.last, from < last.until ?? from || from <= last.from {
                report(
                    item, found: "a start at \(from)",
                    expected: (last.until.map { "one from \($0) on" } ?? "one after \(last.from)")
                        + ": an account has one plan at a time")
            }
            read.append((plan, from, until, item))
        }
        let ends = read.dropFirst().map { Optional($0.from) } + [nil]
        return zip(read, ends).compactMap { subscription, end in
            EffectivePeriod(from: subscription.from, until: subscription.until ?? end).map {
                Subscription(plan: subscription.plan, effective: $0)
            }
        }
    }
}

extension Identifier {
    /// Who issues the invoices of accounts that name nobody else.
    static let defaultEntity = Identifier(unchecked: "default")
}
